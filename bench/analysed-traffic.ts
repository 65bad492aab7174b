import { Analyser } from '../src/analyser/analyser.ts';
import { readBatch } from '../src/domain/event/batch.ts';
import { openMemoryStorage } from '../src/storage/memory/open.ts';
import type { Storage } from '../src/storage/storage.ts';
import { keyless } from '../test/support/events.ts';
import { makeBodies } from './batches.ts';
import { fleetTraffic } from './fleet.ts';
import { cpuSeconds } from './growth.ts';

/** What it costs to analyse traffic in memory, all threads together, from stored events to stored findings. */
export interface TrafficMeasurement {
  readonly traffic: 'ordinary' | 'dense';
  /** Of a hundred traces, those that overlap another on the same row; null where nobody counts. */
  readonly overlappingPercent: number | null;
  readonly events: number;
  readonly secondsPerMillion: number;
}

const EVENTS_PER_TRACE = 20;
const TRACES_PER_BATCH = 5;
/**
 * Of the traces those that come first, and are not measured: V8 compiles with them. It takes two seconds of
 * processor time for that, once, in threads beside, and needs some ten thousand traces to be done.
 */
const WARM_UP_SHARE = 0.5;
const START_MS = Date.UTC(2026, 0, 1);
const RECEIVED_NS = BigInt(START_MS) * 1_000_000n;
const WAIT_MS = 600_000;

/** Measures ordinary traffic, and traces that begin a millisecond apart on a hundred rows. */
export async function measureTraffic(traces: number): Promise<readonly TrafficMeasurement[]> {
  const fleet = fleetTraffic(traces, START_MS);
  const batchSize = EVENTS_PER_TRACE * TRACES_PER_BATCH;
  const dense = makeBodies({ events: traces * EVENTS_PER_TRACE, batchSize, gzip: false });
  const { overlappingPercent } = fleet;
  return [
    { traffic: 'ordinary', overlappingPercent, ...(await measure(fleet.bodies())) },
    { traffic: 'dense', overlappingPercent: null, ...(await measure(dense)) },
  ];
}

async function measure(bodies: readonly Buffer[]) {
  const storage = openMemoryStorage({ maxBytes: 4 * 2 ** 30, anomalyDetection: false });
  const fail = (_: object, message: string) => {
    throw new Error(message);
  };
  const analyser = new Analyser(
    storage,
    { races: true, spans: true },
    { info: fail, warn: fail, error: fail },
  );
  const warmUp = Math.floor(bodies.length * WARM_UP_SHARE);
  await store(storage, bodies.slice(0, warmUp));
  analyser.start();
  await settled(analyser);
  const events = await store(storage, bodies.slice(warmUp));
  const started = cpuSeconds();
  analyser.notify();
  await settled(analyser);
  const seconds = cpuSeconds() - started;
  await analyser.close();
  await storage.close();
  return { events, secondsPerMillion: (seconds * 1e6) / events };
}

async function settled(analyser: Analyser): Promise<void> {
  let isWaiting = true;
  while (isWaiting) isWaiting = await analyser.settle(WAIT_MS);
}

async function store(storage: Storage, bodies: readonly Buffer[]): Promise<number> {
  let stored = 0;
  for (const body of bodies) {
    const events = readBatch(body)?.events ?? [];
    stored += events.length;
    await storage.append(keyless(events), RECEIVED_NS);
  }
  return stored;
}
