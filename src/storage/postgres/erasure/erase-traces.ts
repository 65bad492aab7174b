import type { Exclusion } from '../../../domain/exclusion.ts';
import type { IgnoreRule } from '../../../domain/findings/finding-rules.ts';
import { addCounts, type ErasureCounts, nothingErased } from '../../erasure-counts.ts';
import type { Session } from '../connection/session.ts';
import { eraseDerived } from './derived-erasure.ts';
import {
  eraseServiceBuckets,
  eraseTraceRows,
  lockServices,
  selectGoneServices,
} from './erasure-queries.ts';
import { runErasures } from './row-erasure.ts';
import { eraseLessons, readLessons } from './taught-lessons.ts';

/** 'forget' in ASCII, as a number: the key of the advisory lock of whoever asks which services are left. */
const SERVICES_LOCK_KEY = String(0x666f72676574n);

/**
 * Erases traces with all that follows from them, in one transaction.
 *
 * @param exclusion what taught nothing; null: what their durations have taught stays
 */
export async function eraseTraces(
  session: Session,
  traceIds: readonly string[],
  exclusion: Exclusion | null,
  rules: readonly IgnoreRule[],
): Promise<ErasureCounts> {
  const derived = await eraseDerived(session, traceIds, rules, exclusion !== null);
  if (derived === null) return nothingErased;
  const lessons = exclusion === null ? [] : await readLessons(session, traceIds, exclusion);
  const { services, tags, others } = eraseTraceRows(traceIds);
  const serviceRows = await session(services);
  // An index of what events say: not counted.
  await session(tags);
  const rows = await runErasures(session, others);
  const parts = [
    rows,
    await eraseLessons(session, lessons),
    await eraseServiceLessons(session, new Map(serviceRows as [string, string][])),
    { services: serviceRows.length },
  ];
  return parts.reduce<ErasureCounts>(addCounts, derived);
}

/**
 * Erases what was learnt of services that lost their last trace.
 *
 * @param services names by their keys
 */
async function eraseServiceLessons(
  session: Session,
  services: ReadonlyMap<string, string>,
): Promise<Partial<ErasureCounts>> {
  await session(lockServices(SERVICES_LOCK_KEY));
  const query = selectGoneServices([...services.keys()], [...services.values()]);
  const gone = (await session(query)).map(([service]) => service as string);
  if (gone.length === 0) return {};
  return runErasures(session, [{ erased: 'buckets', query: eraseServiceBuckets(gone) }]);
}
