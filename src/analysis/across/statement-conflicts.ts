import { excludeEachOther } from '../accesses/lock-sets.ts';
import { patternOf } from './act-patterns.ts';
import type { Act } from './history/acts.ts';
import { type Access, compareAccesses, isSurelyBefore, isSurelyUnseen } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, surelyMeet } from './scene.ts';
import { actorName } from './wording.ts';

/** Overlapping visits that are looked at for acts that did not know of each other. */
const LOOKED_AT = 32;

/**
 * Acts of two traces by statements of which both had read before either wrote: whichever wrote last did not
 * know of the other, also where nobody can tell which that was. The later one tells.
 */
export function bothReadFirst(scene: Scene): readonly Occurrence[] {
  const { visit, history } = scene;
  if (!visit.isStatement) return [];
  return history.acts(visit).flatMap((act) => {
    const own = lookOf(act);
    if (own === null) return [];
    const found: Occurrence[] = [];
    for (const other of history.overlapping(visit, LOOKED_AT)) {
      for (const theirs of history.acts(other)) {
        const occurrence = bothFirst(scene, act, own, theirs);
        if (occurrence !== null) found.push(occurrence);
      }
    }
    return found;
  });
}

/**
 * What a trace wrote elsewhere was worked out from a set of rows that another one changed before: a total
 * over items of which one was added meanwhile.
 */
export function outdatedUses(scene: Scene): readonly Occurrence[] {
  const { visit, history } = scene;
  return visit.accesses.flatMap((use) => {
    const check = use.isUse && !use.undone ? lookBefore(use) : null;
    if (check === null) return [];
    return history.between(check, use, LOOKED_AT).flatMap((other) => {
      const scope = other.writes && !other.undone ? surelyMeet(scene, other, use) : null;
      if (scope === null) return [];
      if (excludeEachOther(use.signature.crossLocks, other.signature.crossLocks)) return [];
      return [
        pairOccurrence([other, use], {
          scope,
          evidence: 'E2',
          pattern: 'check_then_act',
          check,
          provenPairs: 0,
          overlappingPairs: 1,
          story: () =>
            `${actorName(use)} wrote what follows from the rows that it had read in ${visit.variable}, ` +
            `and ${actorName(other)} had changed which there are meanwhile.`,
        }),
      ];
    });
  });
}

/** The last read of a visit that a use can go by. */
function lookBefore(use: Access): Access | null {
  const found = use.visit.accesses.findLast(
    (access) =>
      !access.writes && !access.isUse && !access.undone && access.source.order < use.source.order,
  );
  return found ?? null;
}

function bothFirst(scene: Scene, act: Act, own: Access, theirs: Act): Occurrence | null {
  const look = lookOf(theirs);
  const [write, other] = [act.write, theirs.write];
  if (look === null || compareAccesses(other, write) > 0) return null;
  if (!isSurelyUnseen(other, own) || !isSurelyUnseen(write, look)) return null;
  if (excludeEachOther(write.signature.crossLocks, other.signature.crossLocks)) return null;
  // A write that is surely between tells by itself.
  if (isSurelyBefore(own, other) && isSurelyBefore(other, write)) return null;
  const scope = surelyMeet(scene, other, write);
  if (scope === null) return null;
  const pattern = patternOf(act, other);
  return pairOccurrence([other, write], {
    scope,
    evidence: 'E2',
    pattern,
    check: act.check,
    provenPairs: 0,
    overlappingPairs: 1,
    story: (one, two) =>
      `${actorName(one)} and ${actorName(two)} had both read ${one.visit.variable} before either of ` +
      `them wrote there: whichever wrote last did not know of the other.`,
  });
}

/** The access by which an act last looked before it wrote; null when it did not. */
export function lookOf({ isAtomic, check, basis, write }: Act): Access | null {
  const look = isAtomic ? check : basis;
  return look === write ? null : look;
}

/**
 * Whether two statements that were made at one time tell of anything: a store orders statements, and so
 * only who had looked before writing may not have known of the other.
 */
export function mayMissEachOther({ history }: Scene, one: Access, two: Access): boolean {
  if (!one.writes || !two.writes) return false;
  const looked = ({ visit, signature }: Access) =>
    history.acts(visit).some((act) => act.write.signature === signature && lookOf(act) !== null);
  return looked(one) || looked(two);
}
