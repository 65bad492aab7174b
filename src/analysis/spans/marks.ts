import type { TraceEvent } from '../../domain/event/event.ts';
import { accessTraits } from '../../domain/event/event-kind.ts';
import { numberOf } from '../../domain/json.ts';
import { memberIn } from '../../domain/json-members.ts';
import type { MarkHomes } from './mark-homes.ts';

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
 * Marks of one request, each the cause of the next, on its strand. Where their clock tells no two apart, the
 * place in the span does; of log records, which have none, a lock is marked after it is taken and before it is
 * given up.
 */
export function inMarkedOrder(
  events: readonly TraceEvent[],
  homes: MarkHomes,
): readonly TraceEvent[] {
  const byHome = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (!isMark(event)) continue;
    const { service_name, instance_id } = event.metadata;
    const key = JSON.stringify([event.traceId, homes.homeOf(event), service_name, instance_id]);
    const known = byHome.get(key);
    if (known === undefined) byHome.set(key, [event]);
    else known.push(event);
  }
  const placed = new Map<TraceEvent, TraceEvent>();
  for (const marks of byHome.values()) {
    let before: TraceEvent | null = null;
    for (const mark of marks.sort(compareMarks)) {
      const home = homes.homeOf(mark);
      const metadata = { ...mark.metadata, thread_id: `span ${home}`, distributed_span_id: home };
      placed.set(mark, { ...mark, metadata, parentId: before?.id ?? mark.parentId });
      before = mark;
    }
  }
  return events.map((event) => placed.get(event) ?? event);
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
