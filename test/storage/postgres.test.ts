import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll } from '../support/analyser.ts';
import { postgresBackend } from '../support/backends.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { storageContract } from './contract.ts';
import { derivedContract } from './derived/contract.ts';
import { walk } from './list-contract.ts';
import { StorageModel } from './model.ts';

const receivedNs = 2_000_000_000_000_000_000n;

storageContract('postgres', postgresBackend.open);
derivedContract(postgresBackend);

function open(connection: Parameters<typeof poolOptions>[0]): Promise<Storage> {
  return openPostgresStorage({ ...poolOptions(connection), autoMigrate: true });
}

test('bytes are those of all tables, with what was derived', async (t) => {
  const { connection } = await testDatabase(t);
  const storage = await open(connection);
  t.after(() => storage.close());
  const racing = ['a', 'b'].map((trace) =>
    wireEvent({ trace, kind: 'StateChange', payload: access('db:x', 'Write') }),
  );
  await storage.append(keyless(records(racing)), receivedNs);
  const { bytes: before } = await storage.statistics();
  await analyseAll(storage);
  const { bytes: after } = await storage.statistics();
  assert.ok((after ?? 0) > (before ?? 0), `${before} bytes became ${after}`);
});

test('several instances write the same traces at once', async (t) => {
  const { connection } = await testDatabase(t);
  const instances = [await open(connection), await open(connection), await open(connection)];
  t.after(() => Promise.all(instances.map((instance) => instance.close())));
  const events = records(
    Array.from({ length: 300 }, (_, n) =>
      wireEvent({ trace: `t-${n % 11}`, at: n, service: `s-${n % 4}` }),
    ),
  );
  const model = new StorageModel();
  model.append([events], receivedNs);
  let accepted = 0;
  // Each instance sends everything, in another order and in batches that overlap.
  await Promise.all(
    instances.map(async (instance, shift) => {
      for (let start = 0; start < events.length; start += 60) {
        const batch = Array.from({ length: 90 }, (_, n) => {
          const index = (start + shift * 37 + n * (shift === 1 ? 299 : 1)) % events.length;
          return events[index] as (typeof events)[number];
        });
        for (const outcome of await instance.append(keyless(batch), receivedNs)) {
          accepted += outcome.accepted;
        }
      }
    }),
  );
  assert.equal(accepted, events.length);
  for (const instance of instances) {
    const { traces } = await instance.listTraces({ ...everyTrace, limit: 100 });
    assert.deepEqual(traces, model.traces(everyTrace));
    assert.deepEqual(await instance.services(), model.services());
  }
});

test('a transaction that Postgres gives up because of a deadlock is run again', async (t) => {
  const database = await testDatabase(t);
  await database.run(`ALTER DATABASE ${database.connection.database} SET deadlock_timeout = '1s'`);
  const storage = await open(database.connection);
  t.after(() => storage.close());
  const pair = () => records(['a', 'b'].map((trace) => wireEvent({ trace })));
  await storage.append(keyless(pair()), receivedNs);
  // The stranger takes the traces in the other order, and never gives up: Postgres looks for a
  // deadlock once per wait, a second after it began, when both wait already.
  const increment = (trace: string) =>
    `UPDATE traces SET event_count = event_count + 10 WHERE trace_id = '${trace}'`;
  const commit = await database.begin(`SET deadlock_timeout = '20s'; ${increment('b')}`);
  const appending = storage.append(keyless(pair()), receivedNs);
  await database.untilBlocked();
  await commit(increment('a'));
  assert.deepEqual(await appending, [{ accepted: 2, duplicates: 0 }]);
  assert.equal((await storage.trace('a'))?.eventCount, 12);
  assert.equal((await storage.trace('b'))?.eventCount, 12);
});

test('a walk does not meet twice what was being written when it began', async (t) => {
  const database = await testDatabase(t);
  const storage = await open(database.connection);
  t.after(() => storage.close());
  const traces = ['a', 'b', 'c', 'd'].map((trace, at) => wireEvent({ trace, at }));
  await storage.append(keyless(records(traces)), receivedNs);
  const later = `UPDATE traces SET written_xid = pg_current_xact_id(),
    last_activity_ns = last_activity_ns + 3600000000000 WHERE trace_id = 'a'`;
  const seen = await walk(storage, { ...everyTrace, sort: 'asc', limit: 2 }, async () => {
    await database.run(later);
  });
  assert.deepEqual(seen, ['a', 'b', 'c', 'd']);

  // Begun before the walk, committed behind its first page.
  const commit = await database.begin(later.replace("'a'", "'b'"));
  const query = { ...everyTrace, sort: 'asc' as const, limit: 2 };
  assert.deepEqual(await walk(storage, query, () => commit()), ['b', 'c', 'd', 'a']);
});

test('a snapshot that Postgres cannot read is a foreign cursor', async (t) => {
  const database = await testDatabase(t);
  const storage = await open(database.connection);
  t.after(() => storage.close());
  for (const asOf of ['9:1:', '1:9:4,3', '1:9:99']) {
    for (const lastActivityNs of [0n, 2n ** 70n]) {
      const cursor = { lastActivityNs, traceId: 't', asOf, total: 1 };
      await assert.rejects(storage.listTraces({ ...everyTrace, cursor }), { code: 'bad_request' });
    }
  }
});

test('a walk after a restore from another cluster leaves nothing out', async (t) => {
  const database = await testDatabase(t);
  const storage = await open(database.connection);
  t.after(() => storage.close());
  const traces = ['a', 'b', 'c', 'd'].map((trace, at) => wireEvent({ trace, at }));
  await storage.append(keyless(records(traces)), receivedNs);
  await database.run(`UPDATE traces SET written_cluster = 42, written_xid = '9000000000000'`);
  const seen = await walk(storage, { ...everyTrace, limit: 1 });
  assert.deepEqual(seen, ['d', 'c', 'b', 'a']);
});

test('an analyst finds columns for what people filter by, and JSON for the rest', async (t) => {
  const database = await testDatabase(t);
  const storage = await open(database.connection);
  t.after(() => storage.close());
  const at = '2024-06-30T23:59:59.123456789+02:00';
  const payload = { error_type: 'TypeError', message: 'm', stack_trace: null };
  await storage.append(keyless(records([wireEvent({ at, kind: 'Error', payload })])), receivedNs);
  const rows = await database.run(`
    SELECT kind, service, operation, is_error, payload->>'error_type' AS error_type,
      metadata->>'environment' AS environment,
      to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS occurred,
      to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS received
    FROM events`);
  assert.deepEqual(rows, [
    {
      kind: 'Error',
      service: 'web',
      operation: 'TypeError',
      is_error: true,
      error_type: 'TypeError',
      environment: 'test',
      occurred: '2024-06-30 21:59:59.123456',
      received: '2033-05-18 03:33:20',
    },
  ]);
});
