import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import { everyTrace } from '../../src/domain/trace-query.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const receivedNs = 2_000_000_000_000_000_000n;

function isUnavailable(error: unknown): boolean {
  return error instanceof RacewayError && error.code === 'unavailable';
}

test('connections that Postgres ends are replaced, and no statement is half done', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const endAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  const event = (trace: string) => records([wireEvent({ trace })]);

  // An idle connection: at worst one call finds out.
  await database.run(endAll);
  await storage.append([event('idle')], receivedNs).catch((error) => {
    assert.ok(isUnavailable(error), String(error));
  });
  await storage.append([event('idle')], receivedNs);

  // A connection in the middle of an append: it waits for a lock that a stranger holds.
  await storage.append([event('held')], receivedNs);
  const stranger = database.run(
    `BEGIN; SELECT 1 FROM traces WHERE trace_id = 'held' FOR UPDATE; SELECT pg_sleep(0.3);
     ${endAll}; COMMIT`,
  );
  await database.untilAsleep();
  const waiting = storage.append([event('held')], receivedNs);
  await Promise.all([assert.rejects(waiting, isUnavailable), stranger]);
  assert.equal((await storage.events('held', null, 10)).length, 1);
  assert.equal((await storage.trace('held'))?.eventCount, 1);
});

test('while Postgres cannot be reached calls are unavailable, afterwards all is well', async (t) => {
  const { connection } = await testDatabase(t);
  const proxy = await startTcpProxy(connection);
  t.after(() => proxy.cut());
  const throughProxy = { ...connection, port: proxy.port };
  const options = { ...poolOptions(throughProxy), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  t.after(() => storage.close());
  const event = () => records([wireEvent({ trace: 't' })]);
  await storage.append([event()], receivedNs);

  await proxy.cut();
  const calls = [
    () => storage.append([event()], receivedNs),
    () => storage.listTraces(everyTrace),
    () => storage.trace('t'),
    () => storage.events('t', null, 1),
    () => storage.deleteTrace('t'),
    () => storage.services(),
    () => storage.statistics(),
    () => storage.ready(),
    () => openPostgresStorage(options),
  ];
  for (const call of calls) await assert.rejects(call, isUnavailable);

  await proxy.mend();
  await storage.ready();
  await storage.append([event()], receivedNs);
  assert.equal((await storage.events('t', null, 10)).length, 2);
});

test('a pool that is in use for too long is unavailable', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    connection: database.connection,
    maxConnections: 1,
    minConnections: 1,
    connectionTimeoutSeconds: 0.4,
    autoMigrate: true,
  });
  t.after(() => storage.close());
  await storage.append([records([wireEvent({ trace: 't' })])], receivedNs);
  const stranger = database.run(
    `BEGIN; SELECT 1 FROM traces WHERE trace_id = 't' FOR UPDATE; SELECT pg_sleep(1); COMMIT`,
  );
  await database.untilAsleep();
  const held = storage.append([records([wireEvent({ trace: 't' })])], receivedNs);
  await assert.rejects(storage.trace('t'), (error: Error) => {
    assert.match(error.message, /in time \(storage\.postgres\.connection_timeout_seconds\)/);
    return isUnavailable(error);
  });
  await Promise.all([stranger, held]);
  assert.equal((await storage.trace('t'))?.eventCount, 2);
});

test('what is said to Postgres passes through PgBouncer in transaction mode', async (t) => {
  const { connection } = await testDatabase(t);
  const proxy = await startTcpProxy(connection);
  t.after(() => proxy.cut());
  const options = { ...poolOptions({ ...connection, port: proxy.port }), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  await storage.append([records([wireEvent({ trace: 't' })])], receivedNs);
  await storage.listTraces(everyTrace);
  await storage.deleteTrace('t');
  await storage.ready();
  await storage.close();
  assert.ok(proxy.sent.length > 0);
  for (const bytes of proxy.sent) {
    const { parameters, messages } = readClientBytes(bytes);
    const allowed = ['user', 'database', 'application_name', 'client_encoding'];
    assert.deepEqual(
      parameters.filter((name) => !allowed.includes(name)),
      [],
    );
    for (const { type, text } of messages) {
      if (type === 'P') assert.ok(text.startsWith('\0'), `a named statement: ${text}`);
      if (type === 'P' || type === 'Q') {
        assert.doesNotMatch(text, /\bLISTEN\b|\bPREPARE\b|\bSET (?!LOCAL)[a-z]|pg_advisory_lock/);
      }
    }
    assert.ok(messages.some(({ type }) => type === 'Q'));
  }
});

/** PostgreSQL manual, "Message Formats": the startup message, then type, length and body. */
function readClientBytes(bytes: Buffer) {
  const startupLength = bytes.readInt32BE(0);
  const fields = bytes.subarray(8, startupLength).toString().split('\0');
  const parameters = fields.filter((field, index) => index % 2 === 0 && field !== '');
  const messages: { type: string; text: string }[] = [];
  for (let at = startupLength; at + 5 <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 1);
    const text = bytes.subarray(at + 5, at + 1 + length).toString();
    messages.push({ type: String.fromCharCode(bytes[at] as number), text });
    at += 1 + length;
  }
  return { parameters, messages };
}
