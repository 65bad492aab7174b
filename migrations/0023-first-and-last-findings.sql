-- The first and the last finding of an issue, of which thousands may have happened at one time: without the
-- owner in the index they would all be read and sorted whenever the issue is shown.

DROP INDEX findings_by_first;
DROP INDEX findings_by_last;
CREATE INDEX findings_by_first ON findings (fingerprint, first_ns, trace_id, is_across)
  WHERE retracted_at IS NULL;
CREATE INDEX findings_by_last ON findings (fingerprint, last_ns, trace_id, is_across)
  WHERE retracted_at IS NULL;
