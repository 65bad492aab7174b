import type { EventRecord } from '../event/event.ts';
import type { EventFacts } from '../event/event-facts.ts';
import type { EventParts, PartsReader } from '../event/event-parts.ts';
import { functionStep, statedFunctionMs } from '../event/function-step.ts';
import { numberOf } from '../json.ts';
import { stampOf } from '../stamp.ts';
import { millisecondsBetween } from '../timestamp.ts';

/** An event that says how long its step took. */
export interface TimedEvent {
  readonly event: EventRecord;
  /** Its parts, which are read when they are asked for. */
  readonly parts: () => EventParts;
  readonly durationMs: number;
  /** When the step began, nanoseconds since 1970. */
  readonly startNs: bigint;
}

/** Kinds whose payload has a duration. */
const timedKinds = new Set(['HttpResponse', 'DatabaseQuery']);
/** No step takes longer (300 years); a bound for what is only a wrong number. */
const DURATION_MS_MAX = 1e13;

/**
 * Reads the duration of an event; null when it has none.
 *
 * @param call the call that the event ends, if it is known
 */
export function timedEvent(
  event: EventRecord,
  reader: PartsReader,
  call: Pick<EventRecord, 'timestampNs'> | null = null,
): TimedEvent | null {
  if (event.facts !== undefined) return factualEvent(event, event.facts, reader);
  const metadata = reader.metadata(event);
  const nanoseconds = numberOf(metadata.duration_ns);
  const isTimedKind = timedKinds.has(event.kind);
  const isEnd = call !== null || isFunctionEnd(event);
  if (nanoseconds === null && !isTimedKind && !isEnd) return null;
  const payload = reader.payload(event);
  const stated = isTimedKind
    ? numberOf(payload['duration_ms'])
    : statedFunctionMs(event.kind, payload);
  const betweenMs = call === null ? null : millisecondsBetween(call.timestampNs, event.timestampNs);
  const durationMs = nanoseconds === null ? (stated ?? betweenMs) : nanoseconds / 1e6;
  if (durationMs === null) return null;
  const isStart = stampOf(event.kind, metadata, nanoseconds !== null) === 'start';
  const startNs = startOf(event, durationMs, isStart);
  return { event, parts: () => ({ metadata, payload }), durationMs, startNs };
}

/** The same by what was taken while the bytes of the event passed. */
function factualEvent(
  event: EventRecord,
  { duration }: EventFacts,
  reader: PartsReader,
): TimedEvent | null {
  if (duration === null) return null;
  const startNs = startOf(event, duration.ms, duration.isFromStart);
  return { event, parts: () => reader.parts(event), durationMs: duration.ms, startNs };
}

function startOf(event: EventRecord, durationMs: number, isStart: boolean): bigint {
  if (isStart) return event.timestampNs;
  const backNs = BigInt(Math.round(Math.min(durationMs, DURATION_MS_MAX) * 1e6));
  return event.timestampNs > backNs ? event.timestampNs - backNs : 0n;
}

/** Whether a function ended, and its own event may say how long it took. */
function isFunctionEnd({ kind, operation }: EventRecord): boolean {
  return kind === 'FunctionCall' && functionStep(kind, operation)?.moment !== 'call';
}
