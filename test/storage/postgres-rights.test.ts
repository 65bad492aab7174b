import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

const receivedNs = 2_000_000_000_000_000_000n;

function open(connection: PostgresConnection, autoMigrate = true) {
  return openPostgresStorage({ ...poolOptions(connection), autoMigrate });
}

function failure(code: string, ...parts: readonly string[]) {
  return (error: unknown) => {
    assert.ok(error instanceof RacewayError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

test('T5: the server runs with the grants of the seed, and no more', async (t) => {
  const database = await testDatabase(t);
  const app = await database.createRole();
  const name = database.connection.database;
  await migrate(poolOptions(database.connection));
  await database.run('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await database.run(`GRANT CONNECT ON DATABASE ${name} TO ${app.user}`);
  await database.run(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${app.user}`);
  const storage = await open(app);
  t.after(() => storage.close());
  await storage.ready();
  const events = records([wireEvent({ trace: 't' }), wireEvent({ trace: 't', at: 3 })]);
  for (const accepted of [2, 0]) {
    assert.deepEqual(await storage.append(keyless(events), receivedNs), [
      { accepted, duplicates: 2 - accepted },
    ]);
  }
  assert.deepEqual(await storage.events('t', null, 10), events);
  assert.equal((await storage.listTraces(everyTrace)).total, 1);
  assert.equal((await storage.services()).length, 1);
  assert.ok(((await storage.statistics()).bytes ?? 0) > 0);

  await assert.rejects(
    storage.eraseTrace('t'),
    failure('missing_database_right', 'GRANT DELETE ON events, traces, trace_services'),
  );
  assert.equal((await storage.events('t', null, 10)).length, 2);
  await database.run(`GRANT DELETE ON ALL TABLES IN SCHEMA public TO ${app.user}`);
  assert.equal(await storage.eraseTrace('t'), 2);
});

test('T5: a missing grant is named', async (t) => {
  const database = await testDatabase(t);
  const app = await database.createRole();
  await migrate(poolOptions(database.connection));
  await database.run('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await assert.rejects(
    open(app),
    failure('missing_database_right', `GRANT SELECT ON schema_migrations TO ${app.user};`),
  );
  await database.run(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${app.user}`);
  await database.run(`REVOKE INSERT, UPDATE ON trace_services FROM ${app.user}`);
  await database.run(`REVOKE UPDATE ON traces FROM ${app.user}`);
  await assert.rejects(
    open(app),
    failure(
      'missing_database_right',
      `GRANT INSERT, UPDATE ON trace_services TO ${app.user}; GRANT UPDATE ON traces TO ${app.user};`,
    ),
  );
});

test('T5: without the right to create tables, the message says who must migrate', async (t) => {
  const database = await testDatabase(t);
  const app = await database.createRole();
  await database.run('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await assert.rejects(open(app), failure('missing_database_right', '`raceway migrate`', 'owner'));
  await assert.rejects(
    open(database.connection, false),
    failure('unavailable', '`raceway migrate`', 'auto_migrate is off'),
  );
  assert.deepEqual(await database.run('SELECT 1 FROM pg_class WHERE relname = $1', ['events']), []);
});

test('T5: a new table gets the rights that roles hold on events', async (t) => {
  const database = await testDatabase(t);
  const app = await database.createRole();
  const reader = await database.createRole();
  const options = poolOptions(database.connection);
  const [first] = (await import('../../src/storage/postgres/schema/migrate.ts')).readMigrations();
  assert.ok(first);
  await migrate({ ...options, migrations: [first] });
  await database.run(
    `GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${app.user};
     GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader.user}`,
  );
  const text = 'CREATE TABLE "Findings" (trace_id text PRIMARY KEY)';
  const second = { name: '0002-findings', text, checksum: 'checksum' };
  assert.deepEqual(await migrate({ ...options, migrations: [first, second] }), ['0002-findings']);
  const rights = await database.run(
    `SELECT rolname, array_agg(privilege ORDER BY privilege)::text[] AS rights
     FROM pg_roles, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
     WHERE rolname IN ($1, $2) AND has_table_privilege(rolname, '"Findings"', privilege)
     GROUP BY rolname ORDER BY rolname`,
    [app.user, reader.user],
  );
  assert.deepEqual(rights, [
    { rolname: app.user, rights: ['INSERT', 'SELECT', 'UPDATE'] },
    { rolname: reader.user, rights: ['SELECT'] },
  ]);
});
