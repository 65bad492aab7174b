import type { EventParts, EventRecord, PartsReader } from '../event.ts';
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
/** Stands in the text of metadata when there is a duration, here or deeper. */
const HAS_DURATION = /"duration_ns": *[^n ]/;
/** No step takes longer (300 years); a bound for what is only a wrong number. */
const DURATION_MS_MAX = 1e13;

/** Reads the duration of an event; null when it has none. */
export function timedEvent(event: EventRecord, reader: PartsReader): TimedEvent | null {
  if (!timedKinds.has(event.kind) && !HAS_DURATION.test(event.metadata)) return null;
  const parts = reader.parts(event);
  const { metadata, payload } = parts;
  const nanoseconds = numberOf(metadata.duration_ns);
  const milliseconds = timedKinds.has(event.kind) ? numberOf(payload['duration_ms']) : null;
  const durationMs = nanoseconds === null ? milliseconds : nanoseconds / 1e6;
  if (durationMs === null) return null;
  const isStart = stampOf(event.kind, metadata, nanoseconds !== null) === 'start';
  const backNs = isStart ? 0n : BigInt(Math.round(Math.min(durationMs, DURATION_MS_MAX) * 1e6));
  const startNs = event.timestampNs > backNs ? event.timestampNs - backNs : 0n;
  return { event, parts, durationMs, startNs };
}
