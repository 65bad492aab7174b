import type { EdgeList } from './edge-list.ts';
import type { StrandIndex } from './strands.ts';

/** The edges of a group without cycles, by target, and one order that agrees with all of them. */
export interface Topology {
  /** Every event once, each after all that happen before it, else by event number. */
  readonly sequence: Int32Array;
  /** Place of each event in {@link sequence}. */
  readonly positionOf: Int32Array;
  /** Edges into event e: `incoming[offsets[e]] … incoming[offsets[e + 1] - 1]`, as edge numbers. */
  readonly offsets: Int32Array;
  readonly incoming: Int32Array;
  /** Edges left out because they closed a cycle. */
  readonly droppedEdges: number;
}

/**
 * Orders the events of a group. Edges on a cycle are dropped, the least trusted first, so that the
 * result does not depend on the order of arrival. O(n log n) without cycles.
 */
export function sortTopologically(strandIndex: StrandIndex, edges: EdgeList): Topology {
  const alive = new Uint8Array(edges.count).fill(1);
  let droppedEdges = 0;
  for (;;) {
    const columns = incomingEdges(strandIndex.strandOf.length, edges, alive);
    const sequence = kahnOrder(strandIndex, edges, columns);
    if (sequence.length === strandIndex.strandOf.length) {
      const positionOf = new Int32Array(sequence.length);
      for (let place = 0; place < sequence.length; place += 1) {
        positionOf[sequence[place] as number] = place;
      }
      return { sequence, positionOf, ...columns, droppedEdges };
    }
    droppedEdges += dropCycleEdges(strandIndex, edges, alive, sequence);
  }
}

interface IncomingEdges {
  readonly offsets: Int32Array;
  readonly incoming: Int32Array;
}

function incomingEdges(eventCount: number, edges: EdgeList, alive: Uint8Array): IncomingEdges {
  const offsets = new Int32Array(eventCount + 1);
  let count = 0;
  alive.forEach((isAlive, edge) => {
    if (isAlive === 0) return;
    const slot = (edges.to[edge] as number) + 1;
    offsets[slot] = (offsets[slot] as number) + 1;
    count += 1;
  });
  for (let event = 0; event < eventCount; event += 1) {
    offsets[event + 1] = (offsets[event + 1] as number) + (offsets[event] as number);
  }
  const next = offsets.slice();
  const incoming = new Int32Array(count);
  alive.forEach((isAlive, edge) => {
    if (isAlive === 0) return;
    const to = edges.to[edge] as number;
    incoming[next[to] as number] = edge;
    next[to] = (next[to] as number) + 1;
  });
  return { offsets, incoming };
}

/** Kahn's algorithm, smallest event number first; shorter than the group when there is a cycle. */
function kahnOrder(
  { strands, strandOf, placeOf }: StrandIndex,
  edges: EdgeList,
  { offsets, incoming }: IncomingEdges,
): Int32Array {
  const eventCount = strandOf.length;
  const waiting = new Int32Array(eventCount);
  let inTimeOrder = true;
  for (let event = 0; event < eventCount; event += 1) {
    const place = placeOf[event] as number;
    const start = offsets[event] as number;
    const end = offsets[event + 1] as number;
    waiting[event] = end - start + (place > 0 ? 1 : 0);
    if (place > 0 && before(strands, strandOf, event, place) > event) inTimeOrder = false;
    for (let slot = start; slot < end && inTimeOrder; slot += 1) {
      if ((edges.from[incoming[slot] as number] as number) > event) inTimeOrder = false;
    }
  }
  if (inTimeOrder) return Int32Array.from(strandOf.keys());

  const outgoing = outgoingTargets(eventCount, edges, incoming);
  const ready = new NumberHeap();
  for (let event = 0; event < eventCount; event += 1) if (waiting[event] === 0) ready.push(event);
  const sequence = new Int32Array(eventCount);
  let length = 0;
  const release = (event: number) => {
    waiting[event] = (waiting[event] as number) - 1;
    if (waiting[event] === 0) ready.push(event);
  };
  for (let event = ready.pop(); event >= 0; event = ready.pop()) {
    sequence[length] = event;
    length += 1;
    const own = strands[strandOf[event] as number]?.events[(placeOf[event] as number) + 1];
    if (own !== undefined) release(own);
    for (const target of outgoing(event)) release(target);
  }
  return sequence.subarray(0, length);
}

function before(
  strands: StrandIndex['strands'],
  strandOf: Int32Array,
  event: number,
  place: number,
): number {
  return strands[strandOf[event] as number]?.events[place - 1] as number;
}

