import type { TraceEvent } from '../../domain/event/event.ts';
import { Interner } from './interner.ts';

/**
 * The events of a causal group, as dense numbers. The number of an event is its rank by timestamp
 * (all nine digits), then id, then trace. To compare numbers is to compare times, and no result can
 * depend on the order of arrival.
 */
export interface EventIndex {
  /** Without duplicates (an id counts once per trace); the number of an event is its place here. */
  readonly events: readonly TraceEvent[];
  /** Trace ids; {@link traceOf} holds places in this list. */
  readonly traces: readonly string[];
  readonly traceOf: Int32Array;
  /** Number of the parent in the same trace; -1 for a root, a missing parent or a dropped link. */
  readonly parentOf: Int32Array;
  /** Links from an event to a parent that is not there. */
  readonly missingParents: number;
  /** Parent links left out because they lead from an event to itself or round a cycle. */
  readonly droppedParents: number;
  /** Number of an event of a trace, or -1. */
  find(trace: number, id: string): number;
}

/** Numbers the events of a group. O(n log n), O(n) when they come in order. */
export function indexEvents(input: readonly TraceEvent[]): EventIndex {
  const traceNames = new Interner();
  for (const event of input) traceNames.intern(event.traceId);
  const traces = [...traceNames.names].sort();
  const traceNumbers = new Map(traces.map((name, number) => [name, number]));

  const numbers = traces.map(() => new Map<string, number>());
  const events: TraceEvent[] = [];
  for (const event of sortEvents(input)) {
    const ofTrace = numbers[traceNumbers.get(event.traceId) as number] as Map<string, number>;
    if (ofTrace.has(event.id)) continue;
    ofTrace.set(event.id, events.length);
    events.push(event);
  }
  const traceOf = Int32Array.from(events, (event) => traceNumbers.get(event.traceId) as number);
  const find = (trace: number, id: string) => numbers[trace]?.get(id) ?? -1;
  return { events, traces, traceOf, find, ...linkParents(events, traceOf, find) };
}

function sortEvents(input: readonly TraceEvent[]): readonly TraceEvent[] {
  const base = input[0]?.timestampNs ?? 0n;
  // Rounding keeps the order of instants, so that bigints meet only where doubles are equal.
  const about = Float64Array.from(input, (event) => Number(event.timestampNs - base));
  const compare = (a: number, b: number) => {
    const difference = (about[a] as number) - (about[b] as number);
    if (difference !== 0) return difference;
    const left = input[a] as TraceEvent;
    const right = input[b] as TraceEvent;
    if (left.timestampNs !== right.timestampNs)
      return left.timestampNs < right.timestampNs ? -1 : 1;
    if (left.id !== right.id) return left.id < right.id ? -1 : 1;
    return left.traceId < right.traceId ? -1 : left.traceId > right.traceId ? 1 : 0;
  };
  let sorted = true;
  for (let place = 1; place < input.length && sorted; place += 1) {
    sorted = compare(place - 1, place) <= 0;
  }
  if (sorted) return input;
  return Array.from(input.keys())
    .sort(compare)
    .map((place) => input[place] as TraceEvent);
}

function linkParents(
  events: readonly TraceEvent[],
  traceOf: Int32Array,
  find: EventIndex['find'],
): Pick<EventIndex, 'parentOf' | 'missingParents' | 'droppedParents'> {
  const parentOf = new Int32Array(events.length).fill(-1);
  let missingParents = 0;
  events.forEach((event, number) => {
    if (event.parentId === null) return;
    const parent = find(traceOf[number] as number, event.parentId);
    if (parent < 0) missingParents += 1;
    parentOf[number] = parent;
  });
  return { parentOf, missingParents, droppedParents: cutParentCycles(parentOf) };
}

/**
 * Cuts every cycle of parent links: its earliest event becomes a root. Returns the number of
 * cycles.
 */
export function cutParentCycles(parentOf: Int32Array): number {
  let cut = 0;
  /** 0: not seen; otherwise the walk that saw the event first. */
  const seenBy = new Int32Array(parentOf.length);
  for (let start = 0; start < parentOf.length; start += 1) {
    let event = start;
    while (event >= 0 && seenBy[event] === 0) {
      seenBy[event] = start + 1;
      event = parentOf[event] as number;
    }
    if (event < 0 || seenBy[event] !== start + 1) continue;
    let earliest = event;
    let member = parentOf[event] as number;
    while (member !== event) {
      if (member < earliest) earliest = member;
      member = parentOf[member] as number;
    }
    parentOf[earliest] = -1;
    cut += 1;
  }
  return cut;
}
