/** Sealing in Postgres: what it needs, what it leaves, and what comes in between. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { PostgresPool } from '../../src/storage/postgres/connection/pool.ts';
import type { Session } from '../../src/storage/postgres/connection/session.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { makePartition } from '../../src/storage/postgres/sealed/partitions.ts';
import { sealTraces } from '../../src/storage/postgres/sealed/seal-traces.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll } from '../support/analyser.ts';
import { sealAll } from '../support/backends.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, type TestDatabase, testDatabase } from '../support/postgres.ts';

const dayNs = 86_400_000_000_000n;
const receivedNs = 20_000n * dayNs + dayNs / 2n;
const everything = { beforeNs: receivedNs * 2n, after: null, isAnalysed: false } as const;

async function opened(t: TestContext, database: TestDatabase): Promise<Storage> {
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  return storage;
}

function eventsOf(trace: string, count = 3): object[] {
  return Array.from({ length: count }, (_, at) =>
    wireEvent({
      trace,
      at,
      kind: 'StateChange',
      payload: access('db:x', 'Write', { new_value: at }),
    }),
  );
}

/** How many events are rows, and how many documents hold some. */
async function kept(database: TestDatabase): Promise<{ rows: number; documents: number }> {
  const [row] = await database.run(`
    SELECT
      (SELECT count(*) FROM events)::int AS rows,
      (SELECT count(*) FROM sealed_traces WHERE length(document) > 0)::int AS documents`);
  return row as { rows: number; documents: number };
}

async function told(storage: Storage, traces: readonly string[]): Promise<unknown> {
  return Promise.all(
    traces.map(async (trace) => [
      await storage.events(trace, null, 100),
      await storage.trace(trace),
    ]),
  );
}

test('a sealed trace reads as before; what comes late or again is counted once', async (t) => {
  const database = await testDatabase(t);
  const storage = await opened(t, database);
  const sent = records([...eventsOf('a'), ...eventsOf('b')]);
  await storage.append(keyless(sent), receivedNs);
  await analyseAll(storage);
  const before = await told(storage, ['a', 'b']);
  assert.equal(await sealAll(storage), 2);
  assert.deepEqual(await kept(database), { rows: 0, documents: 2 });
  assert.deepEqual(await told(storage, ['a', 'b']), before);

  const late = records([wireEvent({ trace: 'a', at: 9 })]);
  const [outcome] = await storage.append(keyless([...sent, ...late]), receivedNs + 1n);
  assert.deepEqual(outcome, { accepted: 1, duplicates: 6 });
  assert.equal((await storage.trace('a'))?.eventCount, 4);
  assert.equal((await storage.events('a', null, 100)).length, 4);
  assert.equal((await storage.events('b', null, 100)).length, 3);
  assert.equal(await sealAll(storage), 2);
  assert.deepEqual(await kept(database), { rows: 0, documents: 2 });
  assert.equal((await storage.events('a', null, 100)).length, 4);
  // On another day it is another row; what is left of the first is empty.
  await storage.append(keyless(records([wireEvent({ trace: 'b', at: 9 })])), receivedNs + dayNs);
  await sealAll(storage);
  assert.deepEqual(await kept(database), { rows: 0, documents: 2 });
  assert.equal((await storage.statistics()).eventCount, 8);
});

test('what waits for the analysis is sealed after it, and traces that are too new later', async (t) => {
  const database = await testDatabase(t);
  const storage = await opened(t, database);
  await storage.append(keyless(records(eventsOf('old'))), receivedNs - 10n);
  await storage.append(keyless(records(eventsOf('new'))), receivedNs);
  const seal = async () =>
    (await storage.seals?.seal({ beforeNs: receivedNs, after: null, isAnalysed: true }))?.traces;
  assert.equal(await seal(), 0);
  await analyseAll(storage);
  assert.equal(await seal(), 1);
  const { traces } = await storage.listTraces(everyTrace);
  assert.equal(traces.length, 2);
  assert.deepEqual(await kept(database), { rows: 3, documents: 1 });
});

/** Does something until the storage takes it, as clients do. */
async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RacewayError) || error.code !== 'unavailable') throw error;
    }
  }
}

