-- How much is stored, without reading it. The database counts by itself, so that no program can forget to: of
-- two versions that serve while one follows the other both are counted right.
--
-- A sum stands in several rows, and each connection adds to one of them, so that writers do not wait for one
-- another. A row alone means nothing; it may even be below zero.

CREATE TABLE trace_counts (
  slot        smallint PRIMARY KEY,
  trace_count bigint NOT NULL,
  event_count bigint NOT NULL
) WITH (fillfactor = 50);

-- A service that lost its last trace leaves no row.
CREATE TABLE service_counts (
  service_key text COLLATE "C" NOT NULL,
  slot        smallint         NOT NULL,
  service     text COLLATE "C" NOT NULL,
  trace_count bigint           NOT NULL,
  event_count bigint           NOT NULL,
  PRIMARY KEY (service_key, slot)
) WITH (fillfactor = 50);

CREATE FUNCTION count_traces() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  traces bigint := 0;
  events bigint := 0;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT count(*), coalesce(sum(event_count), 0) INTO traces, events FROM added;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT -count(*), -coalesce(sum(event_count), 0) INTO traces, events FROM gone;
  ELSE
    SELECT coalesce(sum(added.event_count), 0) INTO events FROM added;
    SELECT events - coalesce(sum(gone.event_count), 0) INTO events FROM gone;
  END IF;
  IF traces <> 0 OR events <> 0 THEN
    INSERT INTO trace_counts AS known (slot, trace_count, event_count)
    VALUES (pg_backend_pid() % 64, traces, events)
    ON CONFLICT (slot) DO UPDATE SET
      trace_count = known.trace_count + excluded.trace_count,
      event_count = known.event_count + excluded.event_count;
  END IF;
  RETURN NULL;
END $$;

-- Of rows that are there from now on, or with the argument -1 of rows that are not any more.
CREATE FUNCTION count_services() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO service_counts AS known (service_key, slot, service, trace_count, event_count)
  SELECT
    service_key, pg_backend_pid() % 64, min(service), TG_ARGV[0]::bigint * count(*),
    TG_ARGV[0]::bigint * sum(event_count)
  FROM changed GROUP BY service_key ORDER BY service_key
  ON CONFLICT (service_key, slot) DO UPDATE SET
    trace_count = known.trace_count + excluded.trace_count,
    event_count = known.event_count + excluded.event_count;
  RETURN NULL;
END $$;

-- Nobody writes between the first count and the first that the triggers see.
LOCK TABLE traces, trace_services IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO trace_counts (slot, trace_count, event_count)
SELECT 0, count(*), coalesce(sum(event_count), 0) FROM traces;
INSERT INTO service_counts (service_key, slot, service, trace_count, event_count)
SELECT service_key, 0, min(service), count(*), sum(event_count) FROM trace_services
GROUP BY service_key;

CREATE TRIGGER count_new_traces AFTER INSERT ON traces
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_traces();
CREATE TRIGGER count_grown_traces AFTER UPDATE ON traces
  REFERENCING OLD TABLE AS gone NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION count_traces();
CREATE TRIGGER count_erased_traces AFTER DELETE ON traces
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_traces();

CREATE TRIGGER count_new_services AFTER INSERT ON trace_services
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_services('1');
CREATE TRIGGER count_grown_services AFTER UPDATE ON trace_services
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_services('1');
CREATE TRIGGER count_shrunk_services AFTER UPDATE ON trace_services
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_services('-1');
CREATE TRIGGER count_erased_services AFTER DELETE ON trace_services
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_services('-1');

-- Which variables are part of which issues: lists of variables read this rather than all findings. Whoever
-- writes a finding has locked its variable. A name is known by its hash, since it may be longer than an entry
-- of an index.
CREATE TABLE variable_issues (
  variable_hash  text COLLATE "C" NOT NULL, -- MD5 of the variable
  fingerprint    text COLLATE "C" NOT NULL,
  finding_count  bigint           NOT NULL, -- findings that are not of one request alone
  critical_count bigint           NOT NULL,
  PRIMARY KEY (variable_hash, fingerprint)
);
CREATE INDEX variables_by_hash ON variables (md5(variable));

CREATE FUNCTION count_findings() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO variable_issues AS known (
    variable_hash, fingerprint, finding_count, critical_count
  )
  SELECT
    md5(variable), fingerprint, TG_ARGV[0]::bigint * count(*),
    TG_ARGV[0]::bigint * count(*) FILTER (WHERE is_critical)
  FROM changed WHERE retracted_at IS NULL AND NOT is_request_local
  GROUP BY md5(variable), fingerprint ORDER BY md5(variable), fingerprint
  ON CONFLICT (variable_hash, fingerprint) DO UPDATE SET
    finding_count = known.finding_count + excluded.finding_count,
    critical_count = known.critical_count + excluded.critical_count;
  RETURN NULL;
END $$;

LOCK TABLE findings IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO variable_issues (variable_hash, fingerprint, finding_count, critical_count)
SELECT md5(variable), fingerprint, count(*), count(*) FILTER (WHERE is_critical)
FROM findings WHERE retracted_at IS NULL AND NOT is_request_local
GROUP BY md5(variable), fingerprint;

CREATE TRIGGER count_new_findings AFTER INSERT ON findings
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_findings('1');
CREATE TRIGGER count_changed_findings AFTER UPDATE ON findings
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_findings('1');
CREATE TRIGGER count_former_findings AFTER UPDATE ON findings
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_findings('-1');
CREATE TRIGGER count_erased_findings AFTER DELETE ON findings
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_findings('-1');

-- In the order of the list, which has names of equally many accesses in theirs.
DROP INDEX variables_by_accesses;
CREATE INDEX variables_by_accesses ON variables (access_count DESC, variable_key);
