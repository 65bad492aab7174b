import sortedBtree from 'sorted-btree';
import { compareCodePoints } from '../../../domain/code-points.ts';
import type { Footprint } from '../../../domain/findings/footprint.ts';
import type { FootprintPlace, Neighbour, VariableHistoryQuery } from '../../derived.ts';
import type { DerivedTrace } from './derived-trace.ts';

/** Where the footprints of all traces are, by variable and time. */
export class FootprintBook {
  readonly #places = new sortedBtree.default<FootprintPlace, Neighbour>(undefined, comparePlaces);

  /** @param nameOf the name of a variable as everybody else has it */
  replace(
    trace: DerivedTrace,
    next: readonly Footprint[],
    nameOf: (variable: string) => string,
  ): void {
    for (const place of trace.footprints) this.#places.delete(place);
    trace.footprints = next.map(({ variable, firstNs, lastNs, transaction }) => ({
      traceId: trace.traceId,
      variable: nameOf(variable),
      firstNs: BigInt(firstNs),
      lastNs: BigInt(lastNs),
      isTransaction: transaction !== null,
    }));
    for (const place of trace.footprints) this.#places.set(place, place as Neighbour);
  }

  /** The nearest footprints of other traces, before and after a place, in their order. */
  neighbours(place: FootprintPlace, before: number, after: number): Neighbour[] {
    return [
      ...this.#others(
        this.#places.entriesReversed(place, undefined, true),
        place,
        before,
      ).reverse(),
      ...this.#others(this.#places.entries(place), place, after),
    ];
  }

  /** Traces that accessed a variable, of those that are wanted, the latest first. */
  latest(query: VariableHistoryQuery, isWanted: (traceId: string) => boolean): string[] {
    const { variable, sinceNs, untilNs, before, limit } = query;
    const end = { firstNs: untilNs ?? TIMES_END_NS, traceId: '' };
    const isFurther = before !== null && before.firstNs < end.firstNs;
    const from = { variable, ...(isFurther ? before : end) };
    const found: string[] = [];
    for (const [place] of this.#places.entriesReversed(from, undefined, true)) {
      if (place.variable !== variable || found.length === limit) break;
      if (sinceNs !== null && place.firstNs < sinceNs) break;
      if (isWanted(place.traceId)) found.push(place.traceId);
    }
    return found;
  }

  /** The first traces that accessed a variable, of those that are wanted. */
  traceIdsOf(
    variable: string,
    limit: number,
    isWanted: (traceId: string) => boolean,
  ): readonly string[] {
    const found: string[] = [];
    for (const [, place] of this.#places.entries({ variable, firstNs: -1n, traceId: '' })) {
      if (place.variable !== variable || found.length === limit) break;
      if (isWanted(place.traceId)) found.push(place.traceId);
    }
    return found;
  }

  /** All traces that accessed a variable. */
  allTraceIdsOf(variable: string): readonly string[] {
    return this.traceIdsOf(variable, Number.POSITIVE_INFINITY, () => true);
  }

  #others(
    entries: Iterable<readonly [FootprintPlace, Neighbour]>,
    place: FootprintPlace,
    limit: number,
  ): Neighbour[] {
    const found: Neighbour[] = [];
    for (const [, footprint] of entries) {
      if (footprint.variable !== place.variable || found.length === limit) break;
      if (footprint.traceId !== place.traceId) found.push(footprint);
    }
    return found;
  }
}

/** Times fit a signed integer of 64 bits. */
const TIMES_END_NS = 2n ** 63n;

/**
 * The footprints that only one of two lists of JSON texts has.
 *
 * @param added of the second list; empty when it is the first one
 */
export function changedFootprints(
  before: readonly string[],
  after: readonly string[],
  added: readonly Footprint[],
) {
  if (before === after) return { removed: [], added: [] };
  const [old, young] = [new Set(before), new Set(after)];
  return {
    removed: before.filter((text) => !young.has(text)).map((text) => JSON.parse(text) as Footprint),
    added: added.filter((_, place) => !old.has(after[place] as string)),
  };
}

/** Footprints on the way from old to new ones, one variable after the other. */
export function* footprintsInSteps(
  before: readonly Footprint[],
  after: readonly Footprint[],
): Generator<readonly Footprint[]> {
  for (const { variable: last } of after) {
    const done = after.filter(({ variable }) => variable <= last);
    const left = before.filter(({ variable }) => variable > last);
    yield [...done, ...left];
  }
}

function comparePlaces(a: FootprintPlace, b: FootprintPlace): number {
  if (a.variable !== b.variable) return a.variable < b.variable ? -1 : 1;
  if (a.firstNs !== b.firstNs) return a.firstNs < b.firstNs ? -1 : 1;
  return compareCodePoints(a.traceId, b.traceId);
}
