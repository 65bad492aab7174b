-- What was found out about the traces. Everything here follows from the events; every table can be
-- distributed by trace_id or is small. Nothing but erasure deletes: a row that no longer holds is
-- retracted.

ALTER TABLE traces
  ADD COLUMN analysed_events  bigint   NOT NULL DEFAULT 0, -- other than event_count: to be analysed
  ADD COLUMN analyse_mark     bigint   NOT NULL DEFAULT 0, -- other than analysed_mark: so too
  ADD COLUMN analysed_mark    bigint   NOT NULL DEFAULT 0,
  ADD COLUMN compare_mark     bigint   NOT NULL DEFAULT 0, -- other than compared_mark: to be compared
  ADD COLUMN compared_mark    bigint   NOT NULL DEFAULT 0,
  ADD COLUMN footprint_xid    xid8, -- the transaction that analysed the trace last
  ADD COLUMN compare_snapshot pg_snapshot, -- what the comparison claimed last could see
  ADD COLUMN compare_spreads  boolean  NOT NULL DEFAULT false, -- so are the traces that meet it
  ADD COLUMN group_ids        text[] COLLATE "C", -- traces of its causal group; null: alone
  ADD COLUMN claimant         text, -- who analyses or compares the trace now
  ADD COLUMN claimed_until    timestamptz,
  ADD COLUMN race_count       bigint   NOT NULL DEFAULT 0; -- issues that the trace takes part in
CREATE INDEX traces_to_analyse ON traces (last_activity_ns) 
  WHERE analysed_events <> event_count OR analyse_mark <> analysed_mark;
CREATE INDEX traces_to_compare ON traces (last_activity_ns) WHERE compare_mark <> compared_mark;
CREATE INDEX traces_with_races ON traces (last_activity_ns, trace_id) WHERE race_count > 0;

-- Span ids that link traces: those a trace has, and those it looks for elsewhere.
CREATE TABLE trace_spans (
  trace_id     text COLLATE "C" NOT NULL,
  span_id      text COLLATE "C" NOT NULL,
  is_missing   boolean          NOT NULL,
  retracted_at timestamptz,
  PRIMARY KEY (trace_id, span_id)
);
CREATE INDEX trace_spans_by_span ON trace_spans (span_id) WHERE retracted_at IS NULL;

-- What one trace did to one variable. The key is the name, or for a long name its beginning and a hash.
CREATE TABLE footprints (
  trace_id       text COLLATE "C" NOT NULL,
  variable_key   text COLLATE "C" NOT NULL,
  variable       text             NOT NULL,
  first_ns       bigint           NOT NULL, -- first and last access, nanoseconds since 1970
  last_ns        bigint           NOT NULL,
  is_transaction boolean          NOT NULL,
  document       json             NOT NULL,
  retracted_at   timestamptz,
  PRIMARY KEY (trace_id, variable_key)
);
CREATE INDEX footprints_by_variable ON footprints (variable_key, first_ns, trace_id)
  WHERE retracted_at IS NULL;

-- Who accesses a variable, over all traces.
CREATE TABLE variables (
  variable_key      text COLLATE "C" PRIMARY KEY,
  variable          text   NOT NULL,
  access_count      bigint NOT NULL,
  trace_count       bigint NOT NULL,
  possible_pairs    bigint NOT NULL, -- pairs of sites that meet across traces
  critical_pairs    bigint NOT NULL, -- of these, both write
  finding_count     bigint NOT NULL,
  critical_findings bigint NOT NULL,
  document          json   -- null when nobody accesses it any more
);
CREATE INDEX variables_by_accesses ON variables (access_count, variable_key);
CREATE INDEX variables_raced ON variables (trace_count, access_count, variable_key)
  WHERE possible_pairs > 0 OR finding_count > 0;

-- Races: one row per trace that owns them and issue.
CREATE TABLE findings (
  trace_id      text COLLATE "C" NOT NULL,
  fingerprint   text COLLATE "C" NOT NULL,
  is_across     boolean          NOT NULL, -- between traces
  variable      text             NOT NULL,
  is_critical   boolean          NOT NULL,
  rank          integer          NOT NULL, -- the smaller, the more telling (src/domain/issue.ts)
  evidence      text             NOT NULL,
  pattern       text             NOT NULL,
  anomaly_class text,
  verdict       text,
  pair_count    bigint           NOT NULL,
  first_ns      bigint           NOT NULL,
  last_ns       bigint           NOT NULL,
  trace_ids     text[] COLLATE "C" NOT NULL, -- all that take part
  witness       json             NOT NULL,
  retracted_at  timestamptz,
  PRIMARY KEY (trace_id, fingerprint, is_across)
);
CREATE INDEX findings_by_rank ON findings (fingerprint, rank, first_ns, trace_id, is_across)
  WHERE retracted_at IS NULL;
CREATE INDEX findings_by_first ON findings (fingerprint, first_ns) WHERE retracted_at IS NULL;
CREATE INDEX findings_by_last ON findings (fingerprint, last_ns) WHERE retracted_at IS NULL;
CREATE INDEX findings_by_member ON findings USING gin (trace_ids);

-- All findings of one fingerprint, and what is possible beyond them.
CREATE TABLE issues (
  fingerprint    text COLLATE "C" PRIMARY KEY,
  variable       text    NOT NULL, -- with runs of digits as *
  scope          text    NOT NULL,
  severity       text    NOT NULL,
  services       text[]  NOT NULL,
  subject        json    NOT NULL,
  possible_rank  integer NOT NULL,
  best_rank      integer, -- of its findings; null when there are none
  finding_count  bigint  NOT NULL,
  pair_count     bigint  NOT NULL,
  trace_pairs    bigint  NOT NULL
);
CREATE INDEX issues_by_rank ON issues (coalesce(best_rank, possible_rank), fingerprint);

-- Calls between services: of one trace, and over all.
CREATE TABLE trace_calls (
  trace_id     text COLLATE "C" NOT NULL,
  from_key     text COLLATE "C" NOT NULL,
  to_key       text COLLATE "C" NOT NULL,
  link_type    text             NOT NULL,
  from_service text             NOT NULL,
  to_service   text             NOT NULL,
  calls        bigint           NOT NULL,
  retracted_at timestamptz,
  PRIMARY KEY (trace_id, from_key, to_key, link_type)
);
CREATE TABLE service_calls (
  from_key     text COLLATE "C" NOT NULL,
  to_key       text COLLATE "C" NOT NULL,
  link_type    text             NOT NULL,
  from_service text             NOT NULL,
  to_service   text             NOT NULL,
  calls        bigint           NOT NULL,
  trace_count  bigint           NOT NULL,
  PRIMARY KEY (from_key, to_key, link_type)
);
