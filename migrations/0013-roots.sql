-- The root of a trace is an event without a parent, not the first by the clock: the SDKs' clocks are wrong
-- by up to a millisecond, so that traces were named after their response or a variable. These columns keep
-- the rank of the event that the name comes from, so that it does not depend on the order of arrival.

-- Traces stored before keep their roots until a better one arrives.
ALTER TABLE traces
  ADD COLUMN root_standing     smallint NOT NULL DEFAULT 2, -- 0: no parent; 1: called by another process; 2: has a parent
  ADD COLUMN root_timestamp_ns bigint, -- null: as first_timestamp_ns
  ADD COLUMN root_event_id     uuid;   -- null: as first_event_id
