import type { TraceSelection } from '../domain/trace/trace-selection.ts';
import { addCounts, type ErasureCounts, nothingErased } from './erasure-counts.ts';
import { BATCH_EVENTS, BATCH_TRACES, restMs } from './erasure-pace.ts';
import type { SelectedTrace, Storage } from './storage.ts';

/** Traces looked at in one step. */
const TRACES_SCANNED = 1000;

/** What an erasure took, or would take. */
export interface ErasureReport {
  readonly matchedTraces: number;
  readonly matchedEvents: number;
  readonly erased: ErasureCounts;
}

/**
 * Erases the traces of a selection in batches, each a transaction of its own, with pauses in
 * between. When it fails in between, what was erased stays so, and it can be run again.
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
  let erased = nothingErased;
  const rest = (workedMs: number) => pause(restMs(workedMs));
  for await (const found of selectedTraces(storage, selection, null, rest)) {
    matchedTraces += found.length;
    matchedEvents += found.reduce((sum, { eventCount }) => sum + eventCount, 0);
    if (isDryRun) continue;
    for (const batch of batchesOf(found)) {
      const startedMs = performance.now();
      erased = addCounts(erased, await storage.eraseTraces(batch));
      await rest(performance.now() - startedMs);
    }
  }
  return { matchedTraces, matchedEvents, erased };
}

/**
 * Walks over the traces of a selection, beginning behind an id, and yields a few of them at each
 * step.
 *
 * @param rest waits after each step, told what the step took
 */
export async function* selectedTraces(
  storage: Storage,
  selection: TraceSelection,
  start: string | null = null,
  rest: (workedMs: number) => Promise<unknown> = async () => {},
): AsyncGenerator<readonly SelectedTrace[]> {
  let after = start;
  do {
    const startedMs = performance.now();
    const { traces, next } = await storage.scanTraces(selection, after, TRACES_SCANNED);
    await rest(performance.now() - startedMs);
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
