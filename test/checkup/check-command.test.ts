import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { maskedConnection } from '../../src/config/describe.ts';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { TestTerminal } from '../support/cli.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

const key = '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10';

function urlOf(connection: PostgresConnection): string {
  return maskedConnection(connection).replace(':***@', `:${connection.password}@`);
}

test('a sound set-up passes --production, a sample key in a readable file does not', async (t) => {
  const terminal = new TestTerminal(t);
  const file = join(terminal.cwd, 'raceway.toml');
  writeFileSync(file, '[server]\nrate_limit_enabled = true\n', { mode: 0o640 });
  writeFileSync(join(terminal.cwd, 'keys'), `["${key}"]`, { mode: 0o600 });
  const environment = { RACEWAY_API_KEYS_FILE: 'keys' };
  assert.equal(await terminal.run(['check', '--production'], environment), 0);
  const out = terminal.out.join('\n');
  assert.match(out, /^pass +API keys: asked for$/m);
  assert.match(out, new RegExp(`^pass +File ${file}: mode 640$`, 'm'));
  assert.match(out, new RegExp(`^pass +File ${join(terminal.cwd, 'keys')}: mode 600$`, 'm'));
  assert.doesNotMatch(out, /^fail/m);

  terminal.out.length = 0;
  writeFileSync(file, '[server]\napi_keys = ["your-secret-key-here"]');
  chmodSync(file, 0o644);
  assert.equal(await terminal.run(['check']), 0);
  assert.equal(await terminal.run(['check', '--production']), 1);
  const bad = terminal.out.join('\n');
  assert.match(bad, /^fail +Key api_keys\[0\]: /m);
  assert.match(bad, /^warn +Secrets: in the configuration file: server\.api_keys$/m);
  assert.match(bad, /^fail +File .*: mode 644, should be 600\n +chmod 600 /m);
  assert.ok(!terminal.everything().includes(key));
});

test('--production asks the database: rights, and the age of a plain key', async (t) => {
  const { connection, createRole, run } = await testDatabase(t);
  await migrate(poolOptions(connection));
  const role = await createRole();
  await run('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const terminal = new TestTerminal(t);
  const check = async (as: PostgresConnection) => {
    terminal.out.length = 0;
    const environment = { RACEWAY_API_KEYS: key, RACEWAY_POSTGRES_CONNECTION: urlOf(as) };
    const code = await terminal.run(['check', '--production'], environment);
    return { code, out: terminal.out.join('\n') };
  };
  const without = await check(role);
  assert.equal(without.code, 1);
  assert.match(without.out, /^fail +Database rights: \S+ lacks .*INSERT ON events/m);
  await run(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role.user}`);
  const storage = await openPostgresStorage({ ...poolOptions(role), autoMigrate: false });
  const { digestOf } = await import('../../src/keys/access-key.ts');
  const digest = digestOf(key).toString('hex');
  await storage.noteKeys([{ digest, usedAtMs: null }], Date.now() - 95 * 86_400_000);
  await storage.close();
  const good = await check(role);
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /^pass +Database rights: \S+ reads and writes rows, and no more$/m);
  assert.match(good.out, /^warn +Key api_keys\[0\]: 95 days old$/m);
  const owner = await check(connection);
  assert.equal(owner.code, 1);
  assert.match(owner.out, /^fail +Database rights: postgres is a superuser$/m);
  const away = await check({ ...role, port: 1 });
  assert.match(away.out, /^fail +Database rights: the database cannot be reached/m);
  assert.ok(!terminal.everything().includes('role-password'));
});
