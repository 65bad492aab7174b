-- Two connections whose process ids are alike added to the same row of a sum, and one waited for the other's commit.
-- A transaction takes the first row that no other one writes instead, and keeps to it.
CREATE FUNCTION count_slot() RETURNS smallint LANGUAGE plpgsql AS $$
DECLARE
  taken text := current_setting('raceway.count_slot', true);
BEGIN
  IF taken <> '' THEN
    RETURN taken::smallint;
  END IF;
  FOR slot IN 0..63 LOOP
    -- 'cnt' in ASCII, as a number.
    IF pg_try_advisory_xact_lock(6516340, slot) THEN
      PERFORM set_config('raceway.count_slot', slot::text, true);
      RETURN slot;
    END IF;
  END LOOP;
  RETURN 63;
END $$;

CREATE OR REPLACE FUNCTION count_traces() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
    VALUES (count_slot(), traces, events)
    ON CONFLICT (slot) DO UPDATE SET
      trace_count = known.trace_count + excluded.trace_count,
      event_count = known.event_count + excluded.event_count;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION count_services() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  own_slot smallint := count_slot();
BEGIN
  INSERT INTO service_counts AS known (service_key, slot, service, trace_count, event_count)
  SELECT
    service_key, own_slot, min(service), TG_ARGV[0]::bigint * count(*),
    TG_ARGV[0]::bigint * sum(event_count)
  FROM changed GROUP BY service_key ORDER BY service_key
  ON CONFLICT (service_key, slot) DO UPDATE SET
    trace_count = known.trace_count + excluded.trace_count,
    event_count = known.event_count + excluded.event_count;
  RETURN NULL;
END $$;
