/**
 * How fast retention erases against how fast the same traffic is stored and analysed, on Postgres: events per
 * second, one after the other, by one instance and by several, then retention while more is stored and analysed,
 * with the lag that is left.
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
/** Instances that erase at once. */
const CROWDS = [1, 2, 4];
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

/** Erases what expired by so many instances at once, each with connections of its own; gives the events. */
async function expire(days: number, instances: number): Promise<number> {
  const storages = await Promise.all(
    Array.from({ length: instances }, () =>
      openPostgresStorage({ ...poolOptions(schema.connection), autoMigrate: false }),
    ),
  );
  const retentions = storages.map((own) => new Retention(own, days, log));
  await Promise.all(retentions.map((retention) => retention.run()));
  // One more round of each looks at what is left.
  await Promise.all(retentions.map((retention) => retention.run()));
  const lagMs = Math.max(...retentions.map(({ state }) => state.lagMs));
  const erased = retentions.map(({ state }) => state.erasedTraces * EVENTS_PER_TRACE);
  console.log(`  ${erased.join(' + ')} events by ${instances} instances; lag ${lagMs / 1000} s`);
  await Promise.all(storages.map((own) => own.close()));
  return erased.reduce((sum, events) => sum + events, 0);
}

// Retention waits while everything is past its time.
await fill(0.01);
for (const instances of CROWDS) {
  await timed('stored and analysed', () => fill(20));
  await timed(`erased by ${instances}`, () => expire(10, instances));
}
await fill(20);
await Promise.all([
  timed('stored and analysed meanwhile', () => fill(0.01)),
  timed('erased meanwhile', () => expire(10, 1)),
]);
await analyser.close();
await storage.close();
await schema.drop();
