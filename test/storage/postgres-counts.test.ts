/** Sums that the database keeps itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, type TestDatabase, testDatabase } from '../support/postgres.ts';

const RECEIVED_NS = 1_700_000_000_000_000_000n;

/** What is counted, and what there is to count. */
async function counts({ run }: TestDatabase) {
  const [kept, counted] = await Promise.all([
    run(
      `SELECT sum(trace_count)::int AS traces, sum(event_count)::int AS events FROM trace_counts`,
    ),
    run(`SELECT count(*)::int AS traces, coalesce(sum(event_count), 0)::int AS events FROM traces`),
  ]);
  const [services, countedServices] = await Promise.all([
    run(`SELECT service, sum(trace_count)::int AS traces, sum(event_count)::int AS events
         FROM service_counts GROUP BY service ORDER BY service`),
    run(`SELECT service, count(*)::int AS traces, sum(event_count)::int AS events
         FROM trace_services GROUP BY service ORDER BY service`),
  ]);
  return {
    kept: { total: kept, services },
    counted: { total: counted, services: countedServices },
  };
}

test('counts are right after writers, erasers and persons with SQL at once', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const store = (trace: string, service: string) =>
    storage.append(
      keyless(records([wireEvent({ trace, service }), wireEvent({ trace, service: 'shop' })])),
      RECEIVED_NS,
    );
  const numbers = Array.from({ length: 24 }, (_, number) => number);
  await Promise.all(numbers.map((number) => store(`t${number % 12}`, `service-${number % 3}`)));
  const stored = await counts(database);
  assert.deepEqual(stored.kept, stored.counted);
  assert.deepEqual(stored.kept.total, [{ traces: 12, events: 48 }]);
  await Promise.all([
    ...numbers.slice(0, 12).map((number) => store(`u${number}`, `service-${number % 3}`)),
    ...[0, 3, 6, 9].map((number) => storage.eraseTrace(`t${number}`)),
    database.run(`DELETE FROM trace_services WHERE trace_id = 't1'`),
  ]);
  const after = await counts(database);
  assert.deepEqual(after.kept, after.counted);
});

test('a service that lost its last trace leaves no row, be somebody writing of it or not', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const named = () => database.run(`SELECT service FROM service_counts ORDER BY service`);
  const store = (trace: string) =>
    storage.append(keyless(records([wireEvent({ trace, service: 'alone' })])), RECEIVED_NS);
  await store('first');
  await storage.eraseTrace('first');
  assert.deepEqual(await named(), []);
  await store('second');
  const commit = await database.begin('UPDATE service_counts SET trace_count = trace_count');
  const erasing = storage.eraseTrace('second');
  await database.untilBlocked();
  await commit();
  await erasing;
  assert.deepEqual(await named(), []);
});

test('each of those who write at once adds to a row of its own, and to that alone', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const store = (trace: string) =>
    storage.append(keyless(records([wireEvent({ trace, service: 'shop' })])), RECEIVED_NS);
  for (const trace of ['a', 'b', 'c']) await store(trace);
  const grow = (trace: string) =>
    database.begin(`
      UPDATE traces SET event_count = event_count + 1 WHERE trace_id = '${trace}';
      UPDATE trace_services SET event_count = event_count + 1 WHERE trace_id = '${trace}'`);
  const commits = [await grow('a'), await grow('b'), await grow('c')];
  await store('d');
  for (const commit of commits) await commit();
  const slots = (table: string) => database.run(`SELECT slot FROM ${table} ORDER BY slot`);
  const first = [0, 1, 2, 3].map((slot) => ({ slot }));
  assert.deepEqual(await slots('trace_counts'), first);
  assert.deepEqual(await slots('service_counts'), first);
  const after = await counts(database);
  assert.deepEqual(after.kept, after.counted);
});
