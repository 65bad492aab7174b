import type { Evidence, PairScope, Pattern } from '../../domain/findings/finding.ts';
import { excludeEachOther } from '../accesses/lock-sets.ts';
import { patternOf } from './act-patterns.ts';
import { outdatedSentence, overwrittenSentence, putTwiceSentence } from './act-sentences.ts';
import { crowdedActs } from './crowded-acts.ts';
import type { Act } from './history/acts.ts';
import type { VariableHistory } from './history/history.ts';
import { type Access, hasReadBefore, isSurelyBefore, type Visit } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, sourceOf, surelyMeet } from './scene.ts';
import { SCOPE_CONTEXT } from './scope-inference.ts';
import { bothReadFirst, outdatedUses } from './statement-conflicts.ts';
import { actorName, shownText, shownValue } from './wording.ts';

/** Writes between a check and an act that are looked at for one that counts. */
const LOOKED_AT = 32;

/**
 * What others did to a variable between the moment at which a trace decided and that at which it
 * wrote: updates that are lost, the same thing done twice, and acts on a check that held no more.
 * Of two acts that follow from one value the later one tells, of anything else the act that came too late.
 */
export function actConflicts(scene: Scene): readonly Occurrence[] {
  const byStatements = [...bothReadFirst(scene), ...outdatedUses(scene)];
  const own = scene.history.acts(scene.visit).flatMap((act) => {
    const onNewer = act.newer === null ? null : decidedByValue(scene, act, act.newer);
    return [...sameBase(scene, act), ...(onNewer ?? byClock(scene, act))];
  });
  const told = [...own, ...byStatements];
  // Two that are known to have missed each other say more than a crowd of which some have.
  return told.length > 0 ? told : crowdedActs(scene);
}

/**
 * Whether another trace's write belongs to an act that followed from the same value as this one. The
 * later of the two tells that ({@link sameBase}), and nobody else does: what happened once counts once.
 */
function followsFromSame({ history, inferred }: Scene, act: Act, other: Access): boolean {
  const theirs = history
    .acts(other.visit)
    .findLast(
      ({ write }) =>
        write.signature.process === other.signature.process &&
        write.source.order <= other.source.order,
    );
  return theirs !== undefined && history.bases.areOne(act, theirs, inferred === 'shared');
}

/** Whether one trace's act on a variable did not know of what another trace did there. */
export function haveActConflict(history: VariableHistory, visit: Visit, other: Visit): boolean {
  return history.acts(visit).some((act) => {
    const { base, basis, write } = act;
    const isSame = history
      .acts(other)
      .some(
        (theirs) =>
          base !== null &&
          theirs.base === base &&
          !history.isWrittenBetween(base, basis.ns, theirs.basis.ns),
      );
    if (isSame) return true;
    return other.accesses.some(
      (access) =>
        access.writes &&
        !access.undone &&
        isSurelyBefore(basis, access) &&
        isSurelyBefore(access, write) &&
        isUnnoticed(act, basis, access),
    );
  });
}

/** Both followed from one value, and neither knew of the other. */
function sameBase(scene: Scene, act: Act): readonly Occurrence[] {
  const earlier = scene.history.bases.earlier(act, scene.inferred === 'shared');
  return earlier.flatMap(({ nearest, count }) => {
    const scope = surelyMeet(scene, nearest.write, act.write);
    return scope === null ? [] : [bothFrom(act, nearest, scope, count)];
  });
}

/** The occurrence of two acts that followed from one value. */
export function bothFrom(act: Act, other: Act, scope: PairScope, count: number): Occurrence {
  const pattern = patternOf(act, other.write, false, act.base);
  return pairOccurrence([other.write, act.write], {
    scope,
    evidence: 'E3',
    pattern,
    check: act.check,
    provenPairs: count,
    overlappingPairs: 0,
    story: (one, two) =>
      `${actorName(one)} and ${actorName(two)} both ${pattern === 'lost_update' ? 'read' : 'found'} ` +
      `${shownText(act.base)} in ${one.visit.variable}; then the first wrote ${shownValue(one)} ` +
      `and the second wrote ${shownValue(two)}: ${outcomes[pattern] ?? ''}.`,
  });
}

