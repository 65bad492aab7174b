import { type Access, chainsOf, isAtomicUpdate, tracesOverlap, type Visit } from './visits.ts';

/** A write and what its trace knew of the variable when it made it. */
interface BasedWrite {
  readonly base: string;
  /** The access that saw the base value; the write itself where only its `old_value` tells. */
  readonly read: Access;
  readonly write: Access;
}

/** Two writes that both went by one value, so that the later one undid the other. */
export interface StaleWrites {
  readonly base: string;
  readonly writes: readonly [Access, Access];
}

/**
 * Finds lost updates of two traces that values prove: both read one value, both wrote afterwards,
 * and nobody wrote that value (or an unknown one) between the reads.
 *
 * @param history what all traces are known to have done to the variable, these two included
 */
export function staleWrites(a: Visit, b: Visit, history: readonly Visit[]): readonly StaleWrites[] {
  const found: StaleWrites[] = [];
  const others = basedWrites(b);
  for (const one of basedWrites(a)) {
    for (const two of others) {
      if (one.base !== two.base) continue;
      const isGuess = one.read === one.write || two.read === two.write;
      if (isGuess && !tracesOverlap(a.trace, b.trace)) continue;
      if (wasWrittenBetween(history, one.base, one.read.ns, two.read.ns)) continue;
      found.push({ base: one.base, writes: [one.write, two.write] });
    }
  }
  return found;
}

function basedWrites(visit: Visit): readonly BasedWrite[] {
  const found: BasedWrite[] = [];
  for (const chain of chainsOf(visit)) {
    chain.forEach((write, place) => {
      if (!write.writes || isAtomicUpdate(write)) return;
      const before = chain[place - 1];
      const base = write.source.oldValue ?? before?.source.newValue ?? null;
      if (base !== null && before?.writes !== true) {
        found.push({ base, read: before ?? write, write });
      }
    });
  }
  return found;
}

function wasWrittenBetween(
  history: readonly Visit[],
  value: string,
  one: bigint,
  two: bigint,
): boolean {
  const [from, to] = one < two ? [one, two] : [two, one];
  return history.some(({ accesses }) =>
    accesses.some(
      ({ writes, undone, ns, source }) =>
        writes &&
        !undone &&
        from < ns &&
        ns < to &&
        (source.newValue === null || source.newValue === value),
    ),
  );
}

/** A read that gave another value than the one before it, because another trace wrote between. */
export interface RepeatedRead {
  readonly write: Access;
  readonly read: Access;
}

/**
 * Finds pairs of neighbouring reads in one trace of which the second saw what the other trace had
 * written, and the first did not.
 */
export function repeatedReads(reader: Visit, writer: Visit): readonly RepeatedRead[] {
  const found: RepeatedRead[] = [];
  for (const chain of chainsOf(reader)) {
    chain.slice(1).forEach((read, place) => {
      const before = chain[place] as Access;
      const value = read.source.newValue;
      if (read.writes || before.writes || value === null || before.source.newValue === null) return;
      if (before.source.newValue === value) return;
      const write = writer.accesses.findLast(
        (access) => access.writes && !access.undone && access.source.newValue === value,
      );
      if (write !== undefined) found.push({ write, read });
    });
  }
  return found;
}

/** A read of a value that was never there for good. */
export interface DirtyRead {
  readonly write: Access;
  readonly read: Access;
  /** G1a: its write was undone; G1b: its trace wrote another value later. */
  readonly anomalyClass: 'G1a' | 'G1b';
}

/**
 * Finds reads of a value that another trace wrote only for a moment. Nothing else may explain the
 * value: nobody wrote it for good, and nobody had seen it before.
 *
 * @param history what all traces are known to have done to the variable, these two included
 */
export function dirtyReads(
  reader: Visit,
  writer: Visit,
  history: readonly Visit[],
): readonly DirtyRead[] {
  const found: DirtyRead[] = [];
  for (const read of reader.accesses) {
    const value = read.source.newValue;
    if (read.writes || read.undone || value === null) continue;
    const write = writer.accesses.findLast(
      (access) => access.writes && access.source.newValue === value && isPassing(access),
    );
    if (write === undefined || isExplained(history, value, write)) continue;
    found.push({ write, read, anomalyClass: write.undone ? 'G1a' : 'G1b' });
  }
  return found;
}

/** Whether the write was undone, or its trace wrote another value after it. */
function isPassing({ undone, visit, source }: Access): boolean {
  if (undone) return true;
  const last = visit.accesses.findLast((access) => access.writes && !access.undone);
  return (
    last !== undefined && last.source.newValue !== null && last.source.newValue !== source.newValue
  );
}

function isExplained(history: readonly Visit[], value: string, write: Access): boolean {
  return history.some(({ accesses }) =>
    accesses.some((access) => {
      const { writes, source, ns } = access;
      if (writes && source.newValue === value && !isPassing(access)) return true;
      return (writes ? source.oldValue : source.newValue) === value && ns < write.ns;
    }),
  );
}
