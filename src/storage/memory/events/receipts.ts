import type { StoredTrace } from './stored-trace.ts';

/** When the newest event of some traces was received; null when there are none. */
export function newestReceiptNs(traces: Iterable<StoredTrace>): bigint | null {
  let newestNs: bigint | null = null;
  for (const { receivedNs } of traces) {
    if (newestNs === null || receivedNs > newestNs) newestNs = receivedNs;
  }
  return newestNs;
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
