import { accessTraits } from '../../domain/event/event-kind.ts';
import { ClockPool } from './clock-pool.ts';
import type { EdgeList } from './edge-list.ts';
import type { EventIndex } from './event-index.ts';
import { Interner } from './interner.ts';
import type { LockHistory, LockStep } from './locks.ts';
import type { Strand, StrandIndex } from './strands.ts';
import type { Topology } from './topology.ts';

/** One happens-before relation over the events of a group, as a vector clock per event. */
export class HappensBefore {
  readonly #strandOf: Int32Array;
  readonly #placeOf: Int32Array;
  readonly #clocks: Int32Array;
  readonly #pool: ClockPool;

  constructor(strandIndex: StrandIndex, clocks: Int32Array, pool: ClockPool) {
    this.#strandOf = strandIndex.strandOf;
    this.#placeOf = strandIndex.placeOf;
    this.#clocks = clocks;
    this.#pool = pool;
  }

  /** The clocks met their budget, so that some events look unordered that are not. */
  get isTruncated(): boolean {
    return this.#pool.isFull;
  }

  /** Whether event a happens before event b. */
  precedes(a: number, b: number): boolean {
    const strand = this.#strandOf[a] as number;
    const place = this.#placeOf[a] as number;
    if (strand === this.#strandOf[b]) return place < (this.#placeOf[b] as number);
    return this.#pool.get(this.#clocks[b] as number, strand) > place;
  }

  /** Whether neither of two different events happens before the other. */
  concurrent(a: number, b: number): boolean {
    return a !== b && !this.precedes(a, b) && !this.precedes(b, a);
  }

  /** How many events of a strand happen before an event or are it. */
  known(event: number, strand: number): number {
    if (strand === this.#strandOf[event]) return (this.#placeOf[event] as number) + 1;
    return this.#pool.get(this.#clocks[event] as number, strand);
  }

  /** The strands that an event knows something of, with the number of known events. */
  knownStrands(event: number, limit: number): [strand: number, count: number][] {
    return this.#pool.entries(this.#clocks[event] as number, limit);
  }
}

/**
 * The two orders of a group (docs/analysis.md, "The two orders"). `must` is HBm, without lock order:
 * a pair of accesses that it leaves open is a race. `observed` is HBl, with lock order: it tells
 * whether a race is confirmed.
 */
export interface Relations {
  readonly must: HappensBefore;
  readonly observed: HappensBefore;
}

/** Computes both relations along the topological sequence. */
export function relate(
  index: EventIndex,
  strandIndex: StrandIndex,
  edges: EdgeList,
  topology: Topology,
  locks: LockHistory,
  clockWords: number,
): Relations {
  const atomics = findAtomics(index);
  const must = computeClocks(strandIndex, edges, topology, atomics, [], clockWords);
  if (locks.steps.length === 0 || strandIndex.strands.length < 2) return { must, observed: must };
  const observed = computeClocks(strandIndex, edges, topology, atomics, locks.steps, clockWords);
  return { must, observed };
}

/**
 * The atomic accesses of a group: for each event its variable, -1 when it is none, and whether it
 * reads or writes.
 */
interface Atomics {
  readonly variableOf: Int32Array;
  readonly reads: Uint8Array;
  readonly writes: Uint8Array;
}

function findAtomics({ events }: EventIndex): Atomics | null {
  const isAtomic = (event: EventIndex['events'][number]) =>
    event.kind === 'StateChange' && accessTraits[event.payload.access_type].isAtomic;
  if (!events.some(isAtomic)) return null;
  const variables = new Interner();
  const variableOf = new Int32Array(events.length).fill(-1);
  const reads = new Uint8Array(events.length);
  const writes = new Uint8Array(events.length);
  events.forEach((event, number) => {
    if (event.kind !== 'StateChange' || !isAtomic(event)) return;
    const { variable, access_type: type } = event.payload;
    variableOf[number] = variables.intern(variable);
    if (accessTraits[type].reads) reads[number] = 1;
    if (accessTraits[type].writes) writes[number] = 1;
  });
  return { variableOf, reads, writes };
}

/**
 * Computes vector clocks in one pass. An event inherits the clock of the event before it in its
 * strand by reference, and joins the clocks of its other predecessors. A lock and an atomic
 * variable each keep one clock of everybody who released or wrote it, so that the cost is linear in
 * their uses.
 */
function computeClocks(
  { strands, strandOf, placeOf }: StrandIndex,
  edges: EdgeList,
  { sequence, positionOf, offsets, incoming }: Topology,
  atomics: Atomics | null,
  lockSteps: readonly LockStep[],
  clockWords: number,
): HappensBefore {
  const pool = new ClockPool(strands.length, clockWords);
  const clocks = new Int32Array(strandOf.length);
  const relation = new HappensBefore({ strands, strandOf, placeOf }, clocks, pool);
  if (strands.length < 2) return relation;

  const shared = new SharedClocks(pool);
  const publish = (event: number) =>
    pool.advance(
      clocks[event] as number,
      strandOf[event] as number,
      (placeOf[event] as number) + 1,
    );
  // A clock that knows an event also knows everything that this event knew: after the latest source
  // the others may be needless.
  const learnEvent = (clock: number, from: number) => {
    if (pool.get(clock, strandOf[from] as number) > (placeOf[from] as number)) return clock;
    return pool.join(clock, publish(from));
  };
  let step = 0;
  for (const event of sequence) {
    const place = placeOf[event] as number;
    const strand = strands[strandOf[event] as number] as Strand;
    let clock = place === 0 ? 0 : (clocks[strand.events[place - 1] as number] as number);
    const start = offsets[event] as number;
    const end = offsets[event + 1] as number;
    let latest = -1;
    for (let slot = start; slot < end; slot += 1) {
      const from = edges.from[incoming[slot] as number] as number;
      if (latest < 0 || (positionOf[from] as number) > (positionOf[latest] as number))
        latest = from;
    }
    if (latest >= 0) clock = learnEvent(clock, latest);
    for (let slot = start; slot < end; slot += 1) {
      clock = learnEvent(clock, edges.from[incoming[slot] as number] as number);
    }
    const variable = atomics === null ? -1 : (atomics.variableOf[event] as number);
    if (variable >= 0 && atomics?.reads[event] === 1) clock = shared.learn(clock, `a${variable}`);

    let isPublisher = variable >= 0 && atomics?.writes[event] === 1;
    const firstStep = step;
    while (lockSteps[step]?.event === event) {
      const { lock, exclusive, isGrant } = lockSteps[step] as LockStep;
      if (isGrant) {
        clock = shared.learn(clock, `x${lock}`);
        if (exclusive) clock = shared.learn(clock, `r${lock}`);
      } else isPublisher = true;
      step += 1;
    }
    clocks[event] = clock;
    if (!isPublisher) continue;
    const published = publish(event);
    if (variable >= 0 && atomics?.writes[event] === 1) shared.teach(`a${variable}`, published);
    for (let done = firstStep; done < step; done += 1) {
      const { lock, exclusive, isGrant } = lockSteps[done] as LockStep;
      if (!isGrant) shared.teach(`${exclusive ? 'x' : 'r'}${lock}`, published);
    }
  }
  return relation;
}

/** One clock per shared thing. */
class SharedClocks {
  readonly #clocks = new Map<string, number>();
  readonly #pool: ClockPool;

  constructor(pool: ClockPool) {
    this.#pool = pool;
  }

  learn(clock: number, thing: string): number {
    return this.#pool.join(clock, this.#clocks.get(thing) ?? 0);
  }

  teach(thing: string, clock: number): void {
    this.#clocks.set(thing, this.#pool.join(this.#clocks.get(thing) ?? 0, clock));
  }
}