test('instances that seal and store the same traces at once lose nothing and count nothing twice', async (t) => {
  const database = await testDatabase(t);
  const storages = [await opened(t, database), await opened(t, database)];
  const sent = records(Array.from({ length: 8 }, (_, n) => eventsOf(`t-${n}`, 6)).flat());
  let accepted = 0;
  const sendAll = async (storage: Storage, shift: number) => {
    for (let at = 0; at < sent.length; at += 4) {
      const part = sent.map((_, n) => sent[(n * shift) % sent.length]).slice(at, at + 8);
      const batch = part.flatMap((event) => event ?? []);
      for (const outcome of await again(() => storage.append(keyless(batch), receivedNs))) {
        accepted += outcome.accepted;
      }
    }
  };
  const [first, second] = storages as [Storage, Storage];
  let isSending = true;
  const sealing = storages.map(async (storage) => {
    while (isSending) await sealAll(storage);
  });
  await Promise.all([sendAll(first, 5), sendAll(second, 7)]);
  isSending = false;
  await Promise.all(sealing);
  assert.equal(accepted, sent.length);
  await sealAll(first);
  assert.deepEqual(await kept(database), { rows: 0, documents: 8 });
  for (let n = 0; n < 8; n += 1) {
    assert.equal((await second.events(`t-${n}`, null, 100)).length, 6);
    assert.equal((await second.trace(`t-${n}`))?.eventCount, 6);
  }
});

test('sealing that is cut off at any statement changes nothing', async (t) => {
  const database = await testDatabase(t);
  const storage = await opened(t, database);
  const pool = new PostgresPool(poolOptions(database.connection));
  t.after(() => pool.close());
  await storage.append(keyless(records([...eventsOf('a'), ...eventsOf('b')])), receivedNs);
  const before = await told(storage, ['a', 'b']);
  // Makes the partition.
  await sealAll(storage);
  await storage.append(keyless(records([wireEvent({ trace: 'c' })])), receivedNs);
  for (let statements = 0; ; statements += 1) {
    await storage.append(
      keyless(records([wireEvent({ trace: 'a' }), wireEvent({ trace: 'b' })])),
      receivedNs,
    );
    const expected = await told(storage, ['a', 'b', 'c']);
    const counts = await kept(database);
    let isWhole = true;
    await pool
      .write(async (session) => {
        await sealTraces(cutAfter(session, statements), ['a', 'b', 'c'], everything);
      })
      .catch(() => {
        isWhole = false;
      });
    assert.deepEqual(await told(storage, ['a', 'b', 'c']), expected, `after ${statements}`);
    if (isWhole) break;
    assert.deepEqual(await kept(database), counts, `after ${statements}`);
  }
  assert.deepEqual(await kept(database), { rows: 0, documents: 3 });
  assert.notDeepEqual(await told(storage, ['a', 'b']), before);
});

