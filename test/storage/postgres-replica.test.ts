import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { checkReplica } from '../../src/checkup/replica-probe.ts';
import { maskedConnection } from '../../src/config/describe.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { ReplicaState, Storage } from '../../src/storage/storage.ts';
import { KEY, testApp } from '../support/app.ts';
import { TestTerminal } from '../support/cli.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, run } from '../support/postgres.ts';
import { type StoppablePostgres, startStoppablePostgres } from '../support/postgres-server.ts';
import { walk } from './list-contract.ts';

const receivedNs = 2_000_000_000_000_000_000n;
/** As an operator runs it: what is visible has been flushed, so that it is on its way to the replica. */
const settings = { synchronous_commit: 'on', hot_standby: 'on' };
/** Turns of waiting for something that comes at last on however slow a machine. */
const TURNS = 4000;
const TURN_MS = 25;

let primary: StoppablePostgres;
let replica: StoppablePostgres;

async function openStorage(
  t: TestContext,
  readConnection: PostgresConnection | null,
): Promise<Storage> {
  const options = { ...poolOptions(primary.connection), autoMigrate: true, readConnection };
  const storage = await openPostgresStorage(options);
  t.after(() => storage.close());
  return storage;
}

async function stateOf(storage: Storage) {
  const { replica: state } = await storage.statistics();
  assert.ok(state !== null);
  return state;
}

/** Reads until the state of the replica is as wished. */
async function until(storage: Storage, wished: (state: ReplicaState) => boolean) {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await storage.trace('nothing');
    const state = await stateOf(storage);
    if (wished(state)) return state;
    await pause(TURN_MS);
  }
  throw new Error(`the replica stays at: ${(await stateOf(storage)).fault}`);
}

const isThere = ({ fault }: ReplicaState) => fault === null;
const isFaulty = ({ fault }: ReplicaState) => fault !== null;
const append = (storage: Storage, ...traces: string[]) =>
  storage.append(keyless(records(traces.map((trace, at) => wireEvent({ trace, at })))), receivedNs);

