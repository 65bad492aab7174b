-- Issues of different environments are issues of their own, lists are filtered by environment, and what is
-- possible of a variable is kept by what decides who is shown it. What was derived before says less: it is
-- put away, and every trace is analysed anew, which notes the environments of traces stored before. Lists
-- of findings say `stale` until that is done.

TRUNCATE footprints, variables, findings, issues, trace_spans, trace_calls, service_calls;
UPDATE traces SET
  race_count = 0, analyse_mark = analyse_mark + 1, compared_mark = compare_mark,
  compare_spreads = false, compare_snapshot = NULL, footprint_xid = NULL, group_ids = NULL,
  analysis_cuts = NULL, comparison_cuts = NULL, claimant = NULL, claimed_until = NULL;
ALTER TABLE traces ADD COLUMN environments text[] NOT NULL DEFAULT '{}';

ALTER TABLE issues ADD COLUMN environments text[] NOT NULL;
-- Issues that differ in their environments alone have these digits in common.
CREATE INDEX issues_by_common_part ON issues (left(fingerprint, 16));

DROP INDEX variables_raced;
ALTER TABLE variables
  DROP COLUMN possible_pairs,
  DROP COLUMN critical_pairs,
  DROP COLUMN critical_findings,
  ADD COLUMN environments json, -- traces and accesses by environment
  ADD COLUMN possible     json; -- pairs of sites that meet across traces, by environments and scope
