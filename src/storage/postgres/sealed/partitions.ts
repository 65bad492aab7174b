import { sqlState } from '../connection/failure.ts';
import type { PostgresPool } from '../connection/pool.ts';
import type { Session } from '../connection/session.ts';
import {
  attachPartition,
  createPartition,
  dropPartition,
  lockPartition,
  lockPartitions,
  type SealRightsRow,
  selectNextUnsealed,
  selectOneOfDay,
  selectPartitionDays,
  selectSealRights,
} from './partition-queries.ts';
import { dayOf, dayStartNs, NS_PER_DAY } from './utc-day.ts';

/** Days that have their partition before they begin: a server that may make none can do without us so long. */
const DAYS_AHEAD = 30;
/** How long a change of partitions waits for readers; whoever comes later waits behind it. */
const LOCK_TIMEOUT_MS = 1000;

/** What the role of a connection may do with sealed traces. */
export async function readSealRights(session: Session): Promise<SealRightsRow> {
  const [row] = await session.named<SealRightsRow>(selectSealRights);
  return row ?? { user_name: '', may_delete: false, may_manage: false };
}

export async function readPartitionDays(session: Session): Promise<ReadonlySet<string>> {
  return new Set((await session(selectPartitionDays)).map(([day]) => day as string));
}

/** Makes the partition of a day, unless somebody has. */
export async function makePartition(session: Session, day: string): Promise<void> {
  await session({ text: `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}` });
  await session(lockPartitions);
  if ((await readPartitionDays(session)).has(day)) return;
  await session(createPartition(day));
  await session(attachPartition(day));
}

/** Days that traces may be sealed on: those of traces that are stored, and the next ones. */
export async function daysToPrepare(session: Session, nowNs: bigint): Promise<string[]> {
  const days = new Set<string>();
  for (let fromNs = 0n; ; ) {
    const [row] = await session(selectNextUnsealed(fromNs));
    if (row === undefined) break;
    const receivedNs = BigInt(row[0] as string);
    days.add(dayOf(receivedNs));
    fromNs = dayStartNs(receivedNs) + NS_PER_DAY;
  }
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    days.add(dayOf(nowNs + BigInt(ahead) * NS_PER_DAY));
  }
  const known = await readPartitionDays(session);
  return [...days].filter((day) => !known.has(day)).sort();
}

/**
 * Drops the partitions of days that ended before an instant and that no trace names any more; gives their number.
 * One that somebody reads is left to the next time.
 */
export async function dropPartitions(pool: PostgresPool, endedBeforeNs: bigint): Promise<number> {
  const lastDay = dayOf(dayStartNs(endedBeforeNs) - 1n);
  const days = [...(await pool.read(readPartitionDays))].filter((day) => day <= lastDay);
  let dropped = 0;
  for (const day of days) {
    if (await pool.erase((session) => dropUnused(session, day)).catch(notIfBusy)) dropped += 1;
  }
  return dropped;
}

async function dropUnused(session: Session, day: string): Promise<boolean> {
  if ((await session(selectOneOfDay(day))).length > 0) return false;
  await session({ text: `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}` });
  for (const query of lockPartition(day)) await session(query);
  // Whoever was sealing on that day has ended, and nobody begins.
  if ((await session(selectOneOfDay(day))).length > 0) return false;
  await session(dropPartition(day));
  return true;
}

/** Somebody held it for too long, or has dropped it already. */
function notIfBusy(error: unknown): false {
  const state = sqlState(error);
  if (state === '55P03' || state === '42P01') return false;
  throw error;
}
