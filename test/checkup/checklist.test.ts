/** The seed's checklist for a deployment, one test per line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Circumstances, checklist } from '../../src/checkup/checklist.ts';
import { remarkLines } from '../../src/checkup/remark.ts';
import { digestOf } from '../../src/keys/access-key.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { type ConfigSketch, load } from '../support/config.ts';

const day = 86_400_000;
const nowMs = Date.UTC(2026, 10, 1);
const key = '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10';
const strongKey = generateKey();
const quiet: Circumstances = {
  ...{ nowMs, uid: 1000, files: [], plainSecrets: [] },
  ...{ certificateExpiresAtMs: null, database: null, replica: null },
};

/** Verdict and detail of the lines on a subject. */
function lines(subject: string, sketch: ConfigSketch, more: Partial<Circumstances> = {}) {
  const all = checklist(load(sketch).config, { ...quiet, ...more });
  for (const { level, fix } of all) assert.equal(fix === null, level === 'pass');
  return all
    .filter((remark) => remark.subject.startsWith(subject))
    .map(({ level, detail }) => `${level}: ${detail}`);
}

const environment = { RACEWAY_API_KEYS: key };

test('Enable API key authentication', () => {
  assert.deepEqual(lines('API keys', { environment }), ['pass: asked for']);
  assert.match(lines('API keys', {})[0] ?? '', /^fail: not asked for/);
  const off = { ...environment, RACEWAY_SERVER_AUTH_ENABLED: 'false' };
  assert.match(lines('API keys', { environment: off })[0] ?? '', /^fail: not asked for/);
});

test('Use HTTPS via reverse proxy: not seen from inside, unless Raceway speaks it', () => {
  assert.match(lines('HTTPS', {})[0] ?? '', /^outside: /);
  const native = (days: number) => ({ certificateExpiresAtMs: nowMs + days * day });
  assert.deepEqual(lines('HTTPS', {}, native(60)), ['pass: spoken by Raceway itself (server.tls)']);
  const ends = [60, 20, 6].map((days) =>
    lines('TLS certificate', {}, native(days))[0]?.slice(0, 4),
  );
  assert.deepEqual(ends, ['pass', 'warn', 'fail']);
});

test('Configure CORS to specific origins only: each is named', () => {
  const cors = (list: string) => lines('CORS', { toml: `[server]\ncors_origins = ${list}` });
  assert.deepEqual(
    cors('["https://app.company.com", "http://localhost:3000", "http://a.example"]'),
    [
      'pass: https://app.company.com is let in',
      'warn: http://localhost:3000 is for development',
      'warn: http://a.example is a page that anybody on the way changes',
    ],
  );
  assert.deepEqual(cors('["*"]'), ['fail: "*" lets every web page in']);
  assert.deepEqual(cors('[]'), ['pass: no page of another origin is let in']);
  const toml = '[development]\ncors_allow_all = true';
  assert.match(lines('CORS', { toml })[0] ?? '', /^fail: development\.cors_allow_all/);
});

test('Bind to localhost', () => {
  assert.deepEqual(lines('Bind address', {}), ['pass: 127.0.0.1, this machine only']);
  assert.match(lines('Bind address', { host: '0.0.0.0' })[0] ?? '', /^warn: 0\.0\.0\.0 is reached/);
});

test('Names that a server without keys answers to', () => {
  const names = (sketch: ConfigSketch) => lines('Host names', sketch);
  assert.deepEqual(names({ environment }), ['pass: any, as a key is asked for']);
  assert.deepEqual(names({}), ['pass: addresses and localhost']);
  assert.deepEqual(names({ host: '0.0.0.0' }), ['warn: clients that use a name are answered 421']);
  const toml = '[server]\npublic_url = "https://a.example/x"\nallowed_hosts = ["b"]';
  assert.deepEqual(names({ toml, host: '0.0.0.0' }), ['pass: addresses, localhost, a.example, b']);
});

test('Enable rate limiting, and enough for the SDKs', () => {
  const limit = (rpm: number) =>
    lines('Rate limit', { toml: `[server]\nrate_limit_enabled = true\nrate_limit_rpm = ${rpm}` });
  assert.deepEqual(lines('Rate limit', {}), ['warn: off']);
  assert.deepEqual(limit(1000), ['pass: 1000 requests a minute, enough for 16 idle SDK processes']);
  assert.match(limit(59)[0] ?? '', /^warn: .* enough for 0 idle SDK processes$/);
});

test('Use strong, randomly generated API keys: samples fail, weak ones warn', () => {
  const strength = (text: string) =>
    lines('Key api_keys[0]', { environment: { RACEWAY_API_KEYS: text } })[0] ?? '';
  for (const good of [strongKey, key, '123e4567-e89b-42d3-a456-426614174000']) {
    assert.match(strength(good), /^unknown: its age/, good);
  }
  for (const sample of ['your-secret-key-here', 'change-me-please-1', 'aaaaaaaaaaaaaaaaaaaaaaaa']) {
    assert.match(strength(sample), /^fail: /, sample);
  }
  assert.match(strength('k3j5h2l7m9p4q8r1'), /^warn: has at most \d+ random bits/);
});

test('Rotate API keys every 90 days: by its date, or by when the database first saw it', () => {
  const toml = (date: string) =>
    `[[server.keys]]\nname = "a"\nhash = "${digestOf(key).toString('hex')}"\nscopes = ["read"]\ncreated_at = ${date}`;
  assert.deepEqual(lines('Key a', { toml: toml('2026-10-01') }), ['pass: 31 days old']);
  assert.deepEqual(lines('Key a', { toml: toml('2026-07-01') }), ['warn: 123 days old']);
  assert.match(
    lines('Key api_keys[0]', { environment })[0] ?? '',
    /^unknown: its age is not known/,
  );
  const firstSeenAtMs = new Map([[digestOf(key).toString('hex'), nowMs - 100 * day]]);
  const database = { ...facts, firstSeenAtMs };
  assert.deepEqual(lines('Key api_keys[0]', { environment }, { database }), ['warn: 100 days old']);
});