function outgoingTargets(
  eventCount: number,
  edges: EdgeList,
  incoming: Int32Array,
): (event: number) => Int32Array {
  const offsets = new Int32Array(eventCount + 1);
  for (const edge of incoming) {
    const slot = (edges.from[edge] as number) + 1;
    offsets[slot] = (offsets[slot] as number) + 1;
  }
  for (let event = 0; event < eventCount; event += 1) {
    offsets[event + 1] = (offsets[event + 1] as number) + (offsets[event] as number);
  }
  const next = offsets.slice();
  const targets = new Int32Array(incoming.length);
  for (const edge of incoming) {
    const from = edges.from[edge] as number;
    targets[next[from] as number] = edges.to[edge] as number;
    next[from] = (next[from] as number) + 1;
  }
  return (event) => targets.subarray(offsets[event], offsets[event + 1]);
}

/**
 * Drops the least trusted edges of every cycle among the events that Kahn's algorithm could not
 * reach.
 */
function dropCycleEdges(
  strandIndex: StrandIndex,
  edges: EdgeList,
  alive: Uint8Array,
  reached: Int32Array,
): number {
  const component = stronglyConnected(strandIndex, edges, alive, reached);
  const least = new Map<number, number>();
  const trust = (edge: number) => edges.confidences[edge] as number;
  const inCycle: number[] = [];
  alive.forEach((isAlive, edge) => {
    if (isAlive === 0) return;
    const from = component[edges.from[edge] as number] as number;
    if (from < 0 || from !== component[edges.to[edge] as number]) return;
    inCycle.push(edge);
    least.set(from, Math.min(least.get(from) ?? trust(edge), trust(edge)));
  });
  let dropped = 0;
  for (const edge of inCycle) {
    if (trust(edge) !== least.get(component[edges.from[edge] as number] as number)) continue;
    alive[edge] = 0;
    dropped += 1;
  }
  return dropped;
}

/**
 * Tarjan's strongly connected components with an explicit stack, over the events that are not in
 * `reached`; -1 for all others.
 */
function stronglyConnected(
  { strands, strandOf, placeOf }: StrandIndex,
  edges: EdgeList,
  alive: Uint8Array,
  reached: Int32Array,
): Int32Array {
  const eventCount = strandOf.length;
  const done = new Uint8Array(eventCount);
  for (const event of reached) done[event] = 1;
  const live = Int32Array.from(alive.keys()).filter((edge) => alive[edge] === 1);
  const outgoing = outgoingTargets(eventCount, edges, live);
  const targetsOf = (event: number): number[] => {
    const own = strands[strandOf[event] as number]?.events[(placeOf[event] as number) + 1];
    const targets = own === undefined ? [...outgoing(event)] : [own, ...outgoing(event)];
    return targets.filter((target) => done[target] === 0);
  };
  const component = new Int32Array(eventCount).fill(-1);
  const order = new Int32Array(eventCount).fill(-1);
  const low = new Int32Array(eventCount);
  const open: number[] = [];
  let visited = 0;
  for (let start = 0; start < eventCount; start += 1) {
    if (done[start] === 1 || order[start] !== -1) continue;
    const calls: { event: number; targets: number[] }[] = [];
    const enter = (event: number) => {
      order[event] = visited;
      low[event] = visited;
      visited += 1;
      open.push(event);
      calls.push({ event, targets: targetsOf(event) });
    };
    enter(start);
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { event, targets } = call;
      const target = targets.pop();
      if (target !== undefined) {
        if (order[target] === -1) enter(target);
        else if (component[target] === -1) {
          low[event] = Math.min(low[event] as number, order[target] as number);
        }
        continue;
      }
      calls.pop();
      const caller = calls.at(-1);
      if (caller !== undefined) {
        low[caller.event] = Math.min(low[caller.event] as number, low[event] as number);
      }
      if (low[event] !== order[event]) continue;
      let member: number;
      do {
        member = open.pop() as number;
        component[member] = event;
      } while (member !== event);
    }
  }
  return component;
}

/** A binary heap of numbers, smallest first. */
class NumberHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const above = (place - 1) >> 1;
      if ((items[above] as number) <= item) break;
      items[place] = items[above] as number;
      place = above;
    }
    items[place] = item;
  }

  /** Takes the smallest number; -1 when there is none. */
  pop(): number {
    const items = this.#items;
    const smallest = items[0];
    if (smallest === undefined) return -1;
    const item = items.pop() as number;
    if (items.length === 0) return smallest;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && (items[below + 1] as number) < (items[below] as number)) {
        below += 1;
      }
      if ((items[below] as number) >= item) break;
      items[place] = items[below] as number;
      place = below;
    }
    items[place] = item;
    return smallest;
  }
}
