import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedConnection } from '../../src/config/describe.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { applyGrants, readGrantScript } from '../../src/storage/postgres/schema/grants.ts';
import { migrate, readMigrations } from '../../src/storage/postgres/schema/migrate.ts';
import { TestTerminal } from '../support/cli.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, run, testDatabase } from '../support/postgres.ts';

const password = 'strong-password';
const receivedNs = 2_000_000_000_000_000_000n;

async function guideDatabase(t: Parameters<typeof testDatabase>[0]) {
  const database = await testDatabase(t);
  const { connection } = database;
  const as = async (user: string): Promise<PostgresConnection> => {
    await database.run(`ALTER ROLE ${user} PASSWORD '${password}'`);
    return { ...connection, user, password };
  };
  return { ...database, as };
}

const refused = (sql: string, connection: PostgresConnection) =>
  assert.rejects(run(connection, sql), { code: '42501' }, sql);

test('--grants prints a script that can be run again, --apply migrates and runs it', async (t) => {
  const { connection, as, run: runSql } = await guideDatabase(t);
  const url = maskedConnection(connection).replace(':***@', `:${connection.password}@`);
  const raceway = async (...args: string[]) => {
    const terminal = new TestTerminal(t);
    const environment = { RACEWAY_POSTGRES_CONNECTION: url };
    assert.equal(await terminal.run(['migrate', ...args], environment), 0, terminal.everything());
    return terminal.out.join('\n');
  };
  const script = await raceway('--grants');
  assert.deepEqual(await runSql(`SELECT 1 FROM pg_class WHERE relname = 'events'`), []);
  assert.match(await raceway('--grants', '--apply'), /up to date.*raceway_app/s);
  assert.match(await raceway('--grants', '--apply'), /up to date/);
  await runSql(script);
  await runSql(script);
  const storage = await openPostgresStorage({
    ...poolOptions(await as('raceway_app')),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  assert.deepEqual(
    await storage.append(keyless(records([wireEvent({ trace: 't' })])), receivedNs),
    [{ accepted: 1, duplicates: 0 }],
  );
});

test('the script of the guide: the server writes, the analyst reads, neither makes or deletes', async (t) => {
  const { connection, as } = await guideDatabase(t);
  await migrate(poolOptions(connection));
  await applyGrants(poolOptions(connection));
  const [app, analyst] = [await as('raceway_app'), await as('raceway_readonly')];
  const tables = (await run(
    connection,
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  )) as { relname: string }[];
  assert.ok(tables.length >= 4);
  for (const { relname } of tables) {
    await run(analyst, `SELECT * FROM ${relname}`);
    for (const statement of ['DELETE FROM', 'TRUNCATE']) {
      await refused(`${statement} ${relname}`, app);
      await refused(`${statement} ${relname}`, analyst);
    }
    await refused(`INSERT INTO ${relname} DEFAULT VALUES`, analyst);
  }
  for (const role of [app, analyst]) {
    await refused('CREATE TABLE public.mine (id int)', role);
    await refused('CREATE TEMPORARY TABLE mine (id int)', role);
    await refused('ALTER TABLE events ADD COLUMN mine int', role);
  }
});

test('the next migration is covered: its tables are readable at once', async (t) => {
  const { connection, as } = await guideDatabase(t);
  await migrate(poolOptions(connection));
  await applyGrants(poolOptions(connection));
  const text = 'CREATE TABLE of_next_release (trace_id text PRIMARY KEY)';
  const next = { name: '9999-next', text, checksum: 'checksum' };
  await migrate({ ...poolOptions(connection), migrations: [...readMigrations(), next] });
  await run(await as('raceway_app'), `INSERT INTO of_next_release VALUES ('t')`);
  const analyst = await as('raceway_readonly');
  assert.deepEqual(await run(analyst, 'SELECT * FROM of_next_release'), [{ trace_id: 't' }]);
  await refused('DELETE FROM of_next_release', analyst);
});

test('a stranger among the roles of the server may no longer connect', async (t) => {
  const { connection, createRole } = await guideDatabase(t);
  const stranger = await createRole();
  assert.deepEqual(await run(stranger, 'SELECT 1 AS one'), [{ one: 1 }]);
  await applyGrants(poolOptions(connection));
  await assert.rejects(run(stranger, 'SELECT 1'), { code: '42501' });
});

test('names that need quotes are quoted', async (t) => {
  const { connection, run: runSql } = await guideDatabase(t);
  const schema = 'My "schema"';
  await runSql(`CREATE SCHEMA "My ""schema"""`);
  await runSql(`ALTER DATABASE ${connection.database} SET search_path = "My ""schema"""`);
  const script = await readGrantScript(poolOptions(connection));
  assert.ok(script.includes(`IN SCHEMA "${schema.replaceAll('"', '""')}" TO raceway_app`));
  await applyGrants(poolOptions(connection));
});

test('a user who may not is told whom to ask', async (t) => {
  const { createRole } = await guideDatabase(t);
  const stranger = await createRole();
  await assert.rejects(applyGrants(poolOptions(stranger)), (error: unknown) => {
    assert.ok(error instanceof RacewayError);
    assert.equal(error.code, 'missing_database_right');
    assert.match(error.message, /raceway migrate --grants.*owner of the database/);
    return true;
  });
});
