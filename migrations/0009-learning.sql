-- How far what is known of operations had come when a trace was stored, instead of nothing at all.

ALTER TABLE traces
  ADD COLUMN learning_count integer; -- of its operations still being learnt, spans known of the least known
