import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { probe, step, steps } from './latency-contract.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const minuteNs = 60_000_000_000n;

function open(connection: Parameters<typeof poolOptions>[0], anomalyDetection = true) {
  return openPostgresStorage({ ...poolOptions(connection), autoMigrate: true, anomalyDetection });
}

test('instances on one database learn together, each event once', async (t) => {
  const { connection, run } = await testDatabase(t);
  const instances = [await open(connection), await open(connection), await open(connection)];
  t.after(() => Promise.all(instances.map((instance) => instance.close())));
  const [first, second] = instances as [(typeof instances)[0], (typeof instances)[0]];
  const services = ['a', 'b', 'c', 'd'];
  const events = services.flatMap((service) => steps(0, 60, { service }));
  // Everyone sends everything, in another order and in parts that overlap.
  await Promise.all(
    instances.map(async (instance, shift) => {
      for (let start = 0; start < events.length; start += 40) {
        const part = Array.from({ length: 60 }, (_, n) => {
          const index = (start + shift * 37 + n * (shift === 1 ? 239 : 1)) % events.length;
          return events[index] as (typeof events)[number];
        });
        await instance.append(keyless(part), receivedNs);
      }
    }),
  );
  const counts = await run(
    `SELECT service, slot % 64 AS slot, sum(value::int)::int AS learnt
     FROM latency_buckets, jsonb_each_text(learnt) GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  assert.deepEqual(
    counts,
    services.flatMap((service) =>
      [12, 24 + ((Date.UTC(2024, 0, 1) / 86_400_000) % 14)].map((slot) => ({
        service,
        slot,
        learnt: 60,
      })),
    ),
  );
  for (const service of services) {
    const verdict = await probe(second, 1, { service, trace: `probe-${service}` });
    assert.equal(verdict?.baselineCount, 60);
    assert.deepEqual((await first.latencyVerdicts(`probe-${service}`, 10)).verdicts, [verdict]);
  }
});

test('nobody waits for the commit of another who learns the same, and both is erased', async (t) => {
  const database = await testDatabase(t);
  const storage = await open(database.connection);
  t.after(() => storage.close());
  await storage.append(keyless(steps(0, 20, { trace: 'a' })), receivedNs);
  // Another transaction learns of the same operation, and commits when it is told to.
  const commit = await database.begin(
    `SELECT pg_advisory_xact_lock(${0x6c_65_73}, 0);
     SELECT FROM latency_buckets FOR UPDATE`,
  );
  await storage.append(keyless(steps(0, 30, { trace: 'b' })), receivedNs);
  await commit();
  await storage.append(keyless(steps(0, 10, { trace: 'c' })), receivedNs);
  const rows = async () =>
    (
      await database.run(
        `SELECT slot / 64 AS stripe, sum(value::int)::int AS learnt
         FROM latency_buckets, jsonb_each_text(learnt) WHERE slot % 64 < 24 GROUP BY 1 ORDER BY 1`,
      )
    ).map(({ stripe, learnt }) => [stripe, learnt]);
  assert.deepEqual(await rows(), [
    [0, 30],
    [1, 30],
  ]);
  const other = await open(database.connection);
  t.after(() => other.close());
  assert.equal((await probe(other, 1, { trace: 'p' }))?.baselineCount, 60);
  await storage.eraseTraces(['p', 'b']);
  assert.equal(
    (await rows()).reduce((sum, [, learnt]) => sum + Number(learnt), 0),
    30,
  );
  await storage.eraseTraces(['a', 'c']);
  assert.deepEqual(await database.run('SELECT * FROM latency_buckets'), []);
});

test('what another instance learns late counts within five minutes', async (t) => {
  const { connection } = await testDatabase(t);
  const [first, second] = [await open(connection), await open(connection)];
  t.after(() => Promise.all([first.close(), second.close()]));
  await first.append(keyless(steps(0, 40)), receivedNs);
  assert.equal((await probe(second, 1, { trace: 'p1' }))?.baselineCount, 40);
  await first.append(keyless([step(0, 100)]), receivedNs);
  assert.equal((await probe(second, 1, { trace: 'p2' }))?.baselineCount, 40);
  const later = step(1, 7, { trace: 'p3', durationNs: 5e9 });
  await second.append(keyless([later]), receivedNs + 5n * minuteNs);
  const { verdicts } = await second.latencyVerdicts('p3', 10);
  assert.deepEqual(
    verdicts.map(({ baselineCount }) => baselineCount),
    [41],
  );
});

test('switched off, nothing is judged and nothing learnt, and what was told stays', async (t) => {
  const { connection, run } = await testDatabase(t);
  const on = await open(connection);
  t.after(() => on.close());
  await on.append(keyless(steps(0, 40)), receivedNs);
  const told = await probe(on, 1);
  const off = await open(connection, false);
  t.after(() => off.close());
  const before = await run('SELECT * FROM latency_buckets ORDER BY 1, 2');
  assert.equal(await probe(off, 1, { trace: 'off' }), null);
  assert.deepEqual((await off.latencyVerdicts('probe-1', 10)).verdicts, [told]);
  assert.equal((await off.latencyVerdicts('off', 10)).unjudgedCount, 0);
  assert.deepEqual(await run('SELECT * FROM latency_buckets ORDER BY 1, 2'), before);
});

test('the request of a response is found by an index, however large the trace', async (t) => {
  const { connection, run } = await testDatabase(t);
  const storage = await open(connection);
  t.after(() => storage.close());
  const { selectRequests } = await import('../../src/storage/postgres/events/latency-queries.ts');
  await run(
    `INSERT INTO events SELECT 't', gen_random_uuid(), NULL, '', n, now(), 'HttpRequest', 's', '',
       false, '{"method":"GET","url":"/"}', json_build_object('thread_id', n::text), NULL, NULL,
       NULL, now()
     FROM generate_series(1, 3000) AS n; ANALYZE events`,
  );
  const wanted = JSON.stringify([
    { place: 0, trace_id: 't', strand: 's\x1f\x1f\x1f7', before_ns: '99999' },
  ]);
  const { text, values } = selectRequests(wanted, false);
  const plan = await run(`EXPLAIN (FORMAT JSON) ${text}`, [...(values ?? [])]);
  assert.match(JSON.stringify(plan), /"Index Name":"events_requests"/);
  assert.doesNotMatch(JSON.stringify(plan), /"Node Type":"Sort"/);
  assert.deepEqual(await run(text, [...(values ?? [])]), [
    { place: 0, method: 'GET', url: '/', headers: null, extra: null },
  ]);
});

test('what a long trace has taught is taken back over several pages of its events', async (t) => {
  const { connection, run } = await testDatabase(t);
  const storage = await open(connection);
  t.after(() => storage.close());
  const visit = (name: string, steps: number) => {
    const common = { trace: name, thread: name };
    const request = { method: 'GET', url: `/users/${name}`, headers: {}, body: null };
    const response = { status: 200, headers: {}, body: null, duration_ms: 5 };
    return records([
      wireEvent({ ...common, kind: 'HttpRequest', payload: request }),
      ...Array.from({ length: steps }, (_, at) => wireEvent({ trace: name, at, durationNs: 1e6 })),
      wireEvent({ ...common, at: steps + 9, kind: 'HttpResponse', payload: response }),
    ]);
  };
  await storage.append(keyless(visit('other', 3)), receivedNs);
  const buckets = () => run('SELECT * FROM latency_buckets ORDER BY operation_key, slot');
  const expected = await buckets();
  await storage.append(keyless(visit('canary', 5100)), receivedNs);
  const { buckets: erased } = await storage.eraseTraces(['canary']);
  assert.equal(erased, 2);
  assert.deepEqual(await buckets(), expected);
});
