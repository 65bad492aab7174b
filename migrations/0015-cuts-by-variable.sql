-- What budgets kept out of the analysis and the comparison of a trace: pairs of a limit and the variable
-- that is less than whole, or null where any may be. One column for one limit said of a trace with many
-- accesses to one variable only that something is not whole, and so of all findings.

ALTER TABLE traces
  ADD COLUMN analysis_cuts   json, -- null: it is whole
  ADD COLUMN comparison_cuts json;
UPDATE traces SET
  analysis_cuts = CASE WHEN analysis_cut_by IS NOT NULL
    THEN json_build_array(json_build_array(analysis_cut_by, NULL)) END,
  comparison_cuts = CASE WHEN comparison_cut_by IS NOT NULL
    THEN json_build_array(json_build_array(comparison_cut_by, NULL)) END
WHERE least(analysis_cut_by, comparison_cut_by) IS NOT NULL;
-- With the index over them.
ALTER TABLE traces DROP COLUMN analysis_cut_by, DROP COLUMN comparison_cut_by;
CREATE INDEX traces_cut ON traces (trace_id)
  WHERE analysis_cuts IS NOT NULL OR comparison_cuts IS NOT NULL;
