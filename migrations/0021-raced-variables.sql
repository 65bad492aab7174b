-- The list of variables that raced is a walk in its own order, which ends when it is long enough.
CREATE INDEX variables_raced ON variables (trace_count DESC, access_count DESC, variable_key)
  WHERE finding_count > 0;
