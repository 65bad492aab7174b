import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFileVariable, variablesOf } from '../../src/config/environment.ts';
import { interpolate } from '../../src/config/interpolation.ts';
import { keys } from '../../src/config/schema.ts';
import { type Tree, valueAt } from '../../src/config/toml.ts';
import type { Key } from '../../src/config/values/key.ts';
import { faultLines, load } from '../support/config.ts';

const apiKey = '0123456789abcdef0123456789abcdef';

test('without any configuration the defaults hold', () => {
  const { config, sources } = load({});
  assert.equal(config.server.host, '127.0.0.1');
  assert.equal(config.server.port, 8080);
  assert.equal(config.server.auth_enabled, false);
  assert.equal(config.storage.backend, 'memory');
  assert.equal(config.storage.memory.max_bytes, 512 * 2 ** 20);
  assert.deepEqual(new Set(sources.values()), new Set(['default']));
});

/** A value other than the default for each kind of key, as text and as it arrives. */
function sample(key: Key): [text: string, value: unknown] {
  if (key.name === 'server.host') return ['0.0.0.0', '0.0.0.0'];
  if (key.name === 'server.api_keys') return [`["${apiKey}"]`, [apiKey]];
  if (key.name === 'server.cors_origins') return ['https://a.example', ['https://a.example']];
  if (key.name === 'server.trusted_proxies') return ['10.0.0.0/8,::1', ['10.0.0.0/8', '::1']];
  if (key.name === 'server.public_url') return ['https://a.example/b', 'https://a.example/b'];
  if (key.name === 'server.allowed_hosts') return ['a.example,b', ['a.example', 'b']];
  if (key.name === 'ui.session_secret') return [apiKey, apiKey];
  if (key.name === 'storage.backend') return ['MEMORY', 'memory'];
  if (key.name === 'logging.level') return ['Warn', 'warn'];
  if (key.name === 'storage.memory.max_bytes') return ['2097152', 2_097_152];
  if (key.name === 'server.memory_limit_bytes') return ['536870912', 536_870_912];
  if (key.name === 'server.max_body_bytes') return ['2048', 2048];
  if (key.kind === 'list') return ['kind.Custom.data', ['kind.Custom.data']];
  if (key.name === 'audit.file') return ['audit.log', 'audit.log'];
  if (key.name === 'storage.memory.directory') return ['kept', 'kept'];
  if (key.name === 'audit.on_failure') return ['Refuse', 'refuse'];
  if (key.name === 'server.keys') {
    const named = { name: 'a', hash: 'ab'.repeat(32), scopes: ['read'] };
    return [JSON.stringify([named]), [named]];
  }
  if (key.name === 'analysis.exclude') {
    const rule = { route: 'GET /health*', user_agent: 'bot' };
    return [JSON.stringify([rule]), [rule]];
  }
  if (key.name === 'findings.ignore') {
    const rule = { service: 'web', reason: 'known' };
    return [JSON.stringify([rule]), [rule]];
  }
  if (key.name === 'findings.owner') {
    const rule = { path: 'src/', name: 'team' };
    return [JSON.stringify([rule]), [rule]];
  }
  if (key.kind === 'number') return ['3', 3];
  return ['false', false];
}

/** Keys whose values hang together; they have tests of their own. */
const inPairs = [
  'storage.postgres.connection_string',
  'storage.postgres.read_connection',
  'server.tls.cert',
  'server.tls.key',
  'ui.auth_proxy_header',
  'ui.auth_proxy_groups_header',
  'ui.auth_proxy_groups',
  'alerts',
];

test('every key is set by every variable of it', () => {
  for (const key of keys.filter(({ name }) => !inPairs.includes(name))) {
    for (const variable of variablesOf(key)) {
      const [text, value] = sample(key);
      const isFile = isFileVariable(variable);
      const { config, sources } = load({
        files: { value: text },
        environment: { [variable]: isFile ? 'value' : text },
      });
      assert.deepEqual(valueAt(config as unknown as Tree, key.path), value, variable);
      assert.equal(sources.get(key.name), variable);
    }
  }
});

test('sign-in by a proxy asks for keys or that proxy, also without any key', () => {
  const { config } = load({
    environment: {
      RACEWAY_UI_AUTH_PROXY_HEADER: 'Remote-User',
      RACEWAY_UI_AUTH_PROXY_GROUPS_HEADER: 'Remote-Groups',
      RACEWAY_UI_AUTH_PROXY_GROUPS: '[{"name":"ops","scopes":["delete","read"]}]',
    },
  });
  assert.equal(config.server.auth_enabled, true);
  assert.deepEqual(config.ui, {
    enabled: true,
    auth_proxy_header: 'Remote-User',
    auth_proxy_groups_header: 'Remote-Groups',
    auth_proxy_groups: [{ name: 'ops', scopes: ['read', 'delete'] }],
  });
});

test('a named key: hash with or without sha256:, dates as TOML or text, variables in it', () => {
  const hash = 'AB'.repeat(32);
  const toml = `[[server.keys]]
name = "checkout"
hash = "sha256:$\{HASH}"
scopes = ["read", "ingest", "read"]
created_at = "2026-11-25T22:00:00+01:00"
expires_at = 2027-02-23
[[server.keys]]
name = "checkout"
hash = "${'cd'.repeat(32)}"
scopes = ["admin"]
created_at = 2026-11-25T21:00:00Z`;
  const { config, notes } = load({ toml, environment: { HASH: hash } });
  assert.equal(config.server.auth_enabled, true);
  assert.deepEqual(notes, []);
  const createdAt = Date.UTC(2026, 10, 25, 21);
  assert.deepEqual(config.server.keys, [
    {
      name: 'checkout',
      hash: hash.toLowerCase(),
      scopes: ['ingest', 'read'],
      created_at: createdAt,
      expires_at: Date.UTC(2027, 1, 23),
    },
    { name: 'checkout', hash: 'cd'.repeat(32), scopes: ['admin'], created_at: createdAt },
  ]);
});

