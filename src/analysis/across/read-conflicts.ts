import type { Evidence, Pattern } from '../../domain/findings/finding.ts';
import { excludeEachOther } from '../accesses/lock-sets.ts';
import { type Access, chainsOf, isAtomicUpdate, tracesOverlap } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, sourceOf, surelyMeet } from './scene.ts';
import { actorName, shownValue } from './wording.ts';

/** Accesses between two others that are looked at for one that counts. */
const LOOKED_AT = 32;

/** What a trace read of others that no serial order explains: values that change, or that never held. */
export function readConflicts(scene: Scene): readonly Occurrence[] {
  const found = dirtyReads(scene);
  for (const chain of chainsOf(scene.visit)) {
    chain.slice(1).forEach((second, place) => {
      const first = chain[place] as Access;
      const changed = changedRead(scene, first, second, chain[place + 2]);
      if (changed === null) found.push(...disturbed(scene, first, second));
      else found.push(changed);
    });
  }
  return found;
}

/**
 * A read that gave another value than the one before it, because another trace wrote between. Where
 * the trace then writes, it is its act that tells (act-conflicts.ts).
 */
function changedRead(
  scene: Scene,
  first: Access,
  second: Access,
  next: Access | undefined,
): Occurrence | null {
  if (first.writes || second.writes || next?.writes === true) return null;
  const [before, after] = [first.source.newValue, second.source.newValue];
  if (before === null || after === null || before === after || !isPlain(after)) return null;
  const write = sourceOf(scene, after, second);
  if (write === null || write.undone || lastWriteOf(write) !== write) return null;
  const scope = surelyMeet(scene, write, second);
  if (scope === null) return null;
  return pairOccurrence([write, second], {
    scope,
    evidence: 'E3',
    pattern: 'non_repeatable_read',
    provenPairs: 1,
    overlappingPairs: 0,
    story: (one) =>
      one === second
        ? `${actorName(second)} read ${shownValue(first)} and then ${shownValue(second)} in ` +
          `${second.visit.variable}: ${actorName(write)} wrote it between.`
        : `${actorName(write)} wrote ${shownValue(second)} in ${second.visit.variable}, where ` +
          `${actorName(second)} read ${shownValue(first)} before and ${shownValue(second)} after.`,
  });
}

/**
 * The unserialisable interleavings with a read in the middle or at the end (Lu et al., AVIO, ASPLOS
 * 2006), by the clock of one process: W-R-W, W-W-R and R-W-R. A value that is known has the last word.
 * In transactions the database decides what is seen, and of statements too.
 */
function disturbed(scene: Scene, first: Access, second: Access): readonly Occurrence[] {
  if (isAtomicUpdate(first) || isAtomicUpdate(second) || first.isStatement) return [];
  if (!first.writes && second.writes) return [];
  return scene.history.between(first, second, LOOKED_AT).flatMap((other) => {
    const outcome = judge(first, other, second);
    const scope = outcome === null ? null : surelyMeet(scene, other, second);
    if (outcome === null || scope === null) return [];
    const isMiddle = outcome.pattern === 'dirty_read';
    return [
      pairOccurrence(isMiddle ? [first, other] : [other, second], {
        scope,
        ...outcome,
        provenPairs: outcome.evidence === 'E3' ? 1 : 0,
        overlappingPairs: 0,
        story: (one) =>
          isMiddle ? middleSentence(first, other, one) : changedSentence(other, second, one),
      }),
    ];
  });
}

function middleSentence(writer: Access, read: Access, one: Access): string {
  const { variable } = read.visit;
  return one === read
    ? `${actorName(read)} read ${variable} between two writes of ${actorName(writer)}.`
    : `${actorName(writer)} wrote ${variable} twice, and ${actorName(read)} read it between.`;
}

function changedSentence(write: Access, second: Access, one: Access): string {
  const { variable } = write.visit;
  return one === write
    ? `${actorName(write)} wrote ${variable} between two accesses of ${actorName(second)}, ` +
        'which found it changed.'
    : `${actorName(second)} found ${variable} changed between two accesses: ` +
        `${actorName(write)} wrote it.`;
}

function judge(
  first: Access,
  other: Access,
  second: Access,
): { readonly evidence: Evidence; readonly pattern: Pattern } | null {
  const areTransactions = [first, other].some(({ visit }) => visit.trace.transaction !== null);
  if (areTransactions) return null;
  const locks = other.signature.crossLocks;
  const isKept = [first, second].some(({ signature }) =>
    excludeEachOther(locks, signature.crossLocks),
  );
  const [before, between, after] = [first, other, second].map(({ source }) => source.newValue);
  if (first.writes && second.writes) {
    const isKnown = before !== null && between !== null;
    if (other.writes || isKnown || isKept) return null;
    return { evidence: 'E2', pattern: 'dirty_read' };
  }
  if (!other.writes) return null;
  if (before === null || after === null) {
    return isKept ? null : { evidence: 'E2', pattern: 'non_repeatable_read' };
  }
  if (!first.writes || before === after || (between !== null && between !== after)) return null;
  if (between === null && isKept) return null;
  return { evidence: between === null ? 'E2' : 'E3', pattern: 'non_repeatable_read' };
}

/**
 * Reads of values that another trace only wrote on the way, where nothing else explains the value:
 * nobody wrote it for good, and nobody had seen it before.
 */
function dirtyReads(scene: Scene): Occurrence[] {
  const found: Occurrence[] = [];
  for (const read of scene.visit.accesses) {
    const value = read.source.newValue;
    if (read.writes || read.undone || value === null || !isPlain(value)) continue;
    const write = sourceOf(scene, value, read);
    if (write === null || !isPassing(write) || hasStayed(write, value)) continue;
    const [a, b] = [write.visit.trace, read.visit.trace];
    const areTransactions = a.transaction !== null && b.transaction !== null;
    if (!areTransactions && !tracesOverlap(a, b)) continue;
    const scope = surelyMeet(scene, write, read);
    if (scope === null) continue;
    found.push(
      pairOccurrence([write, read], {
        scope,
        evidence: 'E3',
        pattern: 'dirty_read',
        anomalyClass: write.undone ? 'G1a' : 'G1b',
        provenPairs: 1,
        overlappingPairs: 0,
        story: (one) => {
          const fate = write.undone ? 'took back' : 'replaced by another value';
          return one === read
            ? `${actorName(read)} read ${shownValue(read)} in ${read.visit.variable}, which ` +
                `${actorName(write)} had written and then ${fate}.`
            : `${actorName(write)} wrote ${shownValue(write)} in ${read.visit.variable}, which ` +
                `${actorName(read)} read, and which the first then ${fate}.`;
        },
      }),
    );
  }
  return found;
}

/** Whether the write was undone, or its trace wrote another value after it. */
function isPassing(write: Access): boolean {
  if (write.undone) return true;
  const last = lastWriteOf(write);
  return (
    last !== undefined &&
    last.source.newValue !== null &&
    last.source.newValue !== write.source.newValue
  );
}

/** Whether the trace of a write wrote the same value for good, too. */
function hasStayed({ visit }: Access, value: string): boolean {
  return visit.accesses.some(
    (access) => access.writes && access.source.newValue === value && !isPassing(access),
  );
}

function lastWriteOf({ visit }: Access): Access | undefined {
  return visit.accesses.findLast(({ writes, undone }) => writes && !undone);
}

/** A scalar or a text: lists and objects may change after they were read. */
function isPlain(value: string): boolean {
  return !value.startsWith('{') && !value.startsWith('[');
}
