import type { TraceEvent } from '../../domain/event/event.ts';
import { accessTraits } from '../../domain/event/event-kind.ts';
import { numberOf } from '../../domain/json.ts';
import { memberIn } from '../../domain/json-members.ts';

/** Kinds of events that programs mark by hand. */
const KINDS: ReadonlySet<TraceEvent['kind']> = new Set([
  'StateChange',
  'LockAcquire',
  'LockRelease',
]);

/** Whether an event is a mark that was made through OpenTelemetry. */
export function isMark({ otel, kind }: TraceEvent): boolean {
  return otel !== undefined && KINDS.has(kind);
}

/**
 * Marks of one span, each the cause of the next. Where their clock tells no two apart, the place in the
 * span does; of log records, which have none, a lock is marked after it is taken and before it is given up.
 */
export function inMarkedOrder(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const bySpan = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (!isMark(event)) continue;
    const key = `${event.traceId} ${String(memberIn(event.otel, 'span_id'))}`;
    const known = bySpan.get(key);
    if (known === undefined) bySpan.set(key, [event]);
    else known.push(event);
  }
  const follows = new Map<TraceEvent, TraceEvent>();
  for (const marks of bySpan.values()) {
    marks.sort(compareMarks).forEach((mark, place) => {
      const before = marks[place - 1];
      if (before !== undefined) follows.set(mark, before);
    });
  }
  return events.map((event) => {
    const before = follows.get(event);
    return before === undefined ? event : { ...event, parentId: before.id };
  });
}

function compareMarks(a: TraceEvent, b: TraceEvent): number {
  if (a.timestampNs !== b.timestampNs) return a.timestampNs < b.timestampNs ? -1 : 1;
  return indexOf(a) - indexOf(b) || rankOf(a) - rankOf(b) || (a.id < b.id ? -1 : 1);
}

function indexOf({ otel }: TraceEvent): number {
  return numberOf(memberIn(otel, 'index')) ?? 0;
}

function rankOf({ kind, payload }: TraceEvent): number {
  if (kind !== 'StateChange') return kind === 'LockAcquire' ? 0 : 3;
  return accessTraits[payload.access_type].writes ? 2 : 1;
}
