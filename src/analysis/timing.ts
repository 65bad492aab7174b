import type { TraceEvent } from '../domain/event.ts';
import { ExactNumber } from '../domain/json.ts';
import { sdkOf } from './strands.ts';

/** The SDKs that record a step when it is over, and stamp it then. */
const SDKS_STAMPING_ENDS = new Set(['typescript', 'python', 'go', 'rust']);

/** How long a step took, and which end of it the event's timestamp is. */
export interface Timing {
  /** Above 0. */
  readonly durationNs: number;
  readonly stamps: 'start' | 'end';
}

/** Null for an event that says nothing of a duration, or that took no time. */
export function timingOf(event: TraceEvent): Timing | null {
  const measured = numberOf(event.metadata.duration_ns);
  if (measured !== null) {
    return measured > 0 ? { durationNs: measured, stamps: stampOf(event) } : null;
  }
  if (event.kind !== 'HttpResponse' && event.kind !== 'DatabaseQuery') return null;
  const durationNs = (numberOf(event.payload.duration_ms) ?? 0) * 1e6;
  return durationNs > 0 ? { durationNs, stamps: stampOf(event, 'end') } : null;
}

/** Whether an SDK made the event that records steps when they are over. */
export function isMadeAtEnd(sdk: string | null): boolean {
  return sdk !== null && SDKS_STAMPING_ENDS.has(sdk);
}

/** Whether the caller waits for what the event records: so it is unless a tag denies it. */
export function isBlocking({ metadata }: TraceEvent): boolean {
  const blocking = metadata.tags?.['blocking'];
  return blocking !== 'false' && blocking !== false;
}

function stampOf(event: TraceEvent, ruled?: Timing['stamps']): Timing['stamps'] {
  const said = event.metadata.tags?.['ts'];
  if (said === 'start' || said === 'end') return said;
  if (ruled !== undefined) return ruled;
  if (isMadeAtEnd(sdkOf(event))) return 'end';
  return event.kind === 'HttpResponse' || event.kind === 'DatabaseResult' ? 'end' : 'start';
}

function numberOf(value: unknown): number | null {
  if (value instanceof ExactNumber) return value.toNumber();
  return typeof value === 'number' ? value : null;
}
