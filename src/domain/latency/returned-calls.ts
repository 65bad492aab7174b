import type { EventRecord } from '../event/event.ts';
import type { KindName } from '../event/event-kind.ts';
import type { PartsReader } from '../event/event-parts.ts';
import { compareEvents } from '../trace/trace.ts';
import { strandOf } from './request.ts';

/** Kinds of the events that begin and end functions. */
export const functionKinds = ['FunctionCall', 'FunctionReturn'] as const satisfies KindName[];

/**
 * Of the events that a trace had before, so many are searched for the call that a new FunctionReturn
 * ends: a function that is timed calls few others, and an end without a call costs no more than this.
 */
export const CALL_SEARCH_EVENTS = 5000;

/** What tells which call an event ends. */
export type FunctionEvent = Pick<
  EventRecord,
  'traceId' | 'id' | 'timestampNs' | 'kind' | 'operation' | 'metadata'
>;

/** Calls of functions and their ends, among events in any order. */
export interface ReturnedCalls<Event extends FunctionEvent> {
  /** By the FunctionReturn the FunctionCall that it ends. */
  readonly callOf: ReadonlyMap<FunctionEvent, Event>;
  /** Calls that no event ended, by strand in order of time. */
  readonly open: readonly Event[];
}

/** The Go SDK says no duration: it sends an event when a function is called, and one when it returns. */
export function returnedCalls<Event extends FunctionEvent>(
  events: Iterable<Event>,
  reader: PartsReader,
): ReturnedCalls<Event> {
  const strands = new Map<string, Event[]>();
  for (const event of events) {
    if (event.kind !== 'FunctionCall' && event.kind !== 'FunctionReturn') continue;
    const strand = `${event.traceId}\x1f${strandOf(reader.metadata(event))}\x1f${event.operation}`;
    const others = strands.get(strand);
    if (others === undefined) strands.set(strand, [event]);
    else others.push(event);
  }
  const callOf = new Map<FunctionEvent, Event>();
  const open: Event[] = [];
  for (const strand of strands.values()) {
    const calls: Event[] = [];
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