describe('a replica for reading', () => {
  before(async () => {
    primary = await startStoppablePostgres(settings);
    await primary.stop('SIGINT');
    replica = await startStoppablePostgres(settings, tmpdir(), primary);
    await primary.start();
  });

  test('every read sees what was stored before it, by whichever instance', async (t) => {
    const writer = await openStorage(t, null);
    const storage = await openStorage(t, replica.connection);
    await until(storage, isThere);
    for (let count = 1; count <= 25; count += 1) {
      const trace = `seen-${count}`;
      await append(writer, trace);
      const [summary, events, list, revisions, services] = await Promise.all([
        storage.trace(trace),
        storage.events(trace, null, 10),
        storage.listTraces({ ...everyTrace, limit: 1 }),
        storage.revisions([trace]),
        storage.services(),
      ]);
      assert.equal(summary?.traceId, trace);
      assert.deepEqual([events.length, list.total, revisions.size], [1, count, 1]);
      assert.equal(services[0]?.eventCount, count);
    }
    const told = await until(storage, ({ answered }) => answered > 0);
    t.diagnostic(`${told.answered} reads were answered by the replica, ${told.passedOn} were not`);
  });

  test('nothing is told from before the analysis once nothing waits for it', async (t) => {
    const storage = await openStorage(t, replica.connection);
    const { analyser } = await testApp(t, { storage });
    await until(storage, isThere);
    for (let count = 1; count <= 5; count += 1) {
      const racing = ['a', 'b'].map((trace) => {
        const payload = access(`db:${'x'.repeat(count)}`, 'Write');
        return wireEvent({ trace: `${trace}-${count}`, kind: 'StateChange', payload });
      });
      await storage.append(keyless(records(racing)), receivedNs);
      analyser.notify();
      while (await analyser.settle(1000)) analyser.notify();
      const variables = await storage.derived.topVariables(100);
      assert.equal(variables.length, count);
    }
  });

  test('a walk does not meet twice what was being written when it began', async (t) => {
    const storage = await openStorage(t, replica.connection);
    await append(storage, 'w-a', 'w-b', 'w-c', 'w-d');
    const query = { ...everyTrace, text: 'w-', sort: 'asc' as const, limit: 2 };
    await run(
      primary.connection,
      'CREATE TABLE other_work (id int); INSERT INTO other_work VALUES (1)',
    );
    const later = `UPDATE traces SET written_xid = pg_current_xact_id(),
      last_activity_ns = last_activity_ns + 3600000000000 WHERE trace_id = 'w-b'`;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { answered } = await until(storage, isThere);
      const commit = await begun(later);
      // Later transactions are done on the replica: there the open one looks like one of these.
      await run(primary.connection, 'UPDATE other_work SET id = id + 1');
      const seen = await walk(storage, query, commit);
      assert.deepEqual(seen.toSorted(), ['w-a', 'w-b', 'w-c', 'w-d']);
      if ((await stateOf(storage)).answered >= answered + seen.length / query.limit) return;
    }
    throw new Error('no walk was answered by the replica');
  });

  test('a replica that is behind answers nothing, and again when it has caught up', async (t) => {
    const storage = await openStorage(t, replica.connection);
    await until(storage, isThere);
    await run(replica.connection, 'SELECT pg_wal_replay_pause()');
    try {
      await append(storage, 'while-behind');
      assert.equal((await storage.trace('while-behind'))?.eventCount, 1);
      await until(storage, ({ fault }) => /is \d+ bytes of the log behind/.test(fault ?? ''));
      assert.equal((await storage.events('while-behind', null, 1)).length, 1);
    } finally {
      await run(replica.connection, 'SELECT pg_wal_replay_resume()');
    }
    await until(storage, isThere);
    assert.equal((await storage.trace('while-behind'))?.eventCount, 1);
  });

  test('a replica that goes away is told of, and used again when it is back', async (t) => {
    const storage = await openStorage(t, replica.connection);
    const { app } = await testApp(t, {
      storage,
      server: { auth_enabled: true, api_keys: [KEY] },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const target = { url: new URL(app.listeningOrigin), key: KEY, ca: null };
    await append(storage, 'before');
    await until(storage, isThere);
    assert.deepEqual(
      (await checkReplica(target)).map(({ level }) => level),
      ['pass'],
    );
    const metrics = async () => {
      const headers = { authorization: `Bearer ${KEY}` };
      return (await app.inject({ url: '/metrics', headers })).body;
    };
    assert.match(await metrics(), /^raceway_storage_replica_up 1$/m);
    await replica.stop('SIGQUIT');
    try {
      for (let count = 0; count < 5; count += 1) {
        assert.equal((await storage.trace('before'))?.eventCount, 1);
      }
      await storage.ready();
      await append(storage, 'meanwhile');
      const { fault, passedOn } = await stateOf(storage);
      assert.ok(fault !== null && passedOn >= 5, `${fault}, ${passedOn}`);
      assert.match(await metrics(), /^raceway_storage_replica_up 0$/m);
      const [remark] = await checkReplica(target);
      assert.equal(remark?.level, 'warn');
      assert.match(remark.detail, /left to the database/);
    } finally {
      await replica.start();
    }
    await until(storage, isThere);
    assert.equal((await storage.trace('meanwhile'))?.eventCount, 1);
    assert.match(await metrics(), /^raceway_storage_replica_up 1$/m);
  });

  test('what is no replica of the database is not read', async (t) => {
    for (const [connection, fault] of [
      [primary.connection, /takes writes itself/],
      [{ ...replica.connection, database: 'template1' }, /has other tables/],
      [{ ...replica.connection, password: 'wrong' }, /refuses the user or the password/],
    ] as const) {
      const storage = await openStorage(t, connection);
      await append(storage, 'there');
      const state = await until(storage, isFaulty);
      assert.match(state.fault ?? '', fault);
      assert.equal(state.answered, 0);
      assert.ok((await storage.trace('there')) !== null);
    }
  });

  test('`raceway check --production` tells how far it is behind, or why it is of no use', async (t) => {
    await openStorage(t, null);
    const terminal = new TestTerminal(t);
    const check = async (read: PostgresConnection) => {
      terminal.out.length = 0;
      await terminal.run(['check', '--production'], {
        RACEWAY_POSTGRES_CONNECTION: urlOf(primary.connection),
        RACEWAY_POSTGRES_READ_CONNECTION: urlOf(read),
      });
      return terminal.out.join('\n');
    };
    assert.match(
      await check(replica.connection),
      /^pass +Replica: follows the database, \d+ bytes of the log behind$/m,
    );
    assert.match(await check(primary.connection), /^warn +Replica: .* takes writes itself/m);
    assert.match(
      await check({ ...replica.connection, port: 1 }),
      /^warn +Replica: the database cannot be reached/m,
    );
    assert.ok(!terminal.everything().includes('test-password'));
  });

  test('a replica that was promoted is none any more', async (t) => {
    const storage = await openStorage(t, replica.connection);
    await until(storage, isThere);
    await run(replica.connection, 'SELECT pg_promote()');
    await append(storage, 'after-promotion');
    const state = await until(storage, isFaulty);
    assert.match(state.fault ?? '', /takes writes itself/);
    assert.equal((await storage.trace('after-promotion'))?.eventCount, 1);
  });
});

/** Begins a transaction on the primary; the function that it gives commits it. */
async function begun(sql: string): Promise<() => Promise<void>> {
  const { default: pg } = await import('pg');
  const { host, port, user, password, database } = primary.connection;
  const client = new pg.Client({ host, port, user, password: password ?? '', database });
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  let isOpen = true;
  return async () => {
    if (!isOpen) return;
    isOpen = false;
    await client.query('COMMIT');
    await client.end();
  };
}

function urlOf(connection: PostgresConnection): string {
  return maskedConnection(connection).replace(':***@', `:${connection.password}@`);
}
