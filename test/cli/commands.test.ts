import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { maskedConnection } from '../../src/config/describe.ts';
import { apiKeyFault } from '../../src/config/values/api-key.ts';
import { digestOf } from '../../src/keys/access-key.ts';
import { isGeneratedKey } from '../../src/keys/key-format.ts';
import { readMigrations } from '../../src/storage/postgres/schema/migrate.ts';
import { TestTerminal } from '../support/cli.ts';
import { load } from '../support/config.ts';
import { testDatabase } from '../support/postgres.ts';

const canary = 'canary-7c1f0a9e5b3d';

test('keygen prints a key of 256 bits that the server takes, a new one each time', async (t) => {
  const terminal = new TestTerminal(t);
  for (let count = 0; count < 20; count += 1) assert.equal(await terminal.run(['keygen']), 0);
  assert.equal(new Set(terminal.out).size, 20);
  for (const key of terminal.out) {
    assert.match(key, /^[0-9a-f]{64}$/);
    assert.equal(apiKeyFault(key), null);
  }
});

test('keygen --name prints a key once, and a table that lets it in', async (t) => {
  const terminal = new TestTerminal(t);
  const args = ['--name', 'checkout', '--scopes', 'ingest, read', '--expires', '90d'];
  assert.equal(await terminal.run(['keygen', ...args, '--services', 'web,api']), 0);
  const [key = '', , ...table] = terminal.out.join('\n').split('\n');
  assert.ok(isGeneratedKey(key));
  assert.ok(!table.join().includes(key.slice(4)));
  const { config } = load({ toml: table.join('\n') });
  const [entry] = config.server.keys;
  const { created_at: createdAt = 0, expires_at: expiresAt = 0, ...rest } = entry ?? {};
  assert.deepEqual(rest, {
    name: 'checkout',
    hash: digestOf(key).toString('hex'),
    scopes: ['ingest', 'read'],
    services: ['web', 'api'],
  });
  assert.equal(expiresAt - createdAt, 90 * 86_400_000);
  assert.ok(Math.abs(createdAt - Date.now()) < 60_000);
});

test('keygen says what is wrong with a key that is asked for', async (t) => {
  const wrong: readonly (readonly [args: string[], sentence: RegExp])[] = [
    [['--scopes', 'read'], /needs a --name/],
    [
      ['--name', 'a'],
      /--scopes must say what the key is good for: ingest, read, triage, delete, admin/,
    ],
    [['--name', 'a b', '--scopes', 'read'], /--name must be a text of up to 48/],
    [['--name', 'a', '--scopes', 'write'], /--scopes must be a list of one or more of ingest/],
    [['--name', 'a', '--scopes', 'read', '--expires', '90'], /--expires must be in the future/],
    [['--name', 'a', '--scopes', 'read', '--expires', '2020-01-01'], /--expires must be in the/],
  ];
  for (const [args, sentence] of wrong) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run(['keygen', ...args]), 2);
    assert.match(terminal.told.join(), sentence);
    assert.deepEqual(terminal.out, []);
  }
});

test('check prints what is in effect, masked, and warnings apart from it', async (t) => {
  const terminal = new TestTerminal(t);
  const environment = { RACEWAY_POSTGRES_CONNECTION: `postgres://u:${canary}@h/d` };
  assert.equal(await terminal.run(['check', '--port', '81'], environment), 0);
  assert.match(terminal.out.join('\n'), /^server\.port = 81 +# --port$/m);
  assert.match(terminal.out.join('\n'), /connection_string = "postgresql:\/\/u:\*\*\*@h:5432\/d/);
  assert.match(terminal.told.join('\n'), /^WARNING: This server is open/);
  assert.ok(!terminal.everything().includes(canary));
});

test('a faulty configuration is a readable message and exit code 1, for every command', async (t) => {
  for (const command of ['serve', 'migrate', 'check', 'healthcheck']) {
    const terminal = new TestTerminal(t);
    writeFileSync(join(terminal.cwd, 'raceway.toml'), `[server]\nprot = 1\napi_keys = "${canary}"`);
    assert.equal(await terminal.run([command]), 1);
    assert.deepEqual(terminal.out, []);
    assert.deepEqual(terminal.told, [
      'raceway: The configuration has 2 faults:\n' +
        '  raceway.toml: server.api_keys must be a list of API keys such as ["…", "…"].\n' +
        '  raceway.toml: server.prot is not a known key (did you mean server.port?).',
    ]);
    assert.deepEqual(terminal.logLines, []);
  }
});

test('migrate without a database says what to set', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['migrate']), 1);
  assert.match(terminal.told[0] ?? '', /no database to migrate.*RACEWAY_POSTGRES_CONNECTION/);
});

test('migrate --apply belongs to --grants', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['migrate', '--apply']), 2);
  assert.match(terminal.told[0] ?? '', /--apply belongs to --grants/);
});

test('migrate applies what is missing, names it, and does nothing the second time', async (t) => {
  const { connection, run } = await testDatabase(t);
  const { password } = connection;
  const masked = maskedConnection(connection);
  const url = masked.replace(':***@', `:${encodeURIComponent(password ?? '')}@`);
  const terminal = new TestTerminal(t);
  const environment = { RACEWAY_POSTGRES_CONNECTION: url };
  assert.equal(await terminal.run(['migrate'], environment), 0, terminal.everything());
  const applied = readMigrations().map(({ name }) => `applied ${name}`);
  assert.deepEqual(terminal.out, [...applied, 'The database is up to date.']);
  assert.equal((await run('SELECT count(*)::int AS n FROM events'))[0]?.['n'], 0);
  const again = new TestTerminal(t);
  assert.equal(await again.run(['migrate'], environment), 0);
  assert.deepEqual(again.out, ['The database is up to date.']);
});

test('a database that is away is one sentence and exit code 1', async (t) => {
  for (const command of ['migrate', 'serve']) {
    const terminal = new TestTerminal(t);
    const environment = {
      RACEWAY_API_KEYS: `${canary}-key`,
      RACEWAY_POSTGRES_CONNECTION: `postgres://u:${canary}@127.0.0.1:1/d`,
      RACEWAY_STORAGE_POSTGRES_CONNECTION_TIMEOUT_SECONDS: '1',
      RACEWAY_STORAGE_POSTGRES_START_TIMEOUT_SECONDS: '1',
    };
    assert.equal(await terminal.run([command], environment), 1);
    assert.match(
      terminal.told.join('\n'),
      /^raceway: the database cannot be reached \(ECONNREFUSED/,
    );
    assert.ok(!terminal.everything().includes(canary));
  }
});

test('T10: healthcheck asks the effective host and port', async (t) => {
  let status = 200;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (args: string[], environment = {}) => {
    const terminal = new TestTerminal(t);
    writeFileSync(join(terminal.cwd, 'a.toml'), `[server]\nport = ${port}\nhost = "0.0.0.0"`);
    return terminal.run(['healthcheck', ...args], environment);
  };
  assert.equal(await ask(['--config', 'a.toml']), 0);
  assert.equal(await ask([], { RACEWAY_SERVER_PORT: String(port) }), 0);
  assert.equal(await ask(['--host', 'localhost', '--port', String(port)]), 0);
  status = 503;
  assert.equal(await ask(['--config', 'a.toml']), 1);
  assert.deepEqual(new Set(asked), new Set(['/health']));
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await ask(['--config', 'a.toml']), 1);
});
