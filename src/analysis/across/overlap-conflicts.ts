import type { FootprintSignature } from '../../domain/findings/footprint.ts';
import { isWrite } from '../accesses/accesses.ts';
import { patternOf } from './act-patterns.ts';
import type { Access, Visit } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import type { Scene } from './scene.ts';
import { scopeBetween } from './scope-inference.ts';
import { lookOf, mayMissEachOther } from './statement-conflicts.ts';
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
    if (isKeptInOrder(scene, [events[0], events[1]])) return [];
    const bothWrite = isWrite(own) && isWrite(other);
    const acts = visit.isStatement ? lookedBefore(scene, events[0], events[1]) : null;
    return [
      pairOccurrence([events[0], events[1]], {
        scope,
        evidence: isRequestLocal ? 'E0' : 'E1',
        isRequestLocal,
        pattern: acts?.pattern ?? (bothWrite ? 'write_write' : 'read_write'),
        check: acts?.check ?? null,
        provenPairs: 0,
        overlappingPairs: isRequestLocal ? 0 : pairs,
        story: (one, two) =>
          acts === null
            ? `${actorName(one)} and ${actorName(two)} used ${visit.variable} at the same time, ` +
              `${bothWrite ? 'both' : 'one of them'} to write, and no lock kept them apart.`
            : `${actorName(one)} and ${actorName(two)} read ${visit.variable} and then wrote there at ` +
              'the same time, and no lock kept them apart: no clock tells whether one knew of the other.',
      }),
    ];
  });
}

/** What two writes at one time are that both follow from a look: acts, whether or not they knew of each other. */
function lookedBefore(
  { history }: Scene,
  earlier: Access,
  later: Access,
): Pick<Occurrence, 'pattern' | 'check'> | null {
  const [theirs, own] = [earlier, later].map((access) =>
    history.acts(access.visit).find((act) => act.write === access && lookOf(act) !== null),
  );
  if (theirs === undefined || own === undefined) return null;
  return { pattern: patternOf(own, earlier), check: own.check };
}

/** Whether the store refuses the one or the other rather than let them miss each other. */
function isKeptInOrder({ history: { refusals } }: Scene, events: readonly Access[]): boolean {
  return events.every((write) => events.some(({ visit }) => refusals.met(write, visit)));
}

function firstOf({ accesses }: Visit, signature: FootprintSignature): Access | undefined {
  return accesses.find((access) => access.signature === signature);
}
