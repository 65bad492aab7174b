import type { Evidence, Pattern } from '../../domain/finding.ts';
import { type Access, chainsOf, hasReadBefore, isAtomicUpdate, type Visit } from './visits.ts';

/** An access of another trace that came between two neighbouring ones of a trace. */
export interface Interleaving {
  readonly local: readonly [Access, Access];
  readonly remote: Access;
  readonly evidence: Extract<Evidence, 'E2' | 'E3'>;
  readonly pattern: Pattern;
}

/**
 * The unserialisable interleavings of two traces on one variable by the clock of one process (Lu
 * et al., AVIO, ASPLOS 2006): R-W-R, R-W-W, W-R-W and W-W-R, with the outer two accesses from
 * `local`. A value that is known has the last word: who read what was there before was not disturbed.
 * In transactions the database decides what is seen, so that only a write between a read and the
 * write that follows from it tells anything.
 */
export function interleavings(local: Visit, remote: Visit): readonly Interleaving[] {
  const found: Interleaving[] = [];
  for (const chain of chainsOf(local)) {
    chain.slice(1).forEach((second, place) => {
      const first = chain[place] as Access;
      if (isAtomicUpdate(first) || isAtomicUpdate(second)) return;
      for (const other of remote.accesses) {
        if (other.undone || other.signature.process !== first.signature.process) continue;
        if (!(first.ns < other.ns && other.ns < second.ns)) continue;
        const outcome = judge(first, other, second);
        if (outcome !== null) found.push({ local: [first, second], remote: other, ...outcome });
      }
    });
  }
  return found;
}

type Outcome = Pick<Interleaving, 'evidence' | 'pattern'>;

function judge(first: Access, other: Access, second: Access): Outcome | null {
  const inTransaction =
    first.visit.trace.transaction !== null || other.visit.trace.transaction !== null;
  if (!first.writes && second.writes) {
    return other.writes ? overwrites(first, other, second) : null;
  }
  if (inTransaction) return null;
  if (first.writes && second.writes) return other.writes ? null : readsBetween(first, other);
  return other.writes ? readsAnew(first, other, second) : null;
}

/**
 * R-W-W: the second write goes by a value that was there before the write between. Between
 * transactions whose values are known that is a dependency cycle over one variable.
 */
function overwrites(first: Access, other: Access, second: Access): Outcome | null {
  const [seen, written] = [first.source.newValue, other.source.newValue];
  if (written !== null) {
    if (written === seen && !hasReadBefore(other)) return null;
    if (written !== seen && written === second.source.oldValue) return null;
  }
  const areTransactions = [first, other].every(({ visit }) => visit.trace.transaction !== null);
  const isProven = areTransactions && seen !== null && written !== null && written !== seen;
  return { evidence: isProven ? 'E3' : 'E2', pattern: 'lost_update' };
}

/** W-R-W: the read may have seen the value in the middle; whether it did, values tell (dirtyReads). */
function readsBetween(first: Access, other: Access): Outcome | null {
  const isKnown = first.source.newValue !== null && other.source.newValue !== null;
  return isKnown ? null : { evidence: 'E2', pattern: 'dirty_read' };
}

/**
 * R-W-R and W-W-R: the second read must have seen something else than what was read or written. (Two
 * reads with known values tell that without any clock: repeatedReads.)
 */
function readsAnew(first: Access, other: Access, second: Access): Outcome | null {
  const [before, written, after] = [first, other, second].map(({ source }) => source.newValue);
  if (before === null || after === null) return { evidence: 'E2', pattern: 'non_repeatable_read' };
  if (!first.writes || before === after || (written !== null && written !== after)) return null;
  return { evidence: written === null ? 'E2' : 'E3', pattern: 'non_repeatable_read' };
}
