/** What the server has to make of an event that was sent, worked out without its code. */

/** The event as it comes back: members that were left out stand there. */
export function completed(event: Readonly<Record<string, never>>): Record<string, unknown> {
  const { kind, metadata } = event as Record<string, Record<string, object>>;
  const change = kind?.['StateChange'];
  return {
    parent_id: null,
    causality_vector: [],
    lock_set: [],
    ...event,
    metadata: { duration_ns: null, ...metadata },
    kind: change === undefined ? kind : { StateChange: { old_value: null, ...change } },
  };
}

/** Nanoseconds since 1970. */
export function instant(timestamp: unknown): bigint {
  const [, day, time, fraction = '', offset = ''] =
    /^(.{10}).(.{8})(?:\.(\d+))?(.+)$/.exec(String(timestamp)) ?? [];
  // Date knows no leap seconds: they are the second after the one before.
  const isLeap = time?.endsWith(':60') === true;
  const seconds = isLeap ? `${time.slice(0, -2)}59` : time;
  const wholeMs = Date.parse(`${day}T${seconds}${offset.toUpperCase()}`) + (isLeap ? 1000 : 0);
  return BigInt(wholeMs) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}
