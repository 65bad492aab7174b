-- Retention counts from the receipt of a trace's last event: what a client's clock says is not to be
-- trusted, and traces that are imported are new here. Traces from before this column have no receipt;
-- for them their last activity, which is no later, stands in.

ALTER TABLE traces ADD COLUMN last_received_ns bigint;
CREATE INDEX traces_by_receipt ON traces (coalesce(last_received_ns, last_activity_ns), trace_id);
