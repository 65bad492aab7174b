import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { versionRemark } from '../../src/checkup/upgrade.ts';
import { migrate, readMigrations } from '../../src/storage/postgres/schema/migrate.ts';
import { packageVersion } from '../../src/version.ts';
import { TestTerminal } from '../support/cli.ts';
import { testDatabase } from '../support/postgres.ts';

test('upgrade-check names the migrations that a database lacks, and applies none', async (t) => {
  const { connection } = await testDatabase(t);
  const { user, password, host, port, database } = connection;
  const url = `postgresql://${user}:${password}@${host}:${port}/${database}`;
  const environment = { RACEWAY_POSTGRES_CONNECTION: url };
  const all = readMigrations();
  await migrate({ connection, connectionTimeoutSeconds: 5, migrations: all.slice(0, 2) });
  for (const round of [1, 2]) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run(['upgrade-check'], environment), 0, `round ${round}`);
    assert.match(
      terminal.out.join(),
      new RegExp(`lacks ${all.length - 2} migrations: ${all[2]?.name}`),
    );
    assert.match(terminal.out.join(), /the next start applies them/);
  }
  const terminal = new TestTerminal(t);
  const byOwner = { ...environment, RACEWAY_STORAGE_POSTGRES_AUTO_MIGRATE: 'false' };
  assert.equal(await terminal.run(['upgrade-check'], byOwner), 0);
  assert.match(terminal.out.join(), /run raceway migrate as its owner/);

  const later = { name: '9999-later', text: 'SELECT 1', checksum: 'other' };
  await migrate({ connection, connectionTimeoutSeconds: 5 });
  const current = new TestTerminal(t);
  assert.equal(await current.run(['upgrade-check'], environment), 0);
  assert.match(current.out.join(), /pass +database: has the schema of this version/);
  await migrate({ connection, connectionTimeoutSeconds: 5, migrations: [...all, later] });
  const newer = new TestTerminal(t);
  assert.equal(await newer.run(['upgrade-check'], environment), 1);
  assert.match(
    newer.out.join(),
    /fail +database: .*made by a newer Raceway \(migration 9999-later\)/,
  );
});

test('upgrade-check tells what ends with a server in memory, and what it cannot see', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['upgrade-check', '--server', 'http://127.0.0.1:1']), 0);
  assert.match(
    terminal.out.join(),
    /warn +database: .*memory[\s\S]*unknown +version: 127\.0\.0\.1:1/,
  );
  const wrong = new TestTerminal(t);
  assert.equal(await wrong.run(['upgrade-check'], { RACEWAY_SERVER_PORT: 'x' }), 1);
  assert.match(wrong.told.join(), /RACEWAY_SERVER_PORT/);
});

test('upgrade-check compares with the version that runs', async (t) => {
  let version = '0.0.9';
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ success: true, data: { version }, error: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const args = [
    'upgrade-check',
    '--server',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  ];
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(args), 0);
  assert.match(
    terminal.out.join(),
    new RegExp(`warn +version: from 0.0.9 to ${packageVersion()} may`),
  );
  version = '999.0.0';
  const back = new TestTerminal(t);
  assert.equal(await back.run(args), 1);
  assert.match(back.out.join(), /fail +version: .* is a step back/);
});

test('what a step between versions may break follows from their numbers', () => {
  const steps: readonly (readonly [string, string, string])[] = [
    ['1.2.3', '1.2.3', 'pass'],
    ['1.2.3', '1.2.4', 'pass'],
    ['1.2.3', '1.10.0', 'pass'],
    ['1.2.3', '2.0.0', 'warn'],
    ['0.1.0', '0.1.1', 'pass'],
    ['0.1.0', '0.2.0', 'warn'],
    ['0.9.0', '1.0.0', 'warn'],
    ['1.10.0', '1.9.9', 'fail'],
    ['1.0.0-rc.1', '1.0.0', 'pass'],
    ['nothing', '1.0.0', 'unknown'],
  ];
  for (const [from, to, level] of steps) {
    assert.equal(versionRemark(from, to).level, level, `${from} to ${to}`);
  }
});

test('Windows is refused with a sentence', async (t) => {
  const terminal = new TestTerminal(t);
  terminal.platform = 'win32';
  assert.equal(await terminal.run(['serve']), 1);
  assert.match(terminal.told.join(), /run it under WSL/);
});
