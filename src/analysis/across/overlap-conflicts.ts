import type { FootprintSignature } from '../../domain/findings/footprint.ts';
import { isWrite } from '../accesses/accesses.ts';
import type { Access, Visit } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import type { Scene } from './scene.ts';
import { scopeBetween } from './scope-inference.ts';
import { mayMissEachOther } from './statement-conflicts.ts';
import { actorName } from './wording.ts';

/** One occurrence for each pair of sites that were used at the same time without a lock between. */
export function overlapConflicts(scene: Scene): readonly Occurrence[] {
  const { visit, history, inferred } = scene;
  return history.overlaps.before(visit).flatMap(({ own, other, otherVisit, pairs }) => {
    const isRequestLocal = inferred === 'request_local';
    const scope = scopeBetween(own, other, isRequestLocal ? null : inferred);
    const events = [firstOf(otherVisit, other), firstOf(visit, own)] as const;
    if (scope === null || events[0] === undefined || events[1] === undefined) return [];
    if (visit.isStatement && !mayMissEachOther(scene, events[0], events[1])) return [];
    const bothWrite = isWrite(own) && isWrite(other);
    return [
      pairOccurrence([events[0], events[1]], {
        scope,
        evidence: isRequestLocal ? 'E0' : 'E1',
        isRequestLocal,
        pattern: bothWrite ? 'write_write' : 'read_write',
        provenPairs: 0,
        overlappingPairs: isRequestLocal ? 0 : pairs,
        story: (one, two) =>
          `${actorName(one)} and ${actorName(two)} used ${visit.variable} at the same time, ` +
          `${bothWrite ? 'both' : 'one of them'} to write, and no lock kept them apart.`,
      }),
    ];
  });
}

function firstOf({ accesses }: Visit, signature: FootprintSignature): Access | undefined {
  return accesses.find((access) => access.signature === signature);
}
