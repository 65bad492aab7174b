import sortedBtree from 'sorted-btree';
import type { Footprint } from '../../domain/footprint.ts';
import type { FootprintPlace, Neighbour } from '../derived.ts';
import type { DerivedTrace } from './derived-trace.ts';
import type { TextStore } from './text-store.ts';

/** The footprints of all traces: texts by trace, and places by variable and time. */
export class FootprintBook {
  readonly #texts: TextStore;
  readonly #places = new sortedBtree.default<FootprintPlace, Neighbour>(undefined, comparePlaces);

  constructor(texts: TextStore) {
    this.#texts = texts;
  }

  of({ footprintTexts }: DerivedTrace): Footprint[] {
    return this.#texts.read(footprintTexts).map((text) => JSON.parse(text) as Footprint);
  }

  /** What changes when these footprints take the place of those that a trace has; null: nothing. */
  changed(
    trace: DerivedTrace,
    next: readonly Footprint[] | null,
  ): { readonly removed: readonly Footprint[]; readonly added: readonly Footprint[] } {
    if (next === null) return { removed: [], added: [] };
    const before = new Set(this.#texts.read(trace.footprintTexts));
    const after = new Set(next.map((footprint) => JSON.stringify(footprint)));
    return {
      removed: [...before]
        .filter((text) => !after.has(text))
        .map((text) => JSON.parse(text) as Footprint),
      added: next.filter((footprint) => !before.has(JSON.stringify(footprint))),
    };
  }

  /** @param nameOf the name of a variable as everybody else has it */
  replace(
    trace: DerivedTrace,
    next: readonly Footprint[],
    nameOf: (variable: string) => string,
  ): void {
    for (const place of trace.footprints) this.#places.delete(place);
    this.#texts.free(trace.footprintTexts);
    trace.footprints = next.map(({ variable, firstNs, lastNs, transaction }) => ({
      traceId: trace.traceId,
      variable: nameOf(variable),
      firstNs: BigInt(firstNs),
      lastNs: BigInt(lastNs),
      isTransaction: transaction !== null,
    }));
    trace.footprintTexts = this.#texts.put(next.map((footprint) => JSON.stringify(footprint)));
    for (const place of trace.footprints) this.#places.set(place, place as Neighbour);
  }

  /** The nearest footprints of other traces, before and after a place. */
  neighbours(place: FootprintPlace, before: number, after: number): Neighbour[] {
    return [
      ...this.#others(this.#places.entriesReversed(place, undefined, true), place, before),
      ...this.#others(this.#places.entries(place), place, after),
    ];
  }

  /** The first traces that accessed a variable. */
  traceIdsOf(variable: string, limit: number): string[] {
    const place = { variable, firstNs: -1n, traceId: '' };
    const found = this.#others(this.#places.entries(place), place, limit);
    return found.map(({ traceId }) => traceId);
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

function comparePlaces(a: FootprintPlace, b: FootprintPlace): number {
  if (a.variable !== b.variable) return a.variable < b.variable ? -1 : 1;
  if (a.firstNs !== b.firstNs) return a.firstNs < b.firstNs ? -1 : 1;
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}
