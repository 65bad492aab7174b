import { excludeEachOther } from '../accesses/lock-sets.ts';
import { patternOf } from './act-patterns.ts';
import type { Act } from './history/acts.ts';
import { overlap } from './history/timeline.ts';
import { compareVisits, isSurelyBefore, type Visit } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, surelyMeet } from './scene.ts';
import { lookOf } from './statement-conflicts.ts';
import { actorName } from './wording.ts';

/** Overlapping visits that are looked at: every pair of them counts. */
const LOOKED_AT = 16;
/** So many pairs have to interleave before it is believed that they were about one row. */
const PAIRS_LEAST = 3;

/**
 * Acts on rows that nothing tells: whether it was one row nobody knows. Where three pairs of traces or more
 * read before the other wrote, and no pair that met did otherwise, it may well have been (E1). Where the store
 * refused a second row meanwhile, a unique index decides.
 */
export function unknownRowConflicts(scene: Scene): readonly Occurrence[] {
  const { visit, history } = scene;
  const isActor = (each: Visit) => history.acts(each).some((act) => lookOf(act) !== null);
  if (!isActor(visit) || history.refusals.decidedIn(visit)) return [];
  const others = [...history.overlapping(visit, LOOKED_AT)].filter(isActor);
  const met = [visit, ...others].sort(compareVisits);
  const found: Occurrence[] = [];
  let pairs = 0;
  for (const [place, earlier] of met.entries()) {
    for (const later of met.slice(place + 1)) {
      if (!haveMet(earlier, later)) continue;
      const acts = interleavedActs(history.acts(earlier), history.acts(later));
      if (acts === null) return [];
      pairs += 1;
      if (later === visit) found.push(...occurrenceOf(scene, acts));
    }
  }
  return pairs < PAIRS_LEAST ? [] : found;
}

function haveMet(a: Visit, b: Visit): boolean {
  return overlap(a.widest, b.widest);
}

type ActPair = readonly [earlier: Act, later: Act];

/** Acts of two visits that did not know of each other, as if they had been about one row. */
function interleavedActs(earlier: readonly Act[], later: readonly Act[]): ActPair | null {
  for (const one of earlier) {
    for (const two of later) if (areInterleaved(one, two)) return [one, two];
  }
  return null;
}

function areInterleaved(one: Act, two: Act): boolean {
  const [first, second] = [lookOf(one), lookOf(two)];
  if (excludeEachOther(one.write.signature.crossLocks, two.write.signature.crossLocks))
    return false;
  const isFirstOutdated = first !== null && isSurelyBefore(first, two.write);
  const isSecondOutdated = second !== null && isSurelyBefore(second, one.write);
  if (isFirstOutdated && isSecondOutdated) return true;
  return (
    (isFirstOutdated && isSurelyBefore(two.write, one.write)) ||
    (isSecondOutdated && isSurelyBefore(one.write, two.write))
  );
}

function occurrenceOf(scene: Scene, [one, two]: ActPair): readonly Occurrence[] {
  const scope = surelyMeet(scene, one.write, two.write);
  if (scope === null) return [];
  return [
    pairOccurrence([one.write, two.write], {
      scope,
      evidence: 'E1',
      pattern: patternOf(two, one.write),
      check: two.check,
      provenPairs: 0,
      overlappingPairs: 1,
      story: (first, second) =>
        `${actorName(first)} and ${actorName(second)} read ${first.visit.variable} and then wrote there, ` +
        'neither knowing of the other, if they meant one row: nothing tells which rows they were, but of ' +
        'the requests that met none did otherwise.',
    }),
  ];
}
