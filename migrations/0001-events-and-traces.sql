-- Every table can be distributed by trace_id: no foreign keys, no uniqueness across traces, no
-- sequences. The collation "C" compares bytes, so that prefixes are ranges of an index.

-- What was sent, one row per event. JSON is kept as text (json, not jsonb), which changes no number.
CREATE TABLE events (
  trace_id         text COLLATE "C" NOT NULL,
  id               uuid             NOT NULL,
  parent_id        uuid,
  timestamp_text   text             NOT NULL, -- as it was sent
  timestamp_ns     bigint           NOT NULL, -- nanoseconds since 1970, all nine digits
  occurred_at      timestamptz      NOT NULL, -- the same instant, to the microsecond
  kind             text             NOT NULL,
  service          text             NOT NULL,
  operation        text             NOT NULL,
  is_error         boolean          NOT NULL,
  payload          json             NOT NULL,
  metadata         json             NOT NULL,
  causality_vector json, -- null when null was sent
  lock_set         json, -- null when null was sent
  extra            json, -- members that the format does not know
  received_at      timestamptz      NOT NULL,
  PRIMARY KEY (trace_id, id)
);
CREATE INDEX events_in_order ON events (trace_id, timestamp_ns, id);

-- One row per trace, kept up to date with its events in the same transaction.
CREATE TABLE traces (
  trace_id           text COLLATE "C" PRIMARY KEY,
  event_count        bigint           NOT NULL,
  error_count        bigint           NOT NULL,
  first_timestamp_ns bigint           NOT NULL,
  first_event_id     uuid             NOT NULL,
  first_timestamp    text             NOT NULL,
  last_timestamp_ns  bigint           NOT NULL,
  last_event_id      uuid             NOT NULL,
  last_timestamp     text             NOT NULL,
  root               text COLLATE "C" NOT NULL, -- operation of the first event
  last_activity_ns   bigint           NOT NULL,
  written_xid        xid8             NOT NULL  -- the transaction that wrote the row last
);
CREATE INDEX traces_by_activity ON traces (last_activity_ns, trace_id);
CREATE INDEX traces_with_errors ON traces (last_activity_ns, trace_id) WHERE error_count > 0;
-- An operation may be longer than an index entry can be.
CREATE INDEX traces_by_root ON traces (left(root, 128));

-- Which services a trace has events of. The key is the name, or for a long name its beginning and
-- a hash, because an index entry has room for 2,700 bytes only.
CREATE TABLE trace_services (
  trace_id    text COLLATE "C" NOT NULL,
  service_key text COLLATE "C" NOT NULL,
  service     text COLLATE "C" NOT NULL,
  event_count bigint           NOT NULL,
  PRIMARY KEY (trace_id, service_key)
);
CREATE INDEX trace_services_by_service ON trace_services (service_key, trace_id);

-- Migrations that were applied, with the SHA-256 of their text.
CREATE TABLE schema_migrations (
  name       text COLLATE "C" PRIMARY KEY,
  checksum   text             NOT NULL,
  applied_at timestamptz      NOT NULL DEFAULT now()
);
