-- Traces that are left alone may be sealed: their events stand as one compressed document each, in a table that is
-- partitioned by the UTC day in which the last of them was received, so that what expired goes by dropping a partition.

ALTER TABLE traces ADD COLUMN sealed_on date; -- the day of its row in sealed_traces; null: its events are in events
CREATE INDEX traces_unsealed ON traces (coalesce(last_received_ns, last_activity_ns), trace_id)
  WHERE sealed_on IS NULL;

-- The partitions are made by `raceway migrate`, or by a server whose role may.
CREATE TABLE sealed_traces (
  trace_id    text COLLATE "C" NOT NULL,
  sealed_on   date             NOT NULL,
  event_count integer          NOT NULL,
  document    bytea            NOT NULL, -- empty: the events are rows again
  PRIMARY KEY (trace_id, sealed_on)
) PARTITION BY RANGE (sealed_on);
-- It is compressed already.
ALTER TABLE sealed_traces ALTER COLUMN document SET STORAGE EXTERNAL;

-- A program of an earlier version that still runs finds no events of a sealed trace. What it would write of one is
-- refused, and done by others: it would store events twice that are sealed, or put away what was found out.
CREATE FUNCTION refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('raceway.knows_sealed', true) IS DISTINCT FROM 'yes' THEN
    RAISE EXCEPTION 'trace % is sealed, which this version of Raceway does not know', OLD.trace_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_sealed_traces BEFORE UPDATE ON traces FOR EACH ROW
  WHEN (
    OLD.sealed_on IS NOT NULL AND (
      NEW.event_count <> OLD.event_count OR NEW.analysed_mark <> OLD.analysed_mark
      OR NEW.footprint_xid IS DISTINCT FROM OLD.footprint_xid
    )
  )
  EXECUTE FUNCTION refuse_sealed();

CREATE FUNCTION erase_sealed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF current_setting('raceway.knows_sealed', true) IS DISTINCT FROM 'yes' THEN
    DELETE FROM sealed_traces USING gone
    WHERE sealed_traces.trace_id = gone.trace_id AND sealed_traces.sealed_on = gone.sealed_on;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER erase_sealed_traces AFTER DELETE ON traces
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION erase_sealed();
