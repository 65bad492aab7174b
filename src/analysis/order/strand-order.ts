import { componentOf } from './component.ts';
import type { EventIndex } from './event-index.ts';

/** What {@link orderStrand} needs to know of parent links; null where times agree with all links. */
export interface ParentOrder {
  /** The latest of the event and its ancestors on the same clock, as an event number. */
  readonly latest: Int32Array;
  /** Number of ancestors. */
  readonly depth: Int32Array;
}

/** Looks at every event's ancestors once. O(n), without recursion. */
export function parentOrder({ events, parentOf }: EventIndex): ParentOrder | null {
  if (parentOf.every((parent, event) => parent < event)) return null;
  const latest = new Int32Array(events.length).fill(-1);
  const depth = new Int32Array(events.length);
  const components = events.map(componentOf);
  for (let start = 0; start < events.length; start += 1) {
    const walked: number[] = [];
    for (let event = start; event >= 0 && latest[event] === -1; event = parentOf[event] as number) {
      walked.push(event);
    }
    for (const event of walked.reverse()) {
      const parent = parentOf[event] as number;
      latest[event] = event;
      if (parent < 0) continue;
      depth[event] = (depth[parent] as number) + 1;
      const above = latest[parent] as number;
      if (components[parent] === components[event] && above > event) latest[event] = above;
    }
  }
  return { latest, depth };
}

/**
 * Puts the events of a strand in order, in place. The strand's own counters decide, if every event
 * has one and they rise along the parent links. Otherwise parents come before children, then time
 * and id decide. Time alone never decides against a parent link: another clock makes the last three
 * digits of the TypeScript SDK's timestamps.
 *
 * @param events by number
 * @param counters per event of the list, -1 where unknown; null when the strand keeps none
 * @returns whether the order changed
 */
export function orderStrand(
  index: EventIndex,
  byParent: ParentOrder | null,
  events: Int32Array,
  counters: Float64Array | null,
): boolean {
  if (events.length < 2) return false;
  if (counters !== null) {
    if (isRising(counters) && (byParent === null || parentsRise(index, events))) return false;
    const sorted = sortByCounter(index, events, counters);
    if (sorted !== null) {
      events.set(sorted);
      return true;
    }
  }
  if (byParent === null) return false;
  const { latest, depth } = byParent;
  const compare = (a: number, b: number) =>
    (latest[a] as number) - (latest[b] as number) ||
    (depth[a] as number) - (depth[b] as number) ||
    a - b;
  events.sort(compare);
  return true;
}

function isRising(counters: Float64Array): boolean {
  for (let place = 0; place < counters.length; place += 1) {
    const before = place === 0 ? -1 : (counters[place - 1] as number);
    if ((counters[place] as number) <= before) return false;
  }
  return true;
}

/**
 * Sorts the events by counter. Null when an event has no counter, two have the same, or a parent
 * would come later.
 */
function sortByCounter(
  index: EventIndex,
  events: Int32Array,
  counters: Float64Array,
): Int32Array | null {
  const places = Array.from(events.keys()).sort(
    (a, b) => (counters[a] as number) - (counters[b] as number),
  );
  if (!isRising(Float64Array.from(places, (place) => counters[place] as number))) return null;
  const sorted = Int32Array.from(places, (place) => events[place] as number);
  return parentsRise(index, sorted) ? sorted : null;
}

/** Whether every parent that is in the list comes before its children. */
function parentsRise(index: EventIndex, events: Int32Array): boolean {
  const placeOf = new Map<number, number>();
  events.forEach((event, place) => {
    placeOf.set(event, place);
  });
  return events.every(
    (event, place) => (placeOf.get(index.parentOf[event] as number) ?? -1) < place,
  );
}
