import { createHash } from 'node:crypto';
import type { ThreadSample } from '../../domain/findings/variable-state.ts';
import { budgets } from '../budgets.ts';

/** No thread yet. */
export const emptyThreads: ThreadSample = { kept: {}, leftOutFrom: null };

const HASH_DIGITS = 12;

/** Adds the distinct threads of one trace, or takes them away again. */
export function addThreads(
  { kept, leftOutFrom }: ThreadSample,
  threads: readonly string[],
  sign: 1 | -1,
): ThreadSample {
  const counts = new Map(Object.entries(kept));
  for (const thread of threads) {
    const hash = createHash('sha256').update(thread).digest('hex').slice(0, HASH_DIGITS);
    if (leftOutFrom !== null && hash >= leftOutFrom) continue;
    const count = (counts.get(hash) ?? 0) + sign;
    if (count === 0) counts.delete(hash);
    else counts.set(hash, count);
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const next = sorted[budgets.threadsPerVariable];
  return {
    kept: Object.fromEntries(sorted.slice(0, budgets.threadsPerVariable)),
    leftOutFrom: next === undefined ? leftOutFrom : next[0],
  };
}

/** The number of threads, estimated once there were more than fit. */
export function countThreads({ kept, leftOutFrom }: ThreadSample): number {
  const count = Object.keys(kept).length;
  if (leftOutFrom === null) return count;
  return Math.round((count * 16 ** HASH_DIGITS) / Number.parseInt(leftOutFrom, 16));
}
