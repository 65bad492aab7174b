import type { TraceSelection } from '../domain/trace-selection.ts';
import { addCounts, type ErasureCounts, nothingErased } from './erasure-counts.ts';
import type { SelectedTrace, Storage } from './storage.ts';

/** Traces and events of one transaction: so few that writers never wait long for its locks. */
const BATCH_TRACES = 50;
const BATCH_EVENTS = 10_000;
/** Traces looked at in one step. */
const TRACES_SCANNED = 1000;

/** What an erasure took, or would take. */
export interface ErasureReport {
  readonly matchedTraces: number;
  readonly matchedEvents: number;
  readonly deleted: ErasureCounts;
}

/**
 * Erases the traces of a selection in batches, each a transaction of its own, with a pause as long as
 * the batch took. When it fails in between, what was erased stays so, and it can be run again.
 *
 * @param pause waits for milliseconds
 */
export async function eraseSelection(
  storage: Storage,
  selection: TraceSelection,
  isDryRun: boolean,
  pause: (ms: number) => Promise<unknown>,
): Promise<ErasureReport> {
  let matchedTraces = 0;
  let matchedEvents = 0;
  let deleted = nothingErased;
  for await (const found of selectedTraces(storage, selection)) {
    matchedTraces += found.length;
    matchedEvents += found.reduce((sum, { eventCount }) => sum + eventCount, 0);
    if (isDryRun) continue;
    for (const batch of batchesOf(found)) {
      const startedMs = performance.now();
      deleted = addCounts(deleted, await storage.deleteTraces(batch));
      await pause(performance.now() - startedMs);
    }
  }
  return { matchedTraces, matchedEvents, deleted };
}

/** Walks over the traces of a selection, beginning behind an id; each step gives some. */
export async function* selectedTraces(
  storage: Storage,
  selection: TraceSelection,
  start: string | null = null,
): AsyncGenerator<readonly SelectedTrace[]> {
  let after = start;
  do {
    const { traces, next } = await storage.scanTraces(selection, after, TRACES_SCANNED);
    if (traces.length > 0) yield traces;
    after = next;
  } while (after !== null);
}

/** As many traces per batch as may go at once; a larger one goes alone. */
function* batchesOf(traces: readonly SelectedTrace[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let events = 0;
  for (const { traceId, eventCount } of traces) {
    const isFull = batch.length === BATCH_TRACES || events + eventCount > BATCH_EVENTS;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      events = 0;
    }
    batch.push(traceId);
    events += eventCount;
  }
  if (batch.length > 0) yield batch;
}
