import type { Exclusion } from '../../../domain/exclusion.ts';
import type { IgnoreRule } from '../../../domain/findings/finding-rules.ts';
import { addCounts, type ErasureCounts, nothingErased } from '../../erasure-counts.ts';
import { nameKey } from '../../name-key.ts';
import type { Session } from '../connection/session.ts';
import { eraseDerived } from './derived-erasure.ts';
import {
  eraseServiceBuckets,
  eraseServiceCounts,
  eraseTraceRows,
  lockServiceCounts,
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
  const { traces, services, others } = eraseTraceRows(traceIds);
  const traceRows = await runErasures(session, traces);
  const serviceRows = await session(services);
  const rows = await runErasures(session, others);
  const gone = await eraseGoneServices(session, new Map(serviceRows as [string, string][]));
  const parts = [
    traceRows,
    rows,
    await eraseLessons(session, lessons),
    gone.length === 0
      ? {}
      : await runErasures(session, [{ erased: 'buckets', query: eraseServiceBuckets(gone) }]),
    { services: serviceRows.length },
  ];
  return parts.reduce<ErasureCounts>(addCounts, derived);
}

/**
 * Erases the counts of services that lost their last trace, and gives the names of these. Before anything
 * that was learnt is locked: who still writes to a count may wait for that.
 *
 * @param services names by their keys
 */
async function eraseGoneServices(
  session: Session,
  services: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  await session(lockServices(SERVICES_LOCK_KEY));
  const rows = await session(selectGoneServices([...services.keys()], [...services.values()]));
  if (rows.length === 0) return [];
  const gone = rows.map(([service]) => service as string);
  const keys = gone.map(nameKey);
  await session(lockServiceCounts(keys));
  await session(eraseServiceCounts(keys));
  return gone;
}
