import type { TraceEvent } from '../../domain/event/event.ts';
import { statedFunctionMs } from '../../domain/event/function-step.ts';
import { numberOf } from '../../domain/json.ts';
import { type Stamp, stampOf } from '../../domain/stamp.ts';

/** How long a step took, and which end of it the event's timestamp is. */
export interface Timing {
  /** Above 0. */
  readonly durationNs: number;
  readonly stamps: Stamp;
}

/** Null for an event that says nothing of a duration, or that took no time. */
export function timingOf(event: TraceEvent): Timing | null {
  const measured = numberOf(event.metadata.duration_ns);
  if (measured !== null) {
    return measured > 0
      ? { durationNs: measured, stamps: stampOf(event.kind, event.metadata, true) }
      : null;
  }
  const durationNs = (statedMs(event) ?? 0) * 1e6;
  return durationNs > 0 ? { durationNs, stamps: stampOf(event.kind, event.metadata, false) } : null;
}

function statedMs({ kind, payload }: TraceEvent): number | null {
  if (kind === 'HttpResponse' || kind === 'DatabaseQuery') return numberOf(payload.duration_ms);
  return statedFunctionMs(kind, payload);
}

/** Whether the caller waits for what the event records: so it is unless a tag denies it. */
export function isBlocking({ metadata }: TraceEvent): boolean {
  const blocking = metadata.tags?.['blocking'];
  return blocking !== 'false' && blocking !== false;
}