test('Store secrets in secret manager or encrypted env vars', () => {
  assert.match(lines('Secrets', {})[0] ?? '', /^pass: /);
  const plainSecrets = ['server.api_keys'];
  assert.deepEqual(lines('Secrets', {}, { plainSecrets }), [
    'warn: in the configuration file: server.api_keys',
  ]);
  const inFile = (toml: string) => load({ toml, environment: { K: key, P: 'p' } }).plainSecrets;
  assert.deepEqual(inFile(`[server]\napi_keys = ["\${K}"]`), []);
  assert.deepEqual(inFile(`[server]\napi_keys = ["\${K}", "${key}0"]`), ['server.api_keys']);
  const url = (password: string) =>
    `[storage.postgres]\nconnection_string = "postgresql://u${password}@h/d"`;
  assert.deepEqual(inFile(url(':word')), ['storage.postgres.connection_string']);
  assert.deepEqual(inFile(url(`:\${P}`)), []);
  assert.deepEqual(inFile(url('')), []);
});

test('Restricted file permissions (640 for configs, 600 for secrets)', () => {
  const level = (mode: number, isSecret: boolean, isReadOnly = false) =>
    lines('File', {}, { files: [{ path: '/f', isSecret, mode, isReadOnly }] })[0]?.slice(0, 4);
  assert.deepEqual(
    [0o640, 0o600, 0o440, 0o400].map((mode) => level(mode, false)),
    [...['pass', 'pass', 'pass', 'pass']],
  );
  assert.deepEqual(
    [0o644, 0o660, 0o666].map((mode) => level(mode, false)),
    [...['fail', 'fail', 'fail']],
  );
  assert.deepEqual(
    [0o600, 0o400, 0o640, 0o440, 0o644, 0o660].map((mode) => level(mode, true)),
    [...['pass', 'pass', 'warn', 'warn', 'fail', 'fail']],
  );
  assert.equal(level(0o644, true, true), 'warn', 'T19: a read-only mount');
});

test('Run as non-root user', () => {
  assert.deepEqual(lines('User', {}), ['pass: 1000, not root']);
  assert.deepEqual(lines('User', {}, { uid: 0 }), ['fail: root']);
});

test('Enable firewall rules: not seen from inside, with the command that shows it', () => {
  assert.match(
    remarkLines(checklist(load({}).config, quiet)),
    /^outside Firewall: .*\n.*curl -m 5/m,
  );
});

const facts = {
  user: 'raceway_app',
  ...{
    isEncrypted: true,
    isSuperuser: false,
    mayChangeSchema: false,
    maySeal: false,
    missingRights: [],
  },
  firstSeenAtMs: new Map<string, number>(),
};

test('Use PostgreSQL with SSL in production', () => {
  const level = (host: string, query: string) =>
    lines('Database TLS', {
      environment: { RACEWAY_POSTGRES_CONNECTION: `postgresql://u:p@${host}/d${query}` },
    })[0]?.slice(0, 4);
  const modes = ['disable', 'prefer', 'allow', 'require', 'verify-ca', 'verify-full'];
  assert.deepEqual(
    modes.map((mode) => level('db.internal', `?sslmode=${mode}`)),
    [...['fail', 'fail', 'fail', 'warn', 'warn', 'pass']],
  );
  assert.equal(level('db.internal', ''), 'fail');
  assert.equal(level('127.0.0.1', ''), 'pass');
  assert.equal(level('%2Fvar%2Frun%2Fpostgresql', ''), 'pass');
  assert.match(lines('Storage', {})[0] ?? '', /^warn: memory/);
});

test('Limit permissions of the database user', () => {
  const sketch = { environment: { RACEWAY_POSTGRES_CONNECTION: 'postgresql://u:p@db/d' } };
  const rights = (database: Circumstances['database']) =>
    lines('Database rights', sketch, { database })[0] ?? '';
  assert.match(rights(null), /^unknown: /);
  assert.match(rights('the database cannot be reached'), /^fail: the database cannot be reached/);
  assert.match(rights(facts), /^pass: raceway_app reads and writes rows, and no more/);
  assert.match(rights({ ...facts, isSuperuser: true }), /^fail: raceway_app is a superuser/);
  assert.match(rights({ ...facts, mayChangeSchema: true }), /^warn: .* may change tables/);
  assert.match(
    rights({ ...facts, missingRights: ['UPDATE ON traces'] }),
    /^fail: raceway_app lacks UPDATE ON traces/,
  );
});

test('Sealing: said only where it is asked for and the database answered', () => {
  const sealing = (minutes: number, database: Circumstances['database']) =>
    lines(
      'Sealing',
      {
        toml: `[storage.postgres]\nseal_after_minutes = ${minutes}`,
        environment: { RACEWAY_POSTGRES_CONNECTION: 'postgresql://u:p@db/d' },
      },
      { database },
    );
  assert.deepEqual(sealing(0, facts), []);
  assert.deepEqual(sealing(60, null), []);
  assert.deepEqual(sealing(60, 'the database cannot be reached'), []);
  assert.deepEqual(sealing(60, { ...facts, maySeal: true }), [
    'pass: traces are sealed after 60 minutes',
  ]);
  assert.deepEqual(sealing(60, facts), [
    'warn: raceway_app may not delete events, so that nothing is sealed',
  ]);
});
