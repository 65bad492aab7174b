import { addCounts, countsOf, type ErasureCounts } from '../erasure-counts.ts';
import { type Deletion, runDeletions } from './deletion.ts';
import { eraseDerived } from './derived-erasure.ts';
import { deleteLessons, deleteTraceRows } from './erasure-queries.ts';
import type { Session } from './session.ts';

/** Erases traces with all that follows from them, in one transaction. */
export async function eraseTraces(
  session: Session,
  traceIds: readonly string[],
): Promise<ErasureCounts> {
  const derived = await eraseDerived(session, traceIds);
  if (derived === null) return countsOf({});
  const { services, others } = deleteTraceRows(traceIds);
  const serviceRows = await session(services);
  const named = new Map(serviceRows as [string, string][]);
  const rows = await runDeletions(session, others);
  const lessons: Deletion = {
    table: 'latency_buckets',
    query: deleteLessons([...named.keys()], [...named.values()]),
  };
  const learnt = await runDeletions(session, [lessons]);
  return addCounts(addCounts(addCounts(derived, rows), learnt), {
    trace_services: serviceRows.length,
  });
}
