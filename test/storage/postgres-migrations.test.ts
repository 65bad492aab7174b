import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import {
  type Migration,
  migrate,
  readMigrations,
} from '../../src/storage/postgres/schema/migrate.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

function broken(part: string) {
  return (error: unknown) => error instanceof RacewayError && error.message.includes(part);
}

test('instances that start at once on an empty database migrate it once', async (t) => {
  const database = await testDatabase(t);
  const options = poolOptions(database.connection);
  const names = readMigrations().map((migration) => migration.name);
  assert.ok(names.length > 0);
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(options)));
  assert.deepEqual(applied.flat().sort(), names);
  const rows = await database.run('SELECT name FROM schema_migrations ORDER BY name');
  assert.deepEqual(
    rows.map((row) => row['name']),
    names,
  );
  assert.deepEqual(await migrate(options), []);
});

test('storages that open at once on an empty database all open', async (t) => {
  const database = await testDatabase(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  const storages = await Promise.all([1, 2, 3].map(() => openPostgresStorage(options)));
  await Promise.all(storages.map((storage) => storage.ready()));
  await Promise.all(storages.map((storage) => storage.close()));
});

test('a database of a newer Raceway is refused, but a running server goes on', async (t) => {
  const database = await testDatabase(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  t.after(() => storage.close());
  await database.run(`INSERT INTO schema_migrations VALUES ('9999-future', 'x')`);
  await assert.rejects(
    openPostgresStorage(options),
    broken('newer Raceway (migration 9999-future)'),
  );
  await assert.rejects(migrate(options), broken('newer Raceway'));
  await storage.ready();
  await database.run('DELETE FROM schema_migrations');
  await assert.rejects(storage.ready(), broken('run `raceway migrate`'));
});

test('an applied migration that was changed is refused', async (t) => {
  const database = await testDatabase(t);
  const options = poolOptions(database.connection);
  await migrate(options);
  await database.run(`UPDATE schema_migrations SET checksum = 'x'`);
  const first = readMigrations()[0]?.name as string;
  await assert.rejects(migrate(options), broken(`migration ${first} is not what was applied`));
  await assert.rejects(
    openPostgresStorage({ ...options, autoMigrate: false }),
    broken('is not what was applied'),
  );
});

test('a migration that fails leaves nothing behind', async (t) => {
  const database = await testDatabase(t);
  const options = poolOptions(database.connection);
  const bad: Migration = {
    name: '0002-bad',
    text: 'CREATE TABLE half (id int); SELECT 1/0',
    checksum: 'x',
  };
  const migrations = [...readMigrations().slice(0, 1), bad];
  await assert.rejects(migrate({ ...options, migrations }), broken('22012'));
  const rows = await database.run(
    `SELECT to_regclass('half') IS NULL AS gone, (SELECT count(*)::int FROM schema_migrations) AS n`,
  );
  assert.deepEqual(rows, [{ gone: true, n: 1 }]);
});

test("tables of somebody else's are not taken for Raceway's", async (t) => {
  for (const table of ['events (id int)', 'schema_migrations (version text)']) {
    const database = await testDatabase(t);
    const options = poolOptions(database.connection);
    await database.run(`CREATE TABLE ${table}`);
    const isSaid = broken('give it a database or schema of its own');
    await assert.rejects(migrate(options), isSaid);
    await assert.rejects(openPostgresStorage({ ...options, autoMigrate: true }), isSaid);
  }
});