/** A session whose server process is ended in place of the statement after so many. */
function cutAfter(session: Session, statements: number): Session {
  let left = statements;
  const cut = async () => {
    left -= 1;
    if (left < 0) await session({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' });
  };
  const positional: Session = Object.assign(
    async (...[query]: Parameters<Session>) => {
      await cut();
      return session(query);
    },
    {
      named: async <Row extends object>(query: Parameters<Session>[0]) => {
        await cut();
        return session.named<Row>(query);
      },
    },
  );
  return positional;
}

test('with the rights of the server alone nothing is sealed, and what others sealed takes what comes late', async (t) => {
  const database = await testDatabase(t);
  const owner = await opened(t, database);
  const role = await database.createRole();
  await database.run(`GRANT USAGE ON SCHEMA public TO ${role.user};
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role.user}`);
  const storage = await openPostgresStorage({ ...poolOptions(role), autoMigrate: false });
  t.after(() => storage.close());
  const sent = records([...eventsOf('a'), ...eventsOf('b')]);
  await storage.append(keyless(sent), receivedNs);
  assert.match((await storage.seals?.obstacle()) ?? '', /GRANT DELETE ON events TO/);
  await sealAll(owner);
  assert.deepEqual(await kept(database), { rows: 0, documents: 2 });
  const late = records([wireEvent({ trace: 'a', at: 9 })]);
  assert.deepEqual(await storage.append(keyless([...sent, ...late]), receivedNs), [
    { accepted: 1, duplicates: 6 },
  ]);
  assert.equal((await storage.events('b', null, 100)).length, 3);

  // May delete, and not make partitions: what has one is sealed, the rest stays as it is.
  await database.run(`GRANT DELETE ON events TO ${role.user}`);
  assert.equal(await storage.seals?.obstacle(), null);
  await storage.append(keyless(records(eventsOf('next'))), receivedNs + dayNs);
  const step = await storage.seals?.seal(everything);
  assert.deepEqual([step?.traces, step?.missingDays], [2, ['2024-10-05']]);
  assert.deepEqual(await kept(database), { rows: 3, documents: 2 });
});

test('a day that expired is dropped with its partition; what is pinned of it stays', async (t) => {
  const database = await testDatabase(t);
  const storage = await opened(t, database);
  for (const [index, trace] of ['a', 'b', 'c'].entries()) {
    await storage.append(keyless(records(eventsOf(trace))), receivedNs + BigInt(index) * dayNs);
  }
  await sealAll(storage);
  await database.run(
    `INSERT INTO triage (fingerprint, state, record, pinned_ids) VALUES ('f', 'open', '{}', '{b}')`,
  );
  const partitions = async () =>
    (await database.run(
      `SELECT relname FROM pg_class WHERE relname ~ '^sealed_traces_[0-9]+$' ORDER BY 1`,
    )) as { relname: string }[];
  assert.equal((await partitions()).length, 3);
  // The day of the first is not over for retention.
  const firstDayNs = receivedNs - (receivedNs % dayNs);
  assert.equal((await storage.eraseExpired(receivedNs + 1n, 10)).traces, 0);
  const { oldestNs } = await storage.receipts();
  assert.equal(oldestNs, firstDayNs + dayNs);
  const before = receivedNs + 2n * dayNs;
  const erased = await storage.eraseExpired(before, 10);
  assert.deepEqual([erased.traces, erased.events], [1, 3]);
  assert.equal((await storage.eraseExpired(before, 10)).traces, 0);
  assert.deepEqual(
    (await partitions()).map(({ relname }) => relname),
    ['sealed_traces_20241006'],
  );
  assert.deepEqual(await kept(database), { rows: 3, documents: 1 });
  assert.equal((await storage.events('b', null, 10)).length, 3);
  assert.equal(await storage.trace('a'), null);
});

test('an older program that finds no events of a sealed trace can put nothing in their place', async (t) => {
  const database = await testDatabase(t);
  const storage = await opened(t, database);
  await storage.append(keyless(records([...eventsOf('a'), ...eventsOf('b')])), receivedNs);
  await sealAll(storage);
  for (const change of ['event_count = event_count + 1', 'analysed_mark = 7']) {
    await assert.rejects(
      database.run(`UPDATE traces SET ${change} WHERE trace_id = 'a'`),
      /trace a is sealed, which this version of Raceway does not know/,
    );
  }
  await database.run(`UPDATE traces SET race_count = 1 WHERE trace_id = 'a'`);
  await database.run(`DELETE FROM traces WHERE trace_id = 'a'`);
  assert.deepEqual(await kept(database), { rows: 0, documents: 1 });
});

test('partitions that several make at once are made once', async (t) => {
  const database = await testDatabase(t);
  await opened(t, database);
  const pool = new PostgresPool({ ...poolOptions(database.connection), maxConnections: 8 });
  t.after(() => pool.close());
  const days = Array.from({ length: 8 }, (_, at) => `2031-05-0${1 + (at % 2)}`);
  await Promise.all(days.map((day) => pool.write((session) => makePartition(session, day))));
  const made = await database.run(`
    SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE relname IN ('sealed_traces_20310501', 'sealed_traces_20310502') ORDER BY relname`);
  assert.deepEqual(made, [{ name: 'sealed_traces_20310501' }, { name: 'sealed_traces_20310502' }]);
});
