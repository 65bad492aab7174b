import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { applyGrants } from '../../src/storage/postgres/schema/grants.ts';
import { migrate, readMigrations } from '../../src/storage/postgres/schema/migrate.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, run } from '../support/postgres.ts';
import { freePort, startDaemon } from './daemon.ts';
import { startPostgres15, superuser } from './postgres-15.ts';
import { unless } from './programs.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const postgres15 = '/usr/lib/postgresql/15/bin/postgres';
const root = new URL('../../', import.meta.url).pathname;

/** All tests against a database, in a process of their own: the server is chosen once for one. */
test('Debian’s Postgres 15 passes the tests of storage and HTTP', {
  skip: unless(postgres15),
}, async (t) => {
  const port = await startPostgres15(t);
  const url = `postgresql://${superuser.user}:${superuser.password}@127.0.0.1:${port}/postgres`;
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/all.ts', 'storage/', 'http/'], {
    cwd: root,
    env: { ...process.env, TEST_DATABASE_URL: url, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, failuresIn(output));
});

/** What a run of `test/all.ts` wrote of the tests that failed, and its order to repeat. */
function failuresIn(output: string): string {
  const parts = output.split(/^(?=\s*# )/m);
  return parts.filter((part) => /^# test order:|^\s*not ok /m.test(part)).join('');
}

test('the SQL of the seed as written: server, next migration and analyst', {
  skip: unless(postgres15),
}, async (t) => {
  const { connection, as } = await database(t);
  await migrate(poolOptions(connection));
  // The seed, letter by letter.
  await run(
    connection,
    `-- Create application user with minimal permissions
CREATE USER raceway_app WITH PASSWORD 'strong-password';
GRANT CONNECT ON DATABASE raceway TO raceway_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO raceway_app;

-- Create read-only user for analytics
CREATE USER raceway_readonly WITH PASSWORD 'another-password';
GRANT CONNECT ON DATABASE raceway TO raceway_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO raceway_readonly;`,
  );
  const text = 'CREATE TABLE next_release (id uuid)';
  const next = { name: '9999-next', text, checksum: 'checksum' };
  await migrate({ ...poolOptions(connection), migrations: [...readMigrations(), next] });
  const analyst = as('raceway_readonly', 'another-password');
  assert.deepEqual(await run(analyst, 'SELECT * FROM next_release'), []);
  await assert.rejects(run(analyst, 'INSERT INTO next_release DEFAULT VALUES'), { code: '42501' });
  await run(connection, `DELETE FROM schema_migrations WHERE name = '9999-next'`);
  await storeAndRead(t, as('raceway_app', 'strong-password'));
  assert.equal((await run(analyst, 'SELECT count(*)::int AS n FROM events'))[0]?.['n'], 1);
});

test('PgBouncer in transaction mode: migration, grants, writing and reading', {
  skip: unless(postgres15, 'pgbouncer'),
}, async (t) => {
  const { connection, as } = await database(t);
  const pooled = { ...connection, port: await startPgBouncer(t, connection) };
  await migrate(poolOptions(pooled));
  await applyGrants(poolOptions(pooled));
  await run(connection, `ALTER ROLE raceway_app PASSWORD 'strong-password'`);
  const app = { ...as('raceway_app', 'strong-password'), port: pooled.port };
  await storeAndRead(t, app);
  // Two pools on few server connections: nobody may rely on keeping one.
  const storages = await Promise.all(
    [1, 2].map(() => openPostgresStorage({ ...poolOptions(app), autoMigrate: true })),
  );
  t.after(() => Promise.all(storages.map((storage) => storage.close())));
  const traces = Array.from({ length: 40 }, (_, index) => `pooled-${index}`);
  await Promise.all(
    traces.map((trace, index) =>
      storages[index % 2]?.append(keyless(records([wireEvent({ trace })])), receivedNs),
    ),
  );
  assert.equal((await storages[0]?.listTraces(everyTrace))?.total, 1 + traces.length);
});

async function database(t: TestContext) {
  const port = await startPostgres15(t);
  const connection: PostgresConnection = {
    ...{ host: '127.0.0.1', port, database: 'raceway', ...superuser },
    ...{ sslMode: 'disable', sslRootCert: null, applicationName: 'raceway-test' },
  };
  await run({ ...connection, database: 'postgres' }, 'CREATE DATABASE raceway');
  return {
    connection,
    as: (user: string, password: string) => ({ ...connection, user, password }),
  };
}

async function storeAndRead(t: TestContext, connection: PostgresConnection): Promise<void> {
  const storage = await openPostgresStorage({ ...poolOptions(connection), autoMigrate: true });
  t.after(() => storage.close());
  const events = records([wireEvent({ trace: 'one' })]);
  assert.deepEqual(await storage.append(keyless(events), receivedNs), [
    { accepted: 1, duplicates: 0 },
  ]);
  assert.deepEqual(await storage.events('one', null, 10), events);
}

/** Three server connections for everybody, and each only for the length of a transaction. */
async function startPgBouncer(t: TestContext, connection: PostgresConnection): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-pgbouncer-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const files = {
    'users.txt': `"${superuser.user}" "${superuser.password}"\n"raceway_app" "strong-password"\n`,
    'pgbouncer.ini': `[databases]
raceway = host=127.0.0.1 port=${connection.port} dbname=raceway
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users.txt
pool_mode = transaction
default_pool_size = 3
`,
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    if (isRoot) chownSync(join(folder, name), 65_534, 65_534);
  }
  if (isRoot) chownSync(folder, 65_534, 65_534);
  const command = ['/usr/sbin/pgbouncer', '-q', join(folder, 'pgbouncer.ini')] as const;
  await startDaemon(t, command, [port], isRoot ? { uid: 65_534 } : {});
  return port;
}
