import type { CausalOrder } from '../order/order.ts';
import type { Departure } from './enclosing-spans.ts';

/** Which event of another strand brought each event about. */
export interface Origins {
  /** By event: nearest ancestor of another strand, else what caused the event's strand; or -1. */
  readonly ofEvent: Int32Array;
  /** The calls among them that are known by span ids. */
  readonly departures: readonly Departure[];
}

/** Finds both in one pass. */
export function findOrigins({
  strands,
  strandOf,
  parentOf,
  offsets,
  incoming,
  edges,
}: CausalOrder): Origins {
  const ofEvent = new Int32Array(strandOf.length).fill(-1);
  const departures: Departure[] = [];
  for (const { number, events } of strands) {
    const first = events[0] as number;
    let cause = -1;
    for (let slot = offsets[first] as number; slot < (offsets[first + 1] as number); slot += 1) {
      const { from, source } = edges.at(incoming[slot] as number);
      if (source === 'call') {
        departures.push({ callee: number, sent: from });
        if (cause < 0) cause = from;
      } else if (source === 'parent' || source === 'spawn') cause = from;
    }
    for (const event of events) {
      const parent = parentOf[event] as number;
      if (parent < 0) ofEvent[event] = cause;
      else if (strandOf[parent] !== number) ofEvent[event] = parent;
      // Inside a strand parents come first.
      else ofEvent[event] = ofEvent[parent] as number;
    }
  }
  return { ofEvent, departures };
}
