import type { ErasedTable, ErasureCounts } from '../../erasure-counts.ts';
import type { Query } from '../connection/query.ts';
import type { Session } from '../connection/session.ts';

/** A DELETE that gives the number of its rows. */
export interface RowErasure {
  readonly table: ErasedTable;
  readonly query: Query;
}

/** Erases rows, one table after the other; gives the rows of each table. */
export async function runErasures(
  session: Session,
  erasures: readonly RowErasure[],
): Promise<Partial<ErasureCounts>> {
  const counts: Partial<Record<ErasedTable, number>> = {};
  for (const { table, query } of erasures) {
    const [row] = await session(query);
    counts[table] = (counts[table] ?? 0) + Number(row?.[0]);
  }
  return counts;
}
