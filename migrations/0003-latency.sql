-- Durations as people and the judge see them. What is learnt is not of one trace, and small: an
-- operation has 38 buckets at most, which are used again.

-- Durations of one operation in one hour (slots 0 to 23) or one day (24 to 37), as counts per bin.
-- Bin b holds durations around 0.001 ms * 1.0202^b, to 1 %.
CREATE TABLE latency_buckets (
  operation_key text COLLATE "C" NOT NULL, -- a hash of the four columns that follow the period
  slot          smallint         NOT NULL,
  period        integer          NOT NULL, -- hours, or days, since 1970
  service       text             NOT NULL,
  kind          text             NOT NULL,
  operation     text             NOT NULL,
  status        text             NOT NULL, -- ok or error
  learnt        jsonb            NOT NULL, -- {"bin": count}
  flagged       jsonb            NOT NULL, -- the same for anomalies: counted, not learnt
  PRIMARY KEY (operation_key, slot)
) WITH (fillfactor = 50);

-- Spans that were slow or fast for their operation, as it was told when they were stored.
CREATE TABLE latency_verdicts (
  trace_id       text COLLATE "C" NOT NULL,
  event_id       uuid             NOT NULL,
  timestamp_ns   bigint           NOT NULL,
  timestamp_text text             NOT NULL,
  service        text             NOT NULL,
  kind           text             NOT NULL,
  operation      text             NOT NULL,
  status         text             NOT NULL,
  label          text             NOT NULL,
  location       text             NOT NULL,
  anomaly        text             NOT NULL, -- slow or fast
  severity       text             NOT NULL,
  duration_ms    double precision NOT NULL,
  deviations     double precision NOT NULL,
  baseline_count bigint           NOT NULL,
  p50_ms         double precision NOT NULL,
  p999_ms        double precision NOT NULL,
  PRIMARY KEY (trace_id, event_id)
);

ALTER TABLE traces
  ADD COLUMN anomaly_count  bigint NOT NULL DEFAULT 0,
  ADD COLUMN judged_count   bigint NOT NULL DEFAULT 0, -- spans judged, anomalies included
  ADD COLUMN unjudged_count bigint NOT NULL DEFAULT 0; -- too few known of their operation

-- For the request that a response answers: by trace and strand, the last one before it.
CREATE INDEX events_requests ON events (
  trace_id,
  md5(
    service || E'\x1f' || coalesce(metadata ->> 'instance_id', '')
      || E'\x1f' || coalesce(metadata ->> 'distributed_span_id', '')
      || E'\x1f' || (metadata ->> 'thread_id')
  ),
  timestamp_ns,
  id
) WHERE kind = 'HttpRequest';
