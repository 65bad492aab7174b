import type { EventRecord } from '../event/event.ts';
import type { EventParts, PartsReader } from '../event/event-parts.ts';
import { numberOf } from '../json.ts';
import { stampOf } from '../stamp.ts';

/** An event that says how long its step took. */
export interface TimedEvent {
  readonly event: EventRecord;
  readonly parts: EventParts;
  readonly durationMs: number;
  /** When the step began, nanoseconds since 1970. */
  readonly startNs: bigint;
}

/** Kinds whose payload has a duration. */
const timedKinds = new Set(['HttpResponse', 'DatabaseQuery']);
/** No step takes longer (300 years); a bound for what is only a wrong number. */
const DURATION_MS_MAX = 1e13;

/** Reads the duration of an event; null when it has none. */
export function timedEvent(event: EventRecord, reader: PartsReader): TimedEvent | null {
  const metadata = reader.metadata(event);
  const nanoseconds = numberOf(metadata.duration_ns);
  const isTimedKind = timedKinds.has(event.kind);
  if (nanoseconds === null && !isTimedKind) return null;
  const payload = reader.payload(event);
  const milliseconds = isTimedKind ? numberOf(payload['duration_ms']) : null;
  const durationMs = nanoseconds === null ? milliseconds : nanoseconds / 1e6;
  if (durationMs === null) return null;
  const isStart = stampOf(event.kind, metadata, nanoseconds !== null) === 'start';
  const backNs = isStart ? 0n : BigInt(Math.round(Math.min(durationMs, DURATION_MS_MAX) * 1e6));
  const startNs = event.timestampNs > backNs ? event.timestampNs - backNs : 0n;
  return { event, parts: { metadata, payload }, durationMs, startNs };
}
