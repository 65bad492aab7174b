import type { Session } from '../connection/session.ts';
import { lockExpired, lockFreeTraces, selectConcerned, selectStored } from './erasure-queries.ts';

/**
 * Locks the earliest traces that expired, and all that their erasure concerns, and gives their ids. What
 * somebody else holds is left to him, or to a later time: so that several erasers never wait for each other.
 */
export async function lockExpiredTraces(
  session: Session,
  beforeNs: bigint,
  limit: number,
): Promise<readonly string[]> {
  const locked = await session(lockExpired(beforeNs, limit));
  const expired = locked.map(([traceId]) => traceId as string);
  if (expired.length === 0) return [];
  const concerned = (await session(selectConcerned(expired))) as [string, string][];
  const own = new Set(expired);
  const others = [...new Set(concerned.map(([, member]) => member))].filter((id) => !own.has(id));
  if (others.length === 0) return expired;
  const held = new Set((await session(lockFreeTraces(others))).map(([traceId]) => traceId));
  const stored = await session(selectStored(others.filter((id) => !held.has(id))));
  const busy = new Set(stored.map(([traceId]) => traceId as string));
  const waiting = new Set(concerned.filter(([, member]) => busy.has(member)).map(([id]) => id));
  return expired.filter((traceId) => !waiting.has(traceId));
}
