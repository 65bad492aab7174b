import { lowerBound } from '../../domain/lower-bound.ts';
import { conflictScope, isWrite, type VariableAccesses } from '../accesses/accesses.ts';
import type { CausalOrder } from '../order/order.ts';
import type { FoundRaces } from './race-table.ts';

/**
 * What the scan does next: it goes on, or skips the rest of this pair of signatures, of this
 * access, or of everything.
 */
export type ScanStep = 'continue' | 'pair-done' | 'access-done' | 'done';

/** Tests still allowed; shared by all variables of a group. */
export interface ScanMeter {
  comparisons: number;
}

/**
 * Pairs of strand and signature for which the scan remembers what it has compared. For further
 * pairs it compares everything again.
 */
const WATERMARKS_KEPT = 1_000_000;

/**
 * With so few chains it is cheaper to compare all of them again than to remember what was compared.
 */
const CHAINS_WITHOUT_WATERMARK = 4;

/**
 * Finds every racing pair of one variable. It takes each access along the topological sequence and
 * compares it with the accesses before. The accesses of a signature are kept as chains in which
 * each happens before the next. Those that race with an access are the ends of chains, and are
 * found by halving. What a strand once saw to be ordered before it, it does not compare again
 * (docs/analysis.md, "Races inside a causal group").
 *
 * @param isSettled whether nothing more need be known of accesses with two signatures
 * @returns false when the meter ran out.
 */
export function scanRaces(
  order: CausalOrder,
  accesses: VariableAccesses,
  meter: ScanMeter,
  onRaces: (found: FoundRaces) => ScanStep,
  isSettled: (earlierSignature: number, laterSignature: number) => boolean = () => false,
): boolean {
  const { events, signatureOf, signatures } = accesses;
  if (!canRace(order, accesses)) return true;
  const room = { watermarks: WATERMARKS_KEPT };
  const histories = signatures.map(() => new History(order, room));
  const partners: (number[] | undefined)[] = [];
  for (let place = 0; place < events.length; place += 1) {
    const later = events[place] as number;
    const laterSignature = signatureOf[place] as number;
    let own = partners[laterSignature];
    if (own === undefined) {
      const signature = signatures[laterSignature] as (typeof signatures)[number];
      meter.comparisons -= signatures.length;
      own = [...signatures.keys()].filter(
        (other) =>
          conflictScope(signatures[other] as (typeof signatures)[number], signature) !== null,
      );
      partners[laterSignature] = own;
    }
    let kept = 0;
    let slot = 0;
    for (let isDone = false; slot < own.length && !isDone; slot += 1) {
      const earlierSignature = own[slot] as number;
      if (isSettled(earlierSignature, laterSignature)) continue;
      const history = histories[earlierSignature] as History;
      const step = history.compare(later, meter, (chain, from, observedFrom) => {
        const confirmed = observedFrom < chain.length;
        const earlier = chain[confirmed ? observedFrom : from] as number;
        const count = chain.length - from;
        return onRaces({ earlierSignature, laterSignature, earlier, later, confirmed, count });
      });
      if (meter.comparisons < 0) return false;
      if (step === 'done') return true;
      isDone = step === 'access-done';
      if (step === 'pair-done') continue;
      own[kept] = earlierSignature;
      kept += 1;
    }
    if (kept < slot) own.splice(kept, slot - kept);
    (histories[laterSignature] as History).append(later);
  }
  return true;
}

/** A quick no: one strand alone, nothing written, or statements, whose store orders them. */
function canRace(
  { strandOf, events: all }: CausalOrder,
  { events, signatures }: VariableAccesses,
): boolean {
  if (all[events[0] as number]?.derived !== undefined) return false;
  const first = strandOf[events[0] as number];
  if (events.every((event) => strandOf[event] === first)) return false;
  return signatures.some(isWrite);
}

/**
 * Chains left over where a comparison ends early that are written down for the next one. To note more
 * would take all threads times all threads; they are looked at again instead.
 */
const REST_KEPT = 64;

/** What one strand has not yet compared with in a {@link History}. */
interface Watermark {
  /** Appends looked at. */
  seen: number;
  /** Chains that had accesses which race with the strand's last access. */
  open: number[];
}

/** All accesses of one signature so far, as chains. */
class History {
  readonly #order: CausalOrder;
  readonly #room: { watermarks: number };
  readonly #chains: number[][] = [];
  /** The chain of each append. */
  readonly #appends: number[] = [];
  readonly #watermarks = new Map<number, Watermark>();
  /**
   * An access that comes after all of the first `seen` appends. Whatever comes after it need not be
   * compared with those.
   */
  #barrier: { event: number; seen: number } | null = null;
  readonly #queue = new ChainQueue();
  readonly #chainOfStrand = new Map<number, number>();
  #stamp = 0;
  readonly #stamps: number[] = [];