const outcomes: Partial<Record<Pattern, string>> = {
  lost_update: 'one of the two updates is lost',
  double_submit: 'the same was done twice',
  check_then_insert: 'both put something where there was nothing',
  check_then_act: 'neither knew of the other',
};

/** The trace wrote over another value than the one it had decided on. */
function decidedByValue(scene: Scene, act: Act, newer: string): readonly Occurrence[] | null {
  const { write, check } = act;
  if (check === null) return null;
  const source = sourceOf(scene, newer, write);
  const scope = source === null ? null : surelyMeet(scene, source, write);
  if (source === null || scope === null) return null;
  if (followsFromSame(scene, act, source)) return [];
  return [decidedOnOlder(scene, act, source, check, scope, 'E3')];
}

/** By the clock of one process somebody wrote in between; values do not speak against it. */
function byClock(scene: Scene, act: Act): readonly Occurrence[] {
  const { write, check, basis } = act;
  const start = act.newer === null && !act.isAtomic ? basis : check;
  if (start === null || start === write) return [];
  return scene.history.between(start, write, LOOKED_AT).flatMap((other) => {
    const scope = other.writes ? surelyMeet(scene, other, write) : null;
    if (scope === null || !isUnnoticed(act, start, other)) return [];
    if (followsFromSame(scene, act, other)) return [];
    return act.newer !== null || act.isAtomic
      ? [decidedOnOlder(scene, act, other, start, scope, 'E2')]
      : [overwritten(act, other, scope)];
  });
}

/** Whether the trace can have missed a write, and no lock kept the two apart. */
function isUnnoticed(act: Act, start: Access, other: Access): boolean {
  if (excludeEachOther(other.signature.crossLocks, act.write.signature.crossLocks)) return false;
  const [seen, written] = [start.source.newValue, other.source.newValue];
  if (written === null) return true;
  if (written === seen) return hasReadBefore(other);
  return act.newer !== null || act.isAtomic || written !== act.write.source.oldValue;
}

function overwritten(act: Act, other: Access, scope: PairScope): Occurrence {
  const { write, basis } = act;
  const [seen, written] = [basis.source.newValue, other.source.newValue];
  // Between transactions whose values are known that is a dependency cycle over one variable.
  const areTransactions = [write, other].every(({ visit }) => visit.trace.transaction !== null);
  const pattern = patternOf(act, other);
  const isProven = areTransactions && seen !== null && written !== null && written !== seen;
  return pairOccurrence([other, write], {
    scope,
    evidence: isProven ? 'E3' : 'E2',
    pattern,
    check: act.check,
    provenPairs: isProven ? 1 : 0,
    overlappingPairs: write.isStatement ? 1 : 0,
    story: (one) =>
      pattern === 'lost_update'
        ? overwrittenSentence({ write, check: basis, other }, one)
        : putTwiceSentence({ write, check: basis, other }, one),
  });
}

function decidedOnOlder(
  { history, reach }: Scene,
  act: Act,
  other: Access,
  check: Access,
  scope: PairScope,
  evidence: Extract<Evidence, 'E2' | 'E3'>,
): Occurrence {
  const { write } = act;
  const loss = () => {
    const { all, below } = isPlain(write)
      ? history.belowZeroAround(write.visit, SCOPE_CONTEXT)
      : history.belowZero(reach);
    return below > 0 ? ` (${below} of ${all} such writes left less than zero)` : '';
  };
  return pairOccurrence([other, write], {
    scope,
    evidence,
    pattern: patternOf(act, other),
    check,
    provenPairs: evidence === 'E3' ? 1 : 0,
    overlappingPairs: write.isStatement ? 1 : 0,
    story: (one) =>
      act.isBlind
        ? overwrittenSentence({ write, check, other }, one)
        : outdatedSentence({ write, check, other }, loss(), one),
  });
}

/** Whether those around a visit to a variable are loaded, because its name does not say where it lives. */
function isPlain({ visit }: Access): boolean {
  return visit.footprint.signatures.every(({ scope }) => scope === 'plain');
}
