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
 * Finds the unserialisable interleavings of two traces on one variable, by the clock of one process
 * (Lu et al., AVIO, ASPLOS 2006): R-W-R, R-W-W, W-R-W and W-W-R, where `local` makes the two outer
 * accesses. Known values overrule the clock: a trace that read the old value was not disturbed. In
 * transactions the database decides what is seen. There, only a write counts that came between a
 * read and the write that follows from it.
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
 * R-W-W: the second write rests on a value that the write between has replaced. Between
 * transactions with known values this is a dependency cycle over one variable.
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

/**
 * W-R-W: the read may have seen the first value. Where values are known, `dirtyReads` tells whether
 * it did.
 */
function readsBetween(first: Access, other: Access): Outcome | null {
  const isKnown = first.source.newValue !== null && other.source.newValue !== null;
  return isKnown ? null : { evidence: 'E2', pattern: 'dirty_read' };
}

/**
 * R-W-R and W-W-R: the second read must differ from what was read or written first. (For two reads
 * with known values `repeatedReads` tells this without a clock.)
 */
function readsAnew(first: Access, other: Access, second: Access): Outcome | null {
  const [before, written, after] = [first, other, second].map(({ source }) => source.newValue);
  if (before === null || after === null) return { evidence: 'E2', pattern: 'non_repeatable_read' };
  if (!first.writes || before === after || (written !== null && written !== after)) return null;
  return { evidence: written === null ? 'E2' : 'E3', pattern: 'non_repeatable_read' };
}
