-- Programs of an earlier version go on writing while this one begins. They know neither pins nor tags: what they
-- say of a pinned issue would leave its traces kept and its pin unknown, and what they erase its tags behind.

CREATE FUNCTION keep_pin() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  NEW.record := jsonb_set(NEW.record::jsonb, '{triage,pin}', (OLD.record -> 'triage' -> 'pin')::jsonb)::json;
  RETURN NEW;
END $$;
-- Whoever knows pins writes one, be it null.
CREATE TRIGGER keep_unknown_pins BEFORE UPDATE ON triage FOR EACH ROW
  WHEN (
    NEW.pinned_ids IS NOT NULL AND NEW.record -> 'triage' -> 'pin' IS NULL
    AND OLD.record -> 'triage' -> 'pin' IS NOT NULL
  )
  EXECUTE FUNCTION keep_pin();

CREATE FUNCTION erase_tags() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM trace_tags WHERE trace_id IN (SELECT trace_id FROM gone);
  RETURN NULL;
END $$;
CREATE TRIGGER erase_tags_of_traces AFTER DELETE ON traces
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION erase_tags();
