import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { Retention } from '../../src/storage/retention.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { testApp } from '../support/app.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

const DAY_MS = 86_400_000;

/** A log that keeps what it is told. */
function noting() {
  const lines: string[] = [];
  const note = (level: string) => (details: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(details)}`);
  };
  return { lines, info: note('info'), warn: note('warn'), error: note('error') };
}

/** Stores an event that came some days ago, whatever its own clock said. */
async function receive(storage: Storage, trace: string, days: number): Promise<void> {
  const atMs = Date.now() - days * DAY_MS;
  const events = records([wireEvent({ trace, at: new Date(atMs).toISOString() })]);
  await storage.append(keyless(events), BigInt(atMs) * 1_000_000n);
}

/** Traces whose last event came some days ago; several batches of old ones. */
async function fill(storage: Storage): Promise<void> {
  for (let index = 0; index < 120; index += 1) await receive(storage, `old-${index}`, 31 + index);
  for (const days of [40, 1]) await receive(storage, 'grown', days);
  await receive(storage, 'young', 29);
}

async function traceIds(storage: Storage): Promise<string[]> {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 1000 });
  return traces.map(({ traceId }) => traceId);
}

test('traces without activity for longer go, and /status tells of it', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  await fill(storage);
  const log = noting();
  const retention = new Retention(storage, 30, log);
  const { app } = await testApp(t, { storage, retention });
  const before = (await app.inject('/status')).json().data.retention;
  assert.deepEqual(
    [before.days, before.last_run_at, before.erased_traces, before.fault],
    [30, null, 0, null],
  );
  await retention.run();
  assert.deepEqual(await traceIds(storage), ['grown', 'young']);
  const after = (await app.inject('/status')).json().data.retention;
  assert.deepEqual([after.erased_traces, after.lag_seconds, after.fault], [120, 0, null]);
  const metrics = (await app.inject('/metrics')).payload;
  assert.match(metrics, /^raceway_retention_failing 0$/m);
  assert.match(metrics, /^raceway_retention_lag_seconds 0$/m);
  assert.match(metrics, /^raceway_retention_erased_traces_total 120$/m);
  const { last_activity } = (await app.inject('/api/traces?sort=asc')).json().data.traces[0];
  assert.equal(after.oldest_activity, last_activity);
  assert.deepEqual(log.lines, ['info erased what was kept long enough {"traces":120,"days":30}']);
});

test('without a number of days everything is kept', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  t.after(() => storage.close());
  await fill(storage);
  const retention = new Retention(storage, null, noting());
  retention.start();
  await retention.run();
  await retention.close();
  assert.equal((await traceIds(storage)).length, 122);
});

test('several servers share one database, and a missing right is said once and stops nothing', async (t) => {
  const database = await testDatabase(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  const [first, second] = [await openPostgresStorage(options), await openPostgresStorage(options)];
  const role = await database.createRole();
  await database.run(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role.user}`);
  const poor = await openPostgresStorage({ ...options, connection: role });
  t.after(() => Promise.all([first, second, poor].map((storage) => storage.close())));
  await fill(first);

  const log = noting();
  const refused = new Retention(poor, 30, log);
  await refused.run();
  await refused.run();
  assert.equal(log.lines.length, 1);
  assert.match(log.lines[0] ?? '', /^warn retention erases nothing .*GRANT DELETE ON events/);
  assert.match(refused.state.fault ?? '', /GRANT DELETE ON events/);
  const { app } = await testApp(t, { storage: poor, retention: refused });
  assert.match((await app.inject('/metrics')).payload, /^raceway_retention_failing 1$/m);
  assert.equal((await traceIds(first)).length, 122);

  const logs = [noting(), noting()] as const;
  const retentions = [new Retention(first, 30, logs[0]), new Retention(second, 30, logs[1])];
  await Promise.all(retentions.map((retention) => retention.run()));
  for (const retention of retentions) await retention.run();
  assert.deepEqual(await traceIds(first), ['grown', 'young']);
  assert.deepEqual(
    retentions.map(({ state }) => state.fault),
    [null, null],
  );
  const total = retentions.reduce((sum, { state }) => sum + state.erasedTraces, 0);
  assert.equal(total, 120);
});