  /** @param room how many watermarks all histories together may still keep */
  constructor(order: CausalOrder, room: { watermarks: number }) {
    this.#order = order;
    this.#room = room;
  }

  append(event: number): void {
    const strand = this.#order.strandOf[event] as number;
    const own = this.#chainOfStrand.get(strand) ?? -1;
    let chain = this.#continues(own, event) ? own : this.#queue.oldest();
    if (!this.#continues(chain, event)) {
      chain = this.#chains.length;
      this.#chains.push([]);
      this.#stamps.push(0);
    }
    this.#chains[chain]?.push(event);
    this.#chainOfStrand.set(strand, chain);
    this.#queue.touch(chain);
    this.#appends.push(chain);
  }

  /**
   * Finds the accesses that race with a later one: each time the end of a chain, from its first access
   * that races, and from its first that races also if the order of locks counts.
   */
  compare(
    later: number,
    meter: ScanMeter,
    onChain: (chain: readonly number[], from: number, observedFrom: number) => ScanStep,
  ): ScanStep {
    const { must, observed, strandOf } = this.#order;
    const strand = strandOf[later] as number;
    meter.comparisons -= 1;
    if (this.#appends.length === 0) return 'continue';
    const isSmall = this.#chains.length <= CHAINS_WITHOUT_WATERMARK;
    const kept = isSmall ? undefined : this.#watermarks.get(strand);
    const mark = kept ?? this.#newMark(later);
    const candidates = this.#candidates(mark);
    const count = candidates?.length ?? this.#chains.length;
    const candidate = (place: number) =>
      (candidates === null ? place : candidates[place]) as number;
    const open: number[] = [];
    let step: ScanStep = 'continue';
    let looked = 0;
    for (; looked < count && step === 'continue'; looked += 1) {
      const number = candidate(looked);
      const chain = this.#chains[number] as number[];
      meter.comparisons -= 1;
      const from = prefix(chain, 0, (event) => must.precedes(event, later));
      if (from === chain.length) continue;
      open.push(number);
      const observedFrom =
        observed === must ? from : prefix(chain, from, (event) => observed.precedes(event, later));
      step = onChain(chain, from, observedFrom);
    }
    if (count - looked > REST_KEPT) return step;
    for (; looked < count; looked += 1) open.push(candidate(looked));
    mark.seen = this.#appends.length;
    mark.open = open;
    if (open.length === 0) this.#barrier = { event: later, seen: mark.seen };
    if (kept === undefined && !isSmall && this.#room.watermarks > 0) {
      this.#room.watermarks -= 1;
      this.#watermarks.set(strand, mark);
    }
    return step;
  }

  #newMark(later: number): Watermark {
    const barrier = this.#barrier;
    const isAfter = barrier !== null && this.#order.must.precedes(barrier.event, later);
    return { seen: isAfter ? barrier.seen : 0, open: [] };
  }

  /**
   * The chains with accesses that the strand has not yet seen to be ordered before it, each chain
   * once; null for all.
   */
  #candidates({ seen, open }: Watermark): readonly number[] | null {
    const fresh = this.#appends.length - seen;
    if (fresh === 0) return open;
    if (fresh >= this.#chains.length) return null;
    this.#stamp += 1;
    const candidates: number[] = [];
    const add = (chain: number) => {
      if (this.#stamps[chain] === this.#stamp) return;
      this.#stamps[chain] = this.#stamp;
      candidates.push(chain);
    };
    open.forEach(add);
    for (let append = seen; append < this.#appends.length; append += 1) {
      add(this.#appends[append] as number);
    }
    return candidates;
  }

  #continues(chain: number, event: number): boolean {
    const last = this.#chains[chain]?.at(-1);
    return last !== undefined && this.#order.must.precedes(last, event);
  }
}

/** Counts the events from `start` on that are before something, up to the first that is not. */
function prefix(
  chain: readonly number[],
  start: number,
  isBefore: (event: number) => boolean,
): number {
  if (isBefore(chain[chain.length - 1] as number)) return chain.length;
  return lowerBound(start, chain.length - 1, (place) => !isBefore(chain[place] as number));
}

/** Chains by last use, the one unused for longest first: the likeliest to end before a new access. */
class ChainQueue {
  readonly #next: number[] = [];
  readonly #previous: number[] = [];
  #first = -1;
  #last = -1;

  oldest(): number {
    return this.#first;
  }

  touch(chain: number): void {
    if (chain === this.#last) return;
    if (chain < this.#next.length) {
      const next = this.#next[chain] as number;
      const previous = this.#previous[chain] as number;
      if (previous >= 0) this.#next[previous] = next;
      else this.#first = next;
      this.#previous[next] = previous;
    }
    this.#next[chain] = -1;
    this.#previous[chain] = this.#last;
    if (this.#last >= 0) this.#next[this.#last] = chain;
    else this.#first = chain;
    this.#last = chain;
  }
}
