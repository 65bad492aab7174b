-- What was slow or fast lately, whatever the trace: the latest verdicts, and those before a place.
CREATE INDEX latency_verdicts_by_time ON latency_verdicts (timestamp_ns, trace_id, event_id);
