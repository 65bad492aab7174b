import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { openWhenThere } from '../../src/storage/postgres/open-when-there.ts';
import { readDatabaseFacts } from '../../src/storage/postgres/schema/facts.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { post, testApp } from '../support/app.ts';
import { auditedApp } from '../support/audited-app.ts';
import { records, wireEvent } from '../support/events.ts';
import { freshSchema, poolOptions, run, testDatabase } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const event = (trace: string) => ({ events: records([wireEvent({ trace })]), keyName: null });

async function openStorage(t: TestContext, connection: PostgresConnection, more = {}) {
  const options = { ...poolOptions(connection), autoMigrate: true, ...more };
  const storage = await openPostgresStorage(options);
  t.after(() => storage.close());
  return storage;
}

function saying(code: string, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof RacewayError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

test('after a switchover each connection to the server that takes no writes is left', async (t) => {
  const connection = await startPostgres();
  const storage = await openStorage(t, connection, { minConnections: 4 });
  await Promise.all([1, 2, 3, 4].map((index) => storage.append([event(`t${index}`)], receivedNs)));
  // Sessions that there are become read-only, as on a primary that was demoted; new ones do not.
  await run(connection, 'ALTER DATABASE postgres SET default_transaction_read_only = off');
  await run(connection, 'ALTER SYSTEM SET default_transaction_read_only = on');
  await run(connection, 'SELECT pg_reload_conf()');
  for (let index = 0; index < 8; index += 1) {
    await storage.append([event('after')], receivedNs);
    await storage.ready();
  }
  assert.equal((await storage.trace('after'))?.eventCount, 8);
});

test('a server is left for the next of the URL when it is away or takes no writes', async (t) => {
  const { connection } = await testDatabase(t);
  const { host, port } = connection;
  const away = await startTcpProxy(connection);
  const there = await startTcpProxy(connection);
  t.after(() => there.cut());
  await away.cut();
  const storage = await openStorage(t, {
    ...connection,
    port: away.port,
    otherHosts: [
      { host, port: there.port },
      { host, port },
    ],
  });
  await storage.append([event('t')], receivedNs);
  assert.ok(there.connections > 0);
  await there.cut();
  await storage.append([event('t')], receivedNs);
  await away.mend();
  t.after(() => away.cut());
  assert.equal((await storage.trace('t'))?.eventCount, 2);
});

test('target_session_attrs refuses a server that is not what it asks for', async (t) => {
  const database = await testDatabase(t);
  const { connection } = database;
  await openStorage(t, { ...connection, targetSessionAttrs: 'read-write' });
  await database.run(
    `ALTER DATABASE ${connection.database} SET default_transaction_read_only = on`,
  );
  await openStorage(t, { ...connection, targetSessionAttrs: 'primary' });
  const options = { ...poolOptions({ ...connection, targetSessionAttrs: 'read-write' as const }) };
  for (const call of [
    () => openPostgresStorage({ ...options, autoMigrate: true }),
    () => migrate(options),
  ]) {
    await assert.rejects(call, saying('unavailable', /takes no writes now/));
  }
});

test('a database with fewer slots than max_connections makes callers wait, not fail', async (t) => {
  const { connection, drop } = await freshSchema();
  const storage = await openStorage(t, connection, { maxConnections: 10 });
  t.after(drop);
  await storage.append([event('t')], receivedNs);
  const { connection: administration } = await testDatabase(t);
  await run(administration, `ALTER ROLE ${connection.user} CONNECTION LIMIT 3`);
  const reads = Array.from({ length: 100 }, () => storage.trace('t'));
  const writes = Array.from({ length: 20 }, () => storage.append([event('t')], receivedNs));
  await Promise.all([...reads, ...writes]);
  assert.equal((await storage.trace('t'))?.eventCount, 21);
});

test('no slot at all is waited for up to the timeout', async (t) => {
  const { connection, drop } = await freshSchema();
  const { connection: administration } = await testDatabase(t);
  const storage = await openStorage(t, connection, { connectionTimeoutSeconds: 1 });
  t.after(drop);
  const limit = (count: number) =>
    run(administration, `ALTER ROLE ${connection.user} CONNECTION LIMIT ${count}`);
  const endAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`;
  await limit(0);
  await run(administration, endAll, [connection.user]);
  await assert.rejects(storage.trace('t'), saying('unavailable', /too many connections/));
  const waiting = storage.append([event('t')], receivedNs);
  await limit(4);
  assert.deepEqual(await waiting, [{ accepted: 1, duplicates: 0 }]);
});

test('a commit whose answer was lost is said to be of unknown outcome, and sent again counts once', async (t) => {
  const { connection } = await testDatabase(t);
  const proxy = await startTcpProxy(connection);
  t.after(() => proxy.cut());
  const options = { ...poolOptions({ ...connection, port: proxy.port }), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  const { app, accesses } = await auditedApp(t, { storage });
  const sent = [wireEvent({ trace: 't' })];
  proxy.loseAnswerTo('COMMIT\0', 'INSERT INTO events');
  const lost = await post(app, sent);
  const { code, error } = lost.json();
  assert.deepEqual([lost.statusCode, code], [503, 'outcome_unknown']);
  assert.match(error, /not known whether this was done. Send the same again/);
  assert.equal(lost.headers['retry-after'], '1');
  assert.deepEqual((await post(app, sent)).json().data.duplicates, 1);
  assert.equal((await storage.trace('t'))?.eventCount, 1);
  proxy.loseAnswerTo('COMMIT\0', 'DELETE FROM events');
  const erased = await app.inject({ method: 'DELETE', url: '/api/traces/t' });
  assert.deepEqual([erased.statusCode, erased.json().code], [503, 'outcome_unknown']);
  assert.deepEqual(
    accesses().map((line) => line['outcome']),
    ['unknown', 'allowed', 'unknown'],
  );
  const metrics = (await app.inject('/metrics')).body;
  assert.match(metrics, /^raceway_ingest_refused_total\{reason="outcome_unknown"\} 1$/m);
  // Before the commit there is nothing unknown.
  proxy.loseAnswerTo('INSERT INTO events', 'INSERT INTO events');
  assert.equal((await post(app, sent)).json().code, 'unavailable');
});

test('a database that is read-only because it is full can be emptied', async (t) => {
  const database = await testDatabase(t);
  const { connection } = database;
  const storage = await openStorage(t, connection);
  for (const trace of ['a', 'b', 'c']) await storage.append([event(trace)], receivedNs);
  await database.run(
    `ALTER DATABASE ${connection.database} SET default_transaction_read_only = on;
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const isReadOnly = saying(
    'unavailable',
    /takes no writes now: .* disk is full \(SQLSTATE 25006\)/,
  );
  await assert.rejects(storage.append([event('d')], receivedNs), isReadOnly);
  await assert.rejects(storage.ready(), isReadOnly);
  assert.equal(await storage.eraseTrace('a'), 1);
  assert.equal((await storage.eraseTraces(['b'])).traces, 1);
  assert.equal((await storage.eraseExpired(receivedNs * 2n, 10)).traces, 1);
});

for (const encoding of ['LATIN1', 'SQL_ASCII']) {
  test(`a database in ${encoding} is refused with a sentence`, async (t) => {
    const { connection, run: sql } = await testDatabase(t);
    const database = `${connection.database}_other`;
    await sql(`CREATE DATABASE ${database} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
    t.after(() => sql(`DROP DATABASE ${database} WITH (FORCE)`));
    const options = poolOptions({ ...connection, database });
    const isRefused = saying('internal', new RegExp(`${database} has the encoding ${encoding}`));
    await assert.rejects(openPostgresStorage({ ...options, autoMigrate: true }), isRefused);
    await assert.rejects(migrate(options), isRefused);
    await assert.rejects(readDatabaseFacts(options, []), isRefused);
  });
}

test('a database that is away at the start is waited for, a wrong password is not', async (t) => {
  const database = await testDatabase(t);
  const { connection } = database;
  const proxy = await startTcpProxy(connection);
  t.after(() => proxy.cut());
  await proxy.cut();
  const told: string[] = [];
  const log = {
    warn: (_details: object, message: string) => {
      told.push(message);
      void proxy.mend();
    },
  };
  const options = { ...poolOptions({ ...connection, port: proxy.port }), autoMigrate: true };
  const patience = { timeoutSeconds: 30, log };
  const storage = await openWhenThere(() => openPostgresStorage(options), patience);
  await storage.close();
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /start waits for it, up to 30 s/);

  const role = await database.createRole();
  const wrong = { ...options, connection: { ...role, password: 'wrong', database: 'nowhere' } };
  await assert.rejects(openWhenThere(() => openPostgresStorage(wrong), patience));
  assert.equal(told.length, 1);
});

test('settings of the database or role change nothing that is answered', async (t) => {
  const plain = await testDatabase(t);
  const odd = await testDatabase(t);
  const settings = {
    extra_float_digits: '-15',
    datestyle: "'German, DMY'",
    intervalstyle: 'sql_standard',
    timezone: "'Asia/Kathmandu'",
    bytea_output: 'escape',
    standard_conforming_strings: 'off',
    backslash_quote: 'on',
    escape_string_warning: 'off',
    transform_null_equals: 'on',
    default_transaction_isolation: 'serializable',
    default_transaction_deferrable: 'on',
    quote_all_identifiers: 'on',
    client_encoding: 'LATIN1',
    enable_indexscan: 'off',
    jit: 'off',
  };
  for (const [name, value] of Object.entries(settings)) {
    await odd.run(`ALTER DATABASE ${odd.connection.database} SET ${name} = ${value}`);
  }
  const answers = [];
  for (const { connection } of [plain, odd]) {
    const storage = await openStorage(t, connection);
    const { app, analyser } = await testApp(t, { storage });
    for (let minute = 0; minute < 130; minute += 1) {
      const isSlow = minute === 129;
      const id = `00000000-0000-4000-8000-${String(minute).padStart(12, '0')}`;
      const durationNs = isSlow ? 9e9 : 100_000_000 + minute * 1_234_567;
      const trace = isSlow ? 'slow' : `日本-${minute % 7}`;
      const reply = await post(app, [wireEvent({ trace, id, at: minute * 60_000, durationNs })]);
      assert.equal(reply.statusCode, 200, reply.body);
    }
    assert.equal(await analyser.settle(60_000), false);
    const paths = ['/api/traces?limit=50', '/api/traces/slow/anomalies', '/api/traces/slow'];
    const bodies = [];
    for (const url of paths) bodies.push((await app.inject(url)).json().data);
    answers.push(bodies);
  }
  assert.deepEqual(answers[1], answers[0]);
});
