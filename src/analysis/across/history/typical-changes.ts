import { lowerBound } from '../../../domain/lower-bound.ts';
import { actsOf, plainChange } from './acts.ts';
import type { Window } from './timeline.ts';
import type { Access, Visit } from './visits.ts';

/** By how much the writes of each site change numbers that were read just before, and when. */
export class TypicalChanges {
  /** Moments, sorted, by site and change. */
  readonly #moments = new Map<string, bigint[]>();

  constructor(visits: readonly Visit[]) {
    for (const visit of visits) {
      for (const act of actsOf(visit, () => false)) {
        const change = plainChange(act);
        if (change === null) continue;
        const key = keyOf(act.write, change);
        const known = this.#moments.get(key);
        if (known === undefined) this.#moments.set(key, [act.write.ns]);
        else known.push(act.write.ns);
      }
    }
    for (const list of this.#moments.values()) list.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** Whether the site of a write made such a change in a window. */
  has(write: Access, change: number, [from, to]: Window): boolean {
    const list = this.#moments.get(keyOf(write, change)) ?? [];
    const first = list[lowerBound(0, list.length, (at) => (list[at] as bigint) >= from)];
    return first !== undefined && first <= to;
  }
}

function keyOf({ signature: { service, location } }: Access, change: number): string {
  return JSON.stringify([service, location, change]);
}
