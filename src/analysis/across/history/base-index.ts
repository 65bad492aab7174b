import { isShared } from '../../accesses/variables.ts';
import { siteText } from '../../issues/fingerprint.ts';
import type { Act } from './acts.ts';
import { overlap, type Window } from './timeline.ts';
import { areStrangers, type Visit } from './visits.ts';
import { type Counted, WindowCounts } from './window-counts.ts';

/** Earlier acts on one value that are looked at for one to tell of. */
const LOOKED_AT = 64;

/** How often the value that an act went by was written before; null when clocks do not tell. */
export type WritesBefore = (value: string, act: Act) => number | null;

/**
 * Acts by the value that they followed from. Two that followed from one value, with nobody writing it
 * anew between, did not know of each other.
 */
export class BaseIndex {
  /** By what two acts must have in common, then by site. */
  readonly #groups = new Map<string, readonly WindowCounts<Act>[]>();
  readonly #writesBefore: WritesBefore;

  constructor(acts: readonly Act[], writesBefore: WritesBefore) {
    this.#writesBefore = writesBefore;
    const groups = new Map<string, Map<string, Map<Visit, Counted<Act>>>>();
    for (const act of acts) {
      const { visit, signature } = act.write;
      if (act.base === null || visit.widest === null) continue;
      for (const isOne of [false, true]) {
        const key = this.#keyOf(act, act.base, isOne);
        if (key === null) continue;
        const sites = groups.get(key) ?? new Map<string, Map<Visit, Counted<Act>>>();
        groups.set(key, sites);
        const site = siteText(signature);
        const members = sites.get(site) ?? new Map<Visit, Counted<Act>>();
        sites.set(site, members);
        if (!members.has(visit)) {
          members.set(visit, { visit, window: visit.widest, weight: 1, item: act });
        }
      }
    }
    for (const [key, sites] of groups) {
      const counts = [...sites.values()].map((members) => new WindowCounts([...members.values()]));
      this.#groups.set(key, counts);
    }
  }

  /**
   * The acts of other traces that began before one's, overlapped it, and followed from the same
   * value: for each site how many there are, and the nearest.
   *
   * @param isOne all processes use one variable
   */
  earlier(act: Act, isOne: boolean): readonly { readonly count: number; readonly nearest: Act }[] {
    const { visit } = act.write;
    const { widest } = visit;
    const key = act.base === null ? null : this.#keyOf(act, act.base, isOne);
    if (key === null || widest === null) return [];
    return (this.#groups.get(key) ?? []).flatMap((site) => {
      const count = site.weightBefore(visit, widest);
      const nearest = count > 0 ? nearestOf(site, visit, widest) : null;
      return nearest === null ? [] : [{ count, nearest }];
    });
  }

  /** Whether two acts of traces that overlapped followed from one value: {@link earlier} counts them. */
  areOne(act: Act, other: Act, isOne: boolean): boolean {
    if (act.base === null || act.base !== other.base) return false;
    const [key, otherKey] = [act, other].map((each) => this.#keyOf(each, each.base ?? '', isOne));
    return (
      key !== null &&
      key === otherKey &&
      overlap(act.write.visit.widest, other.write.visit.widest) &&
      areStrangers(act.write.visit.trace, other.write.visit.trace)
    );
  }

  #keyOf(act: Act, base: string, isOne: boolean): string | null {
    const writes = this.#writesBefore(base, act);
    if (writes === null) return null;
    const { process, environment, scope } = act.write.signature;
    const place = isOne || isShared(scope) ? '' : process;
    const world = scope === 'global' ? '' : environment;
    return JSON.stringify([place, world, base, writes]);
  }
}

function nearestOf(site: WindowCounts<Act>, visit: Visit, window: Window): Act | null {
  let looked = 0;
  for (const { item, visit: other } of site.before(visit, window)) {
    if (areStrangers(other.trace, visit.trace)) return item;
    looked += 1;
    if (looked === LOOKED_AT) break;
  }
  return null;
}
