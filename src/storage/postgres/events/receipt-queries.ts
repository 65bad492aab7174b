/** Conditions on rows of `traces` that retention and sealing share. */

/** When the last event of a trace was received; as in the indexes. */
export const RECEIVED_NS = 'coalesce(last_received_ns, last_activity_ns)';

/** Whether a trace is not kept because somebody pinned one of its issues. */
export const NOT_PINNED = `trace_id <> ALL (
            SELECT unnest(pinned_ids) FROM triage WHERE pinned_ids IS NOT NULL
          )`;
