-- New entries go into the index at once: else they wait in a list of up to 4 MiB that each look for the
-- findings of a trace reads to its end.
ALTER INDEX findings_by_member SET (fastupdate = off);
SELECT gin_clean_pending_list('findings_by_member');
