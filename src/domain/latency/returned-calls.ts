import type { EventRecord } from '../event/event.ts';
import type { PartsReader } from '../event/event-parts.ts';
import { compareEvents } from '../trace.ts';
import { strandOf } from './request.ts';

/** Calls of functions and their ends, among events in any order. */
export interface ReturnedCalls {
  /** By the FunctionReturn the FunctionCall that it ends. */
  readonly callOf: ReadonlyMap<EventRecord, EventRecord>;
  /** Calls that no event ended, by strand in order of time. */
  readonly open: readonly EventRecord[];
}

/** The Go SDK says no duration: it sends an event when a function is called, and one when it returns. */
export function returnedCalls(events: Iterable<EventRecord>, reader: PartsReader): ReturnedCalls {
  const strands = new Map<string, EventRecord[]>();
  for (const event of events) {
    if (event.kind !== 'FunctionCall' && event.kind !== 'FunctionReturn') continue;
    const strand = `${event.traceId}\x1f${strandOf(reader.metadata(event))}\x1f${event.operation}`;
    const others = strands.get(strand);
    if (others === undefined) strands.set(strand, [event]);
    else others.push(event);
  }
  const callOf = new Map<EventRecord, EventRecord>();
  const open: EventRecord[] = [];
  for (const strand of strands.values()) {
    const calls: EventRecord[] = [];
    for (const event of strand.sort(compareEvents)) {
      if (event.kind === 'FunctionCall') {
        calls.push(event);
        continue;
      }
      const call = calls.pop();
      if (call !== undefined) callOf.set(event, call);
    }
    open.push(...calls);
  }
  return { callOf, open };
}
