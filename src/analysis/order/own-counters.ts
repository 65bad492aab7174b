import type { TraceEvent } from '../../domain/event/event.ts';
import { componentOf } from './component.ts';
import type { EventIndex } from './event-index.ts';

export interface OwnCounters {
  /** Per event, in the order of the given list; -1 where the event does not say. */
  readonly counters: Float64Array;
  /** The counters are those of the component `service#instance`. */
  readonly ofComponent: boolean;
}

/**
 * Finds the counter that a strand keeps of its own events. It is the `service#instance` component.
 * The TypeScript SDK sends another: a component named after the strand's first event, which itself
 * carries an empty vector. Null when there is neither.
 */
export function ownCounters(index: EventIndex, events: Int32Array): OwnCounters | null {
  const first = index.events[events[0] as number] as TraceEvent;
  const component = componentOf(first);
  const counters = new Float64Array(events.length).fill(-1);
  if (component !== null && readCounters(index, events, component, counters)) {
    return { counters, ofComponent: true };
  }
  const root = rootComponent(index, events);
  if (root === null) return null;
  readCounters(index, events, root, counters);
  events.forEach((event, place) => {
    const { id, vector } = index.events[event] as TraceEvent;
    if (id === root && vector.length === 0) counters[place] = 0;
  });
  return { counters, ofComponent: false };
}

function readCounters(
  index: EventIndex,
  events: Int32Array,
  component: string,
  counters: Float64Array,
): boolean {
  let found = false;
  events.forEach((event, place) => {
    for (const [name, counter] of (index.events[event] as TraceEvent).vector) {
      if (name !== component) continue;
      counters[place] = counter;
      found = true;
    }
  });
  return found;
}

/** The only component of the first one-component vector, if it is the id of an event of the trace. */
function rootComponent(index: EventIndex, events: Int32Array): string | null {
  for (const event of events) {
    const { vector } = index.events[event] as TraceEvent;
    const name = vector[0]?.[0];
    if (vector.length !== 1 || name === undefined) continue;
    const trace = index.traceOf[event] as number;
    return index.find(trace, name.toLowerCase()) >= 0 ? name : null;
  }
  return null;
}
