-- The budget that cut what was found out about a trace, null when it is whole; and where to see at once
-- whether there is such a trace.
ALTER TABLE traces
  ADD COLUMN analysis_cut_by   text COLLATE "C",
  ADD COLUMN comparison_cut_by text COLLATE "C";
CREATE INDEX traces_cut ON traces (least(analysis_cut_by, comparison_cut_by))
  WHERE least(analysis_cut_by, comparison_cut_by) IS NOT NULL;
