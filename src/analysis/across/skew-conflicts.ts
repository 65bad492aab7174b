import { excludeEachOther } from '../accesses/lock-sets.ts';
import {
  type Access,
  areStrangers,
  compareTraces,
  isSurelyUnseen,
  type MetTrace,
  type Visit,
} from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, surelyMeet } from './scene.ts';
import { actorName } from './wording.ts';

/** Visits on either side of one that are looked at. */
const VISITS_LOOKED_AT = 32;

/** A row that a transaction only read, and one of the same column that it wrote after that. */
interface Skewed {
  readonly read: Access;
  readonly write: Access;
}

/**
 * Two transactions by statements that both read two rows of one column, before either could see what the other
 * one did, and each wrote another one of them: neither order explains both, and no level below SERIALIZABLE
 * keeps them from it. Rows have to be known for sure. The later one by (begin, trace id) tells.
 */
export function skewConflicts(own: MetTrace, scenes: readonly Scene[]): readonly Occurrence[] {
  const rows = scenes.filter(({ visit }) => isOfExactRow(visit));
  const written = rows.filter(({ visit }) => committedWrite(visit) !== null);
  if (written.length === 0) return [];
  return rows.flatMap((scene) => {
    if (writes(scene.visit)) return [];
    return written.flatMap(({ visit: target }) => {
      const mine = skewedOf(scene.visit, target);
      if (mine === null) return [];
      return scene.history.around(scene.visit, VISITS_LOOKED_AT).flatMap((visit) => {
        const { trace } = visit;
        const other = trace.visits.get(target.place);
        if (other === undefined || !areStrangers(trace, own)) return [];
        const theirs = compareTraces(trace, own) < 0 ? skewedOf(other, visit) : null;
        return theirs === null ? [] : occurrenceOf(scene, mine, theirs);
      });
    });
  });
}

function isOfExactRow({ isStatement, isOfUnknownRow, place, variable }: Visit): boolean {
  return isStatement && !isOfUnknownRow && place === variable && variable.startsWith('db:');
}

function writes({ accesses }: Visit): boolean {
  return accesses.some((access) => access.writes && !access.undone);
}

/** The first write of a visit whose transaction is known to have committed, as one that is not serializable. */
function committedWrite({ accesses }: Visit): Access | null {
  const found = accesses.find(
    ({ writes: isWrite, undone, source }) =>
      isWrite && !undone && source.statement?.seenFromNs !== undefined,
  );
  return found ?? null;
}

function skewedOf(looked: Visit, target: Visit): Skewed | null {
  const write = committedWrite(target);
  if (write === null || writes(looked) || columnOf(looked) !== columnOf(target)) return null;
  const read = looked.accesses.findLast(
    ({ undone, isUse, source }) => !undone && !isUse && source.order < write.source.order,
  );
  return read === undefined ? null : { read, write };
}

/** The table and column of a row: `db:shop.accounts[id=1].balance` without which row it is. */
function columnOf({ variable }: Visit): string {
  return `${variable.slice(0, variable.indexOf('['))} ${variable.slice(variable.lastIndexOf(']'))}`;
}

function occurrenceOf(scene: Scene, mine: Skewed, theirs: Skewed): readonly Occurrence[] {
  if (!isSurelyUnseen(theirs.write, mine.read) || !isSurelyUnseen(mine.write, theirs.read))
    return [];
  const [one, two] = [mine.write, theirs.write].map(({ signature }) => signature.crossLocks);
  if (one === undefined || two === undefined || excludeEachOther(one, two)) return [];
  const scope = surelyMeet(scene, theirs.write, mine.read);
  if (scope === null) return [];
  const other = mine.write.visit.variable;
  return [
    pairOccurrence([mine.read, theirs.write], {
      scope,
      evidence: 'E2',
      pattern: 'write_skew',
      anomalyClass: 'G2-item',
      provenPairs: 0,
      overlappingPairs: 1,
      story: () =>
        `${actorName(mine.read)} read ${mine.read.visit.variable} and then wrote ${other}; ` +
        `${actorName(theirs.write)} had read ${other} and wrote ${mine.read.visit.variable}, and neither ` +
        'saw what the other one did: each is right alone, and both together may not be.',
    }),
  ];
}
