import { budgets } from '../analysis/budgets.ts';
import type { Encounter, Neighbour } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';
import { companionsOf } from './companions.ts';
import {
  companyOf,
  edgePlaces,
  type Neighbourhood,
  neighbourhoodOf,
  type Target,
} from './neighbourhood.ts';

/** Footprints of one variable, and who is near them. */
export interface Nearby<Near extends Target> {
  readonly own: readonly Near[];
  readonly near: Neighbourhood;
}

/** How much further the next look goes where what is near did not end. */
const WIDER = 4;

/** Who is near some footprints, by variable; looks further where what is near has no end yet. */
export async function nearbyOf<Near extends Target>(
  storage: Storage,
  targets: readonly Near[],
): Promise<readonly Nearby<Near>[]> {
  let open = new Map<string, Near[]>();
  for (const target of targets) {
    const known = open.get(target.variable);
    if (known === undefined) open.set(target.variable, [target]);
    else known.push(target);
  }
  const done: { own: readonly Near[]; near: Neighbourhood; found: Neighbour[] }[] = [];
  for (let limit: number = budgets.neighboursAtFirst; open.size > 0; ) {
    const places = [...open.values()].flatMap(edgePlaces);
    const found = new Map<string, Neighbour[]>();
    for (const neighbour of await storage.derived.neighbours(places, limit, limit)) {
      const known = found.get(neighbour.variable);
      if (known === undefined) found.set(neighbour.variable, [neighbour]);
      else known.push(neighbour);
    }
    const next = new Map<string, Near[]>();
    for (const [variable, own] of open) {
      const around = found.get(variable) ?? [];
      const near = neighbourhoodOf(own, around, limit);
      if (near.isOpen && limit < budgets.neighbours) next.set(variable, own);
      else done.push({ own, near, found: around });
    }
    open = next;
    limit = Math.min(limit * WIDER, budgets.neighbours);
  }
  const companions = companionsOf(
    targets,
    done.flatMap(({ found }) => found),
  );
  return done.map(({ own, near, found }) => {
    const company = companyOf(own, found, companions);
    return { own, near: { ...near, traceIds: new Set([...near.traceIds, ...company]) } };
  });
}

/** Has those compared again that met traces where these are not any more. */
export async function compareAgain(
  storage: Storage,
  claimant: string,
  left: readonly Neighbour[],
): Promise<void> {
  const targets = left.map((place) => ({
    ...place,
    firstNs: String(place.firstNs),
    lastNs: String(place.lastNs),
    signatures: [],
  }));
  const met = (await nearbyOf(storage, targets)).map(
    ({ own, near }): Encounter => ({
      changedIds: [...new Set(own.map(({ traceId }) => traceId))].sort(),
      traceIds: [...near.traceIds].sort(),
    }),
  );
  const some = met.filter(({ traceIds }) => traceIds.length > 0);
  if (some.length > 0) await storage.derived.recordComparisons(claimant, [], some);
}
