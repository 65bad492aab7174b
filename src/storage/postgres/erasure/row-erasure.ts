import type { Erased, ErasureCounts } from '../../erasure-counts.ts';
import type { Query } from '../connection/query.ts';
import type { Session } from '../connection/session.ts';

/** A DELETE that gives the number of its rows. */
export interface RowErasure {
  readonly erased: Erased;
  readonly query: Query;
}

/** Erases rows, one statement after the other; gives the numbers of rows by what they were. */
export async function runErasures(
  session: Session,
  erasures: readonly RowErasure[],
): Promise<Partial<ErasureCounts>> {
  const counts: Partial<Record<Erased, number>> = {};
  for (const { erased, query } of erasures) {
    const [row] = await session(query);
    counts[erased] = (counts[erased] ?? 0) + Number(row?.[0]);
  }
  return counts;
}
