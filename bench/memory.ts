/**
 * How much fits into memory: 2 million events of SDK shape, 20 to a trace, with
 * `storage.memory.max_bytes` at 800 MiB, then another million. `npm run bench:memory`.
 */
import { readBatch } from '../src/domain/batch.ts';
import { openMemoryStorage } from '../src/storage/memory/memory.ts';
import { createTraffic } from './traffic.ts';

const MEBIBYTE = 1024 * 1024;
const EVENTS_PER_TRACE = 20;
const maxBytes = 800 * MEBIBYTE;
const storage = openMemoryStorage({ maxBytes });
const traffic = createTraffic(EVENTS_PER_TRACE);

async function fill(traces: number): Promise<void> {
  const startedMs = performance.now();
  let appendMs = 0;
  for (let trace = 0; trace < traces; trace += 1) {
    const batch = readBatch(traffic.nextTrace());
    if (batch === null || batch.rejected.length > 0) throw new Error('the traffic is refused');
    const beforeMs = performance.now();
    await storage.append([batch.events], BigInt(Date.now()) * 1_000_000n);
    appendMs += performance.now() - beforeMs;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { traceCount, eventCount, bytes, evictedTraces, evictedEvents } =
    await storage.statistics();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(
    JSON.stringify({
      traces: traceCount,
      events: eventCount,
      evictedTraces,
      evictedEvents,
      countedMiB: Math.round((bytes ?? 0) / MEBIBYTE),
      rssMiB: Math.round(rss / MEBIBYTE),
      heapMiB: Math.round(heapUsed / MEBIBYTE),
      offHeapMiB: Math.round(arrayBuffers / MEBIBYTE),
      eventsPerSecond: Math.round((traces * EVENTS_PER_TRACE) / seconds),
      appendMicrosecondsPerEvent: Number(
        ((appendMs * 1000) / (traces * EVENTS_PER_TRACE)).toFixed(2),
      ),
    }),
  );
}

for (let round = 0; round < 4; round += 1) await fill(25_000);
console.log('2 million events are in; another million:');
for (let round = 0; round < 2; round += 1) await fill(25_000);
