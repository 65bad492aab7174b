import type { Exclusion } from '../../../domain/exclusion.ts';
import type { IgnoreRule } from '../../../domain/findings/finding-rules.ts';
import { addCounts, type ErasureCounts, nothingErased } from '../../erasure-counts.ts';
import { nameKey } from '../../name-key.ts';
import type { Session } from '../connection/session.ts';
import { readSealRights } from '../sealed/partitions.ts';
import { eraseSealed, type SealedDayRow, selectSealedDays } from '../sealed/seal-queries.ts';
import { unsealTraces } from '../sealed/unseal-traces.ts';
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
  const sealed = await session.named<SealedDayRow>(selectSealedDays(traceIds));
  if (exclusion !== null)
    await unsealTraces(
      session,
      sealed.map(({ trace_id }) => trace_id),
    );
  const lessons = exclusion === null ? [] : await readLessons(session, traceIds, exclusion);
  const { traces, services, others } = eraseTraceRows(traceIds);
  const traceRows = await runErasures(session, traces);
  const serviceRows = await session(services);
  const rows = await runErasures(session, others);
  const expired = exclusion === null ? sealed : [];
  const expiredEvents = expired.reduce((sum, { event_count }) => sum + Number(event_count), 0);
  if (!(await staysForItsDay(session, exclusion, sealed))) await session(eraseSealed(traceIds));
  const gone = await eraseGoneServices(session, new Map(serviceRows as [string, string][]));
  const parts = [
    traceRows,
    rows,
    await eraseLessons(session, lessons),
    gone.length === 0
      ? {}
      : await runErasures(session, [{ erased: 'buckets', query: eraseServiceBuckets(gone) }]),
    { services: serviceRows.length, events: expiredEvents },
  ];
  return parts.reduce<ErasureCounts>(addCounts, derived);
}

/** Whether what is sealed of traces that expired is left to whoever drops the partition of their day. */
async function staysForItsDay(
  session: Session,
  exclusion: Exclusion | null,
  sealed: readonly SealedDayRow[],
): Promise<boolean> {
  if (exclusion !== null) return false;
  return sealed.length === 0 || (await readSealRights(session)).may_manage;
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
