import type { ErasedTable, ErasureCounts } from '../../erasure-counts.ts';
import type { Query } from '../connection/query.ts';
import type { Session } from '../connection/session.ts';

/** A DELETE that gives the number of its rows. */
export interface Deletion {
  readonly table: ErasedTable;
  readonly query: Query;
}

/** Runs deletions one after the other; gives the rows of each table. */
export async function runDeletions(
  session: Session,
  deletions: readonly Deletion[],
): Promise<Partial<ErasureCounts>> {
  const counts: Partial<Record<ErasedTable, number>> = {};
  for (const { table, query } of deletions) {
    const [row] = await session(query);
    counts[table] = (counts[table] ?? 0) + Number(row?.[0]);
  }
  return counts;
}
