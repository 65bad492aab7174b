/**
 * Stores small traces in memory, and tells what storage counts for them and what they take of the process. In a
 * process of its own, for what others leave is not to be measured: `node --expose-gc`, with the number of traces,
 * the events of each, and whether they are packed.
 */
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { keyless, records, wireEvent } from './events.ts';

const [traces = 0, eventsPerTrace = 0, packed = 0] = process.argv.slice(2).map(Number);
const TRACES_AT_ONCE = 500;
/** Built before anything is measured: code, and lists that are there once. */
const WARM_UP_TRACES = 1000;
const receivedNs = 2_000_000_000_000_000_000n;
const storage = openMemoryStorage({
  maxBytes: 8 * 1024 ** 3,
  ...(packed === 1 ? { unpackedBytesMax: 0 } : {}),
});

async function store(from: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, place) => {
    const trace = crypto.randomUUID();
    const service = `service-${place % 5}`;
    return Array.from({ length: eventsPerTrace }, (_, number) =>
      wireEvent({ trace, service, at: (from + place) * 10 + number }),
    );
  });
  await storage.append(keyless(records(events.flat())), receivedNs);
}

async function look() {
  // Twice: what the first leaves to be ended is gone after the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { taken: heapUsed + arrayBuffers, counted: (await storage.statistics()).bytes ?? 0 };
}

await store(0, WARM_UP_TRACES);
const before = await look();
for (let sent = 0; sent < traces; sent += TRACES_AT_ONCE) {
  await store(WARM_UP_TRACES + sent, TRACES_AT_ONCE);
}
const after = await look();
const perTrace = (bytes: number) => Math.round(bytes / traces);
process.stdout.write(
  JSON.stringify({
    taken: perTrace(after.taken - before.taken),
    counted: perTrace(after.counted - before.counted),
  }),
);
