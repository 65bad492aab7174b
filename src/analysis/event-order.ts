import type { EventRecord } from '../domain/event/event.ts';
import { decodeEvents } from '../domain/event/event-parts.ts';
import { findEdges } from './order/edges.ts';
import { indexEvents } from './order/event-index.ts';
import { findStrands } from './order/strands.ts';
import { sortTopologically } from './order/topology.ts';

/**
 * Puts events in the order in which things happened, as far as that is known: each strand in its own
 * order, causes before what they brought about, all else by time, then id. Timestamps alone would show
 * children before their parents (docs/analysis.md, "Strands"). O(n log n).
 *
 * @param records whole traces, or what is read of them at once; each event once
 */
export function inCausalOrder(records: readonly EventRecord[]): readonly EventRecord[] {
  const events = decodeEvents(records);
  const recordOf = new Map(events.map((event, place) => [event, records[place] as EventRecord]));
  const index = indexEvents(events);
  const strandIndex = findStrands(index);
  const { sequence } = sortTopologically(strandIndex, findEdges(index, strandIndex).edges);
  return Array.from(
    sequence,
    (number) => recordOf.get(index.events[number] as (typeof events)[number]) as EventRecord,
  );
}
