import { addCounts, countsOf, type ErasureCounts } from '../../erasure-counts.ts';
import type { Session } from '../connection/session.ts';
import { runDeletions } from './deletion.ts';
import { eraseDerived } from './derived-erasure.ts';
import {
  deleteLessons,
  deleteTraceRows,
  lockServices,
  selectGoneServices,
} from './erasure-queries.ts';
import { readLessons, takeBack } from './taught-lessons.ts';

/** 'forget' in ASCII, as a number: the key of the advisory lock of who asks which services are left. */
const SERVICES_LOCK_KEY = String(0x666f72676574n);

/**
 * Erases traces with all that follows from them, in one transaction.
 *
 * @param isUnlearnt whether also what their durations have taught is taken back
 */
export async function eraseTraces(
  session: Session,
  traceIds: readonly string[],
  isUnlearnt: boolean,
): Promise<ErasureCounts> {
  const derived = await eraseDerived(session, traceIds);
  if (derived === null) return countsOf({});
  const lessons = isUnlearnt ? await readLessons(session, traceIds) : [];
  const { services, others } = deleteTraceRows(traceIds);
  const serviceRows = await session(services);
  const rows = await runDeletions(session, others);
  const parts = [
    rows,
    await takeBack(session, lessons),
    await forgetServices(session, new Map(serviceRows as [string, string][])),
    { trace_services: serviceRows.length },
  ];
  return parts.reduce<ErasureCounts>(addCounts, derived);
}

/**
 * Deletes what was learnt of services that lost their last trace.
 *
 * @param services names by their keys
 */
async function forgetServices(
  session: Session,
  services: ReadonlyMap<string, string>,
): Promise<Partial<ErasureCounts>> {
  await session(lockServices(SERVICES_LOCK_KEY));
  const query = selectGoneServices([...services.keys()], [...services.values()]);
  const gone = (await session(query)).map(([service]) => service as string);
  if (gone.length === 0) return {};
  return runDeletions(session, [{ table: 'latency_buckets', query: deleteLessons(gone) }]);
}
