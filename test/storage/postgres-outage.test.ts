import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { RacewayError } from '../../src/domain/errors.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
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
  await storage.append(keyless(event('idle')), receivedNs).catch((error) => {
    assert.ok(isUnavailable(error), String(error));
  });
  await storage.append(keyless(event('idle')), receivedNs);

  // A connection in the middle of an append: it waits for a lock that a stranger holds.
  await storage.append(keyless(event('held')), receivedNs);
  const commit = await database.begin(`SELECT 1 FROM traces WHERE trace_id = 'held' FOR UPDATE`);
  const waiting = assert.rejects(storage.append(keyless(event('held')), receivedNs), isUnavailable);
  await database.untilBlocked();
  await Promise.all([waiting, commit(endAll)]);
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
  await storage.append(keyless(event()), receivedNs);

  await proxy.cut();
  const calls = [
    () => storage.append(keyless(event()), receivedNs),
    () => storage.listTraces(everyTrace),
    () => storage.trace('t'),
    () => storage.events('t', null, 1),
    () => storage.eraseTrace('t'),
    () => storage.services(),
    () => storage.statistics(),
    () => storage.ready(),
    () => openPostgresStorage(options),
  ];
  for (const call of calls) await assert.rejects(call, isUnavailable);

  await proxy.mend();
  await storage.ready();
  await storage.append(keyless(event()), receivedNs);
  assert.equal((await storage.events('t', null, 10)).length, 2);
});

test('a pool that is in use for too long is unavailable', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    connection: database.connection,
    maxConnections: 1,
    minConnections: 1,
    connectionTimeoutSeconds: 1,
    autoMigrate: true,
  });
  t.after(() => storage.close());
  await storage.append(keyless(records([wireEvent({ trace: 't' })])), receivedNs);
  const commit = await database.begin(`SELECT 1 FROM traces WHERE trace_id = 't' FOR UPDATE`);
  const held = storage.append(keyless(records([wireEvent({ trace: 't' })])), receivedNs);
  await database.untilBlocked();
  await assert.rejects(storage.trace('t'), (error: Error) => {
    assert.match(error.message, /in time \(storage\.postgres\.connection_timeout_seconds\)/);
    return isUnavailable(error);
  });
  await Promise.all([commit(), held]);
  assert.equal((await storage.trace('t'))?.eventCount, 2);
});

test('a server that accepts and says nothing is unavailable', async (t) => {
  const { connection } = await testDatabase(t);
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as { port: number };
  const options = { ...poolOptions({ ...connection, port }), connectionTimeoutSeconds: 0.2 };
  for (const call of [
    () => openPostgresStorage({ ...options, autoMigrate: true }),
    () => migrate(options),
  ]) {
    await assert.rejects(call, (error: Error) => {
      assert.match(error.message, /in time \(storage\.postgres\.connection_timeout_seconds\)/);
      return isUnavailable(error);
    });
  }
});

test('a failure of Postgres says whether it passes, and shows no value of an event', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  await database.run(`
    CREATE TABLE failing (state text);
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE wanted text := (SELECT state FROM failing);
      BEGIN
        IF wanted = '23514' THEN INSERT INTO checked VALUES (NEW.root); END IF;
        IF wanted <> '' THEN RAISE EXCEPTION '%', NEW.root USING ERRCODE = wanted; END IF;
        RETURN NEW;
      END $$;
    CREATE TABLE checked (root text CHECK (root = ''));
    CREATE TRIGGER fail BEFORE INSERT ON traces FOR EACH ROW EXECUTE FUNCTION fail();
    INSERT INTO failing VALUES ('')`);
  const payload = { function_name: 'canary-value', module: 'm', args: [], file: 'f', line: 1 };
  const [event] = records([wireEvent({ trace: 't', payload })]) as [never];
  const states: [string, string, RegExp][] = [
    ['53100', 'unavailable', /disk of the database is full/],
    ['53200', 'unavailable', /no room left/],
    ['25006', 'unavailable', /standby/],
    ['57014', 'unavailable', /too long/],
    ['57P01', 'unavailable', /stopping or starting/],
    ['55P03', 'unavailable', /lock/],
    ['40001', 'unavailable', /collided/],
    ['42P01', 'unavailable', /raceway migrate/],
    ['42501', 'missing_database_right', /forbids/],
    ['23514', 'internal', /23514/],
    ['22P02', 'internal', /22P02/],
    ['54000', 'internal', /54000/],
  ];
  for (const [state, code, message] of states) {
    await database.run('UPDATE failing SET state = $1', [state]);
    await assert.rejects(storage.append(keyless([event]), receivedNs), (error) => {
      assert.ok(error instanceof RacewayError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      if (code === 'internal') assert.ok(!inspect(error, { depth: 9 }).includes('canary'), state);
      return true;
    });
    assert.deepEqual(await storage.events('t', null, 10), []);
  }
  await database.run(`UPDATE failing SET state = ''`);
  await storage.append(keyless([event]), receivedNs);
  assert.deepEqual(await storage.events('t', null, 10), [event]);
});

test('what is said to Postgres passes through PgBouncer in transaction mode', async (t) => {
  const { connection } = await testDatabase(t);
  const proxy = await startTcpProxy(connection, true);
  t.after(() => proxy.cut());
  const options = { ...poolOptions({ ...connection, port: proxy.port }), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  await storage.append(keyless(records([wireEvent({ trace: 't' })])), receivedNs);
  await storage.listTraces(everyTrace);
  await storage.eraseTrace('t');
  await storage.ready();
  await storage.close();
  assert.ok(proxy.connections > 0);
  for (const bytes of proxy.sent()) {
    const { parameters, messages } = readClientBytes(bytes);
    const allowed = ['user', 'database', 'application_name', 'client_encoding'];
    assert.deepEqual(
      parameters.filter((name) => !allowed.includes(name)),
      [],
    );
    for (const { type, text } of messages) {
      if (type === 'P') assert.ok(text.startsWith('\0'), `a named statement: ${text}`);
      if (type === 'P' || type === 'Q') {
        // The SET of an UPDATE sets nothing of the session, nor does that of a function.
        const ofSession =
          /\bLISTEN\b|\bPREPARE\b|(?<!UPDATE \w+ |plpgsql )\bSET (?!LOCAL)[a-z]|pg_advisory_lock/;
        assert.doesNotMatch(text, ofSession);
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
