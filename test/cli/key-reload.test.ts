import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KeyReload } from '../../src/cli/key-reload.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configuredKeys, digestOf } from '../../src/keys/access-key.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { KeyRing } from '../../src/keys/key-ring.ts';
import { TestTerminal } from '../support/cli.ts';

function table(name: string, key: string, scopes = '["read"]'): string {
  const hash = digestOf(key).toString('hex');
  return `[[server.keys]]\nname = "${name}"\nhash = "${hash}"\nscopes = ${scopes}\n`;
}

async function serve(t: TestContext, toml: string, environment = {}) {
  const terminal = new TestTerminal(t);
  const file = join(terminal.cwd, 'raceway.toml');
  writeFileSync(file, toml);
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 0, terminal.everything());
  t.after(() => {
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    return exited;
  });
  const url = /listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '';
  return {
    terminal,
    hangUp(text: string) {
      writeFileSync(file, text);
      terminal.logLines.length = 0;
      terminal.process.emit('SIGHUP', 'SIGHUP');
      return terminal.logLines
        .map((line) => JSON.parse(line))
        .map(({ level, msg }) => [level, msg]);
    },
    async statusWith(key: string) {
      return (await fetch(`${url}/status`, { headers: { authorization: `Bearer ${key}` } })).status;
    },
  };
}

test('SIGHUP takes keys in and out at once, without a restart', async (t) => {
  const [first, second] = [generateKey(), generateKey()];
  const id = (key: string) => digestOf(key).toString('hex').slice(0, 8);
  const server = await serve(t, table('a', first));
  assert.deepEqual([await server.statusWith(first), await server.statusWith(second)], [200, 401]);
  assert.deepEqual(server.hangUp(table('a', first) + table('a', second)), [
    ['info', `keys read again: added a (${id(second)}); removed none`],
  ]);
  assert.deepEqual([await server.statusWith(first), await server.statusWith(second)], [200, 200]);
  server.hangUp(table('a', second));
  assert.deepEqual([await server.statusWith(first), await server.statusWith(second)], [401, 200]);
  server.hangUp(table('a', second, '["ingest"]'));
  assert.equal(await server.statusWith(second), 403);
});

test('a reload that cannot be used keeps the old keys and says why once', async (t) => {
  const key = generateKey();
  const server = await serve(t, table('a', key));
  for (const toml of ['[server', '[server]\nprot = 1', table('a', key, '["write"]')]) {
    const lines = server.hangUp(toml);
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.[0], 'error');
    assert.match(lines[0]?.[1], /^the keys stay as they are\. The configuration has a fault:\n/);
    assert.equal(await server.statusWith(key), 200);
  }
});

test('without a key left a server stays closed; other settings ask for a restart', async (t) => {
  const key = generateKey();
  const server = await serve(t, table('a', key));
  const lines = server.hangUp('[server]\nauth_enabled = false\nrate_limit_rpm = 7');
  assert.deepEqual(
    lines.map(([level]) => level),
    ['info', 'warn', 'warn'],
  );
  assert.match(lines[1]?.[1], /no key is left: the server refuses every request/);
  assert.match(lines[2]?.[1], /restart is needed for: server.rate_limit_rpm, server.auth_enabled$/);
  assert.equal(await server.statusWith(key), 401);
});

test('an open server that gets its first key closes', async (t) => {
  const key = generateKey();
  const server = await serve(t, '');
  assert.equal(await server.statusWith('none'), 200);
  assert.equal(server.hangUp(table('a', key)).length, 1);
  assert.deepEqual([await server.statusWith('none'), await server.statusWith(key)], [401, 200]);
});

test('keys of a variable are said to stay', async (t) => {
  const server = await serve(t, '', { RACEWAY_API_KEYS: generateKey() });
  assert.match(
    server.hangUp('')[1]?.[1],
    /keys of RACEWAY_API_KEYS cannot change while the process/,
  );
});

test('T18: a secret that is swapped by its symlink is taken when it has come to rest', (t) => {
  const { cwd } = new TestTerminal(t);
  const [old, fresh] = [generateKey(), generateKey()];
  for (const [folder, key] of Object.entries({ one: old, two: fresh })) {
    mkdirSync(join(cwd, folder));
    writeFileSync(join(cwd, folder, 'keys'), `["${key}"]\n`);
  }
  symlinkSync('one', join(cwd, 'data'));
  symlinkSync(join('data', 'keys'), join(cwd, 'keys'));
  const load = () => loadConfig({ environment: { RACEWAY_API_KEYS_FILE: 'keys' }, cwd });
  const loaded = load();
  const ring = new KeyRing(configuredKeys(loaded.config.server), true);
  const lines: string[] = [];
  const log = (line: unknown) => void lines.push(String(line));
  const reload = new KeyReload(loaded, {
    load,
    log: { info: log, warn: log, error: log },
    apply: (settings) => ring.replace(configuredKeys(settings), settings.auth_enabled),
  });
  const isOpenTo = (key: string) => typeof ring.find(key, 0) !== 'string';
  reload.poll();
  symlinkSync('two', join(cwd, 'next'));
  renameSync(join(cwd, 'next'), join(cwd, 'data'));
  reload.poll();
  assert.deepEqual([isOpenTo(old), isOpenTo(fresh)], [true, false]);
  reload.poll();
  assert.deepEqual([isOpenTo(old), isOpenTo(fresh)], [false, true]);
  rmSync(join(cwd, 'two'), { recursive: true });
  for (let count = 0; count < 3; count += 1) reload.poll();
  assert.equal(lines.length, 2);
  assert.match(lines[1] ?? '', /the keys stay as they are\..*RACEWAY_API_KEYS_FILE/s);
  assert.ok(isOpenTo(fresh));
});
