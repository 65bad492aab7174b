/**
 * How fast retention erases against how fast the same traffic is stored and analysed, on Postgres: events per
 * second, one after the other, then retention while more is stored and analysed.
 *
 *     npm run bench:retention -- [traces of 20 events, default 3000]
 */
import { Analyser } from '../src/analyser/analyser.ts';
import { readBatch } from '../src/domain/event/batch.ts';
import { openPostgresStorage } from '../src/storage/postgres/open.ts';
import { Retention } from '../src/storage/retention.ts';
import { keyless } from '../test/support/events.ts';
import { freshSchema, poolOptions } from '../test/support/postgres.ts';
import { fleetTraffic } from './fleet.ts';

const DAY_MS = 86_400_000;
const EVENTS_PER_TRACE = 20;
const WAIT_MS = 3_600_000;
const traces = Number(process.argv[2] ?? 3000);

const schema = await freshSchema();
const storage = await openPostgresStorage({ ...poolOptions(schema.connection), autoMigrate: true });
const log = { info() {}, warn: console.warn, error: console.error };
const analyser = new Analyser(storage, { races: true, spans: true }, log);
analyser.start();

/** Stores and analyses traffic as if it had been received some days ago; gives its events. */
async function fill(daysAgo: number): Promise<number> {
  const receivedMs = Date.now() - daysAgo * DAY_MS;
  let events = 0;
  for (const body of fleetTraffic(traces, receivedMs).bodies()) {
    const read = readBatch(body)?.events ?? [];
    events += read.length;
    await storage.append(keyless(read), BigInt(receivedMs) * 1_000_000n);
  }
  analyser.notify();
  while (await analyser.settle(WAIT_MS)) analyser.notify();
  return events;
}

/** Prints how many events a second something came to. */
async function timed(name: string, work: () => Promise<number>): Promise<void> {
  const startedMs = performance.now();
  const events = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${name}: ${events} events, ${Math.round(events / seconds)} a second`);
}

const expire = async (days: number) => {
  const retention = new Retention(storage, days, log);
  await retention.run();
  return retention.state.erasedTraces * EVENTS_PER_TRACE;
};

await timed('stored and analysed', () => fill(20));
// Retention waits while everything is past its time.
await fill(0.01);
await timed('erased by retention', () => expire(10));
await fill(20);
await Promise.all([
  timed('stored and analysed meanwhile', () => fill(0.01)),
  timed('erased meanwhile', () => expire(10)),
]);
await analyser.close();
await storage.close();
await schema.drop();