test('the command line wins over variables, these over the file', () => {
  const toml = '[server]\nport = 1001\nhost = "10.0.0.1"\nverbose = true';
  const environment = { RACEWAY_SERVER_PORT: '1002', RACEWAY_SERVER_HOST: '10.0.0.2' };
  const { config, sources } = load({ toml, environment, port: '1003' });
  const { port, host, verbose } = config.server;
  assert.deepEqual([port, host, verbose], [1003, '10.0.0.2', true]);
  const named = ['server.port', 'server.host', 'server.verbose'].map((key) => sources.get(key));
  assert.deepEqual(named, ['--port', 'RACEWAY_SERVER_HOST', 'raceway.toml']);
});

test('the file is that of --config, else of RACEWAY_CONFIG, else ./raceway.toml', () => {
  const files = { 'a.toml': '[server]\nport = 1001', 'b.toml': '[server]\nport = 1002' };
  const toml = '[server]\nport = 1003';
  const environment = { RACEWAY_CONFIG: 'b.toml' };
  assert.equal(load({ files, toml, environment, file: 'a.toml' }).config.server.port, 1001);
  assert.equal(load({ files, toml, environment }).config.server.port, 1002);
  assert.equal(load({ files, toml }).config.server.port, 1003);
  assert.equal(load({ files, toml, environment, file: null }).config.server.port, 8080);
});

test('a byte order mark and Windows line ends do no harm', () => {
  assert.equal(load({ toml: '\uFEFF[server]\r\nport = 1001\r\n' }).config.server.port, 1001);
});

test('only the command line asks for any free port', () => {
  assert.equal(load({ port: 0 }).config.server.port, 0);
  const { config, sources } = load({ port: '0' });
  assert.equal(config.server.port, 0);
  assert.equal(sources.get('server.port'), '--port');
});

test('an explicit value wins over what keys and connection would decide', () => {
  const environment = { RACEWAY_API_KEYS: apiKey, RACEWAY_POSTGRES_CONNECTION: 'postgres://u@h/d' };
  const toml = '[server]\nauth_enabled = false\n[storage]\nbackend = "memory"';
  const { config, notes } = load({ environment, toml });
  assert.equal(config.server.auth_enabled, false);
  assert.equal(config.storage.backend, 'memory');
  assert.equal(config.storage.postgres.connection, null);
  assert.match(notes.map(({ text }) => text).join('\n'), /connection string is not used/);
});

test('supabase is postgres under another name', () => {
  const environment = { RACEWAY_POSTGRES_CONNECTION: 'postgres://u@h/d' };
  const { config } = load({ environment, toml: '[storage]\nbackend = "Supabase"' });
  assert.equal(config.storage.backend, 'postgres');
});

test('variables of one key may be set twice when they agree, and must not differ', () => {
  const agreeing = { RACEWAY_API_KEYS: `["${apiKey}"]`, RACEWAY_SERVER_API_KEYS: apiKey };
  assert.deepEqual(load({ environment: agreeing }).config.server.api_keys, [apiKey]);
  const files = { keys: `${apiKey}x` };
  const differing = { RACEWAY_API_KEYS: apiKey, RACEWAY_API_KEYS_FILE: 'keys' };
  assert.deepEqual(faultLines({ files, environment: differing }), [
    'RACEWAY_API_KEYS and RACEWAY_API_KEYS_FILE are both set and differ; remove one of them.',
  ]);
});

test('variables are filled into texts, percent-encoded before the @ of a URL', () => {
  const toml = [
    '[server]',
    'host = "$' + '{HOST}"',
    'api_keys = ["$' + '{KEY_ONE}", "prefix-$' + '{KEY_ONE}"]',
    '[storage.postgres]',
    'connection_string = "postgresql://$' + '{USER}:$' + '{PASSWORD}@$' + '{HOST}/a"',
  ].join('\n');
  const password = 'p/a?s#s@w:o%r%41d $' + '{USER}';
  const { config } = load({
    toml,
    environment: { HOST: '10.0.0.9', KEY_ONE: apiKey, USER: 'ann@corp', PASSWORD: password },
  });
  assert.equal(config.server.host, '10.0.0.9');
  assert.deepEqual(config.server.api_keys, [apiKey, `prefix-${apiKey}`]);
  const { connection } = config.storage.postgres;
  assert.deepEqual(
    [connection?.user, connection?.password, connection?.host],
    ['ann@corp', password, '10.0.0.9'],
  );
});

test('a doubled dollar stands for itself before a brace', () => {
  const interpolated = interpolate('a $$\u007bNAME} b', { NAME: 'never' });
  assert.deepEqual(interpolated, { text: 'a $\u007bNAME} b' });
});

test('fewer connections than are kept open by default are no fault', () => {
  const { config } = load({ toml: '[storage.postgres]\nmax_connections = 1' });
  assert.equal(config.storage.postgres.min_connections, 1);
});

test('the configuration is frozen to the last item', () => {
  const { config } = load({ environment: { RACEWAY_POSTGRES_CONNECTION: 'postgres://u:p@h/d' } });
  const values: unknown[] = [config];
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue;
    assert.ok(Object.isFrozen(value));
    values.push(...Object.values(value));
  }
  assert.ok(values.length > keys.length);
});
