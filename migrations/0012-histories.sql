-- Traces are compared by the history of each variable, so that a storm on one row is compared whole. What
-- was derived before says less (no operations, no clock errors) and counts otherwise: it is put away,
-- and every trace is analysed anew. Lists of findings say `stale` until that is done.

TRUNCATE footprints, variables, findings, issues, trace_spans, trace_calls, service_calls;
UPDATE traces SET
  race_count = 0, analyse_mark = analyse_mark + 1, compared_mark = compare_mark,
  compare_spreads = false, compare_snapshot = NULL, footprint_xid = NULL, group_ids = NULL,
  analysis_cut_by = NULL, comparison_cut_by = NULL, claimant = NULL, claimed_until = NULL;

ALTER TABLE findings
  DROP COLUMN pair_count,
  ADD COLUMN proven_pairs      bigint  NOT NULL, -- pairs that values prove
  ADD COLUMN overlapping_pairs bigint  NOT NULL, -- pairs of accesses at one time
  ADD COLUMN meeting           text    NOT NULL, -- of two operations on a pattern of variables
  ADD COLUMN is_request_local  boolean NOT NULL; -- each request has a variable of its own
ALTER TABLE issues
  ADD COLUMN proven_pairs      bigint  NOT NULL,
  ADD COLUMN overlapping_pairs bigint  NOT NULL,
  ADD COLUMN best_meeting      text, -- of its best finding
  ADD COLUMN is_request_local  boolean NOT NULL DEFAULT false,
  ADD COLUMN is_told           boolean NOT NULL DEFAULT false; -- acts of the same meeting say more
CREATE INDEX issues_by_meeting ON issues (best_meeting, best_pattern);
