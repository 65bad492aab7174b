import type { Receipts } from '../../storage.ts';
import type { StoredTrace } from './stored-trace.ts';

/** When the newest event of some traces was received, and the last one of the oldest that is not pinned. */
export function receiptsOf(
  traces: Iterable<StoredTrace>,
  pinned: ReadonlyMap<string, unknown>,
): Pick<Receipts, 'newestNs' | 'oldestNs'> {
  let newestNs: bigint | null = null;
  let oldestNs: bigint | null = null;
  for (const { receivedNs, summary } of traces) {
    if (newestNs === null || receivedNs > newestNs) newestNs = receivedNs;
    if (oldestNs !== null && receivedNs >= oldestNs) continue;
    if (!pinned.has(summary.traceId)) oldestNs = receivedNs;
  }
  return { newestNs, oldestNs };
}

/** Ids of the traces whose last event was received before a moment, the earliest first; without those pinned. */
export function receivedBefore(
  traces: Iterable<StoredTrace>,
  beforeNs: bigint,
  limit: number,
  pinned: ReadonlyMap<string, unknown>,
): string[] {
  return [...traces]
    .filter(({ receivedNs, summary }) => receivedNs < beforeNs && !pinned.has(summary.traceId))
    .sort(compareReceipts)
    .slice(0, limit)
    .map(({ summary }) => summary.traceId);
}

function compareReceipts(a: StoredTrace, b: StoredTrace): number {
  if (a.receivedNs !== b.receivedNs) return a.receivedNs < b.receivedNs ? -1 : 1;
  return a.summary.traceId < b.summary.traceId ? -1 : 1;
}
