import { lowerBound } from '../../../domain/lower-bound.ts';
import type { Window } from './timeline.ts';
import { compareVisits, type Visit } from './visits.ts';

/** One visit of a {@link WindowCounts}, with what it counts for. */
export interface Counted<Item> {
  readonly visit: Visit;
  readonly window: Window;
  readonly weight: number;
  readonly item: Item;
}

/**
 * Counts which windows of a set overlap one, of those that began before it: all that began before,
 * without those that had ended before it began. Both are found by halving.
 */
export class WindowCounts<Item> {
  /** By beginning, then trace id. */
  readonly entries: readonly Counted<Item>[];
  readonly #byVisit: ReadonlyMap<string, Counted<Item>>;
  readonly #weightsBegun: Float64Array;
  readonly #ends: readonly bigint[];
  readonly #weightsEnded: Float64Array;
  readonly #latestEnds: readonly bigint[];

  /** @param entries one for each visit */
  constructor(entries: readonly Counted<Item>[]) {
    this.entries = [...entries].sort(compareEntries);
    this.#byVisit = new Map(this.entries.map((entry) => [entry.visit.trace.traceId, entry]));
    this.#weightsBegun = sumsOf(this.entries.map(({ weight }) => weight));
    const ended = [...entries].sort((a, b) => compareMoments(a.window[1], b.window[1]));
    this.#ends = ended.map(({ window }) => window[1]);
    this.#weightsEnded = sumsOf(ended.map(({ weight }) => weight));
    let latest: bigint | null = null;
    this.#latestEnds = this.entries.map(({ window }) => {
      if (latest === null || window[1] > latest) latest = window[1];
      return latest;
    });
  }

  /**
   * The weight of those that began before a visit and overlap it, without itself and members of its group.
   *
   * @param window of the visit, or of a part of it
   */
  weightBefore(visit: Visit, window: Window): number {
    const begun = this.#countBegun(visit, window);
    const ended = lowerBound(0, this.#ends.length, (at) => (this.#ends[at] as bigint) >= window[0]);
    let weight = (this.#weightsBegun[begun] as number) - (this.#weightsEnded[ended] as number);
    for (const member of visit.trace.group) {
      const entry = this.#byVisit.get(member);
      if (entry === undefined) continue;
      const hasBegun = compareEntries(entry, { visit, window }) < 0;
      if (hasBegun && entry.window[1] >= window[0]) weight -= entry.weight;
    }
    return weight;
  }

  /** Those that began before a visit and overlap it, the latest first. */
  *before(visit: Visit, window: Window): Generator<Counted<Item>> {
    for (let at = this.#countBegun(visit, window) - 1; at >= 0; at -= 1) {
      if ((this.#latestEnds[at] as bigint) < window[0]) return;
      const entry = this.entries[at] as Counted<Item>;
      if (entry.window[1] >= window[0]) yield entry;
    }
  }

  #countBegun(visit: Visit, window: Window): number {
    const place = { visit, window };
    return lowerBound(
      0,
      this.entries.length,
      (at) => compareEntries(this.entries[at] as Counted<Item>, place) >= 0,
    );
  }
}

function sumsOf(weights: readonly number[]): Float64Array {
  const sums = new Float64Array(weights.length + 1);
  weights.forEach((weight, place) => {
    sums[place + 1] = (sums[place] as number) + weight;
  });
  return sums;
}

type Place = Pick<Counted<unknown>, 'visit' | 'window'>;

function compareEntries(a: Place, b: Place): number {
  return compareMoments(a.window[0], b.window[0]) || compareVisits(a.visit, b.visit);
}

function compareMoments(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