test('closing ends a round between two batches', async () => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  await fill(storage);
  const retention = new Retention(storage, 30, noting());
  const eraseExpired = storage.eraseExpired.bind(storage);
  let closed = Promise.resolve();
  storage.eraseExpired = (beforeNs) => {
    closed = retention.close();
    return eraseExpired(beforeNs, 20);
  };
  await retention.run();
  await closed;
  assert.equal((await traceIds(storage)).length, 102);
  await storage.close();
});

/** A storage with one trace that came some days ago, and what retention does to it. */
async function lonely(days: number, graceHours: number) {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  await receive(storage, 'only', days);
  const log = noting();
  const retention = new Retention(storage, 30, log, graceHours);
  return {
    log,
    retention,
    storage,
    async left() {
      await retention.run();
      return (await traceIds(storage)).length;
    },
  };
}

test('after a start that finds everything past its time, nothing is erased before the grace', async (t) => {
  let [wallMs, monotonicMs] = [Date.now(), 1000];
  t.mock.method(Date, 'now', () => wallMs);
  t.mock.method(performance, 'now', () => monotonicMs);
  const { log, retention, left } = await lonely(45, 24);
  const pass = (hours: number) => {
    wallMs += hours * 3_600_000;
    monotonicMs += hours * 3_600_000;
  };
  assert.equal(await left(), 1);
  pass(23);
  assert.equal(await left(), 1);
  assert.match(retention.state.waiting ?? '', /nothing was received for 30 days, or the clock/);
  assert.deepEqual([log.lines.length, retention.state.fault], [1, null]);
  pass(2);
  assert.equal(await left(), 0);
  assert.equal(retention.state.waiting, null);
});

test('what comes after such a start says nothing of the clock: the grace lasts', async (t) => {
  let [wallMs, monotonicMs] = [Date.now(), 1000];
  t.mock.method(Date, 'now', () => wallMs);
  t.mock.method(performance, 'now', () => monotonicMs);
  const { storage, retention, left } = await lonely(45, 24);
  assert.equal(await left(), 1);
  await receive(storage, 'new', 0);
  for (const hours of [0, 23]) {
    wallMs += hours * 3_600_000;
    monotonicMs += hours * 3_600_000;
    assert.equal(await left(), 2);
    assert.match(retention.state.waiting ?? '', /that was there when the server started/);
  }
  wallMs += 2 * 3_600_000;
  monotonicMs += 2 * 3_600_000;
  assert.equal(await left(), 1);
  assert.deepEqual(await traceIds(storage), ['new']);
});

test('a server that runs on without new events erases when their time has come', async (t) => {
  let [wallMs, monotonicMs] = [Date.now(), 1000];
  t.mock.method(Date, 'now', () => wallMs);
  t.mock.method(performance, 'now', () => monotonicMs);
  const { left } = await lonely(1, 24);
  for (let day = 1; day < 29; day += 1) {
    wallMs += DAY_MS;
    monotonicMs += DAY_MS;
    assert.equal(await left(), 1);
  }
  wallMs += 2 * DAY_MS;
  monotonicMs += 2 * DAY_MS;
  assert.equal(await left(), 0);
});

test('while the clock of the machine is ahead nothing is erased, nor for ten minutes after', async (t) => {
  let [aheadMs, monotonicMs] = [0, 1000];
  const startMs = Date.now();
  t.mock.method(Date, 'now', () => startMs + aheadMs + monotonicMs);
  t.mock.method(performance, 'now', () => monotonicMs);
  const { log, retention, left } = await lonely(1, 24);
  assert.equal(await left(), 1);
  aheadMs = 45 * DAY_MS;
  for (let minutes = 0; minutes < 60; minutes += 10) {
    assert.equal(await left(), 1);
    monotonicMs += 600_000;
  }
  assert.match(retention.state.waiting ?? '', /was set by 1080\.0 hours/);
  aheadMs = 0;
  assert.equal(await left(), 1);
  assert.match(retention.state.waiting ?? '', /agree again/);
  monotonicMs += 600_000;
  assert.equal(await left(), 1);
  assert.equal(retention.state.waiting, null);
  assert.equal(log.lines.length, 1);
});
