/** The lines of the seed's security guide and the traps in them (T rows of its audit). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { variablesOf } from '../../src/config/environment.ts';
import { keys } from '../../src/config/schema.ts';
import { type ConfigSketch, faultLines, load } from '../support/config.ts';

const key1 = '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10';
const key2 = 'd9e8c7b6a5f4e3d2c1b0a9f8e7d6c5b4';
const url = 'postgresql://raceway_app:strong-password@db:5432/raceway';

const snippets: readonly (readonly [toml: string, value: (config: Config) => unknown, unknown])[] =
  [
    [
      '[server]\nauth_enabled = true\napi_keys = ["your-secret-key-here"]',
      ({ server }) => [server.auth_enabled, server.api_keys],
      [true, ['your-secret-key-here']],
    ],
    [
      '[server]\ncors_enabled = true\ncors_origins = [\n  "https://app.company.com",\n  "https://dashboard.company.com"\n]',
      ({ server }) => server.cors_origins,
      ['https://app.company.com', 'https://dashboard.company.com'],
    ],
    [
      '[server]\ncors_enabled = true\ncors_origins = [\n  "http://localhost:3000",\n  "http://localhost:5173"\n]',
      ({ server }) => server.cors_origins,
      ['http://localhost:3000', 'http://localhost:5173'],
    ],
    [
      '[server]\ncors_enabled = true\ncors_origins = ["*"]  # Allow all origins - use only for development',
      ({ server }) => server.cors_origins,
      ['*'],
    ],
    [
      '[server]\nhost = "127.0.0.1"  # localhost only\nport = 8080',
      ({ server }) => [server.host, server.port],
      ['127.0.0.1', 8080],
    ],
    [
      '[server]\nrate_limit_enabled = true\nrate_limit_rpm = 1000  # requests per minute, globally',
      ({ server }) => [server.rate_limit_enabled, server.rate_limit_rpm],
      [true, 1000],
    ],
    [
      '[storage]\nbackend = "postgres"\n\n[storage.postgres]\nconnection_string = "postgresql://user:pass@host:5432/db?sslmode=require"',
      ({ storage }) => [storage.backend, storage.postgres.connection],
      [
        'postgres',
        {
          host: 'host',
          port: 5432,
          database: 'db',
          user: 'user',
          password: 'pass',
          sslMode: 'require',
          sslRootCert: null,
          applicationName: 'raceway',
        },
      ],
    ],
  ];

test('every TOML snippet of the seed works as written', () => {
  for (const [toml, value, expected] of snippets) {
    assert.deepEqual(value(load({ toml }).config), expected, toml);
  }
});

test('the two secrets of the Kubernetes manifest come up closed and persistent', () => {
  const { config, notes } = load({
    environment: {
      RACEWAY_API_KEYS: `["${key1}", "${key2}"]\n`,
      RACEWAY_POSTGRES_CONNECTION: url,
    },
  });
  assert.equal(config.server.auth_enabled, true);
  assert.deepEqual(config.server.api_keys, [key1, key2]);
  assert.equal(config.storage.backend, 'postgres');
  assert.equal(config.storage.postgres.connection?.host, 'db');
  assert.deepEqual(notes, []);
});

test('keys of `openssl rand -hex 32` and `uuidgen` are taken', () => {
  const made = ['a'.repeat(64), '123e4567-e89b-42d3-a456-426614174000'];
  const { config } = load({ environment: { RACEWAY_API_KEYS: JSON.stringify(made) } });
  assert.deepEqual(config.server.api_keys, made);
});

test('the placeholders of the seed are refused, never dialled or taken as keys', () => {
  const environment = {
    RACEWAY_API_KEYS: '["key1", "key2"]',
    RACEWAY_POSTGRES_CONNECTION: 'postgresql://...',
  };
  const lines = faultLines({ environment });
  assert.equal(lines.length, 3);
  assert.match(
    lines.join('\n'),
    /item 1 is shorter .*\n.*item 2 is shorter .*\n.*is a placeholder/,
  );
});

test('T3: a variable that holds nothing is a fault, for every key', () => {
  for (const variable of keys.flatMap(variablesOf)) {
    for (const value of ['', '  ', 'None', 'null', 'undefined', '[]', '""', "' '"]) {
      const lines = faultLines({ environment: { [variable]: value } });
      assert.equal(lines.length, 1, `${variable}=${value}`);
      assert.match(
        lines[0] ?? '',
        new RegExp(`^${variable}: .*(holds nothing|set but empty|file)`),
      );
    }
  }
});

test('T3: an open server is warned about on every address', () => {
  for (const host of ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '10.1.2.3']) {
    const [note] = load({ host }).notes;
    assert.equal(note?.level, 'warn');
    assert.match(note?.text ?? '', /^This server is open: .*raceway keygen/);
  }
});

test('T3: keys that are not asked for are warned about', () => {
  const toml = `[server]\nauth_enabled = false\napi_keys = ["${key1}"]`;
  const [note] = load({ toml }).notes;
  assert.match(note?.text ?? '', /open although it has API keys, because server.auth_enabled is f/);
});

/** The value a shell or tool leaves in the variable, and the reason it is refused for. */
const mangled: readonly (readonly [string, RegExp])[] = [
  ['["key1",', /xargs.*--env-file/],
  ['[key1,key2]', /xargs.*--env-file/],
  [`[${key1},${key2}]`, /xargs.*--env-file/],
  [`["${key1}",`, /xargs.*--env-file/],
  [`"${key1}`, /xargs.*--env-file/],
  [`'${key1}`, /xargs.*--env-file/],
  [`"${key1}","${key2}"`, /xargs.*--env-file/],
  [`["${key1}" "${key2}"]`, /xargs.*--env-file/],
];

test('T4: a mangled JSON array is refused with its cause, and never read as a key', () => {
  for (const [value, reason] of mangled) {
    const lines = faultLines({ environment: { RACEWAY_API_KEYS: value } });
    assert.equal(lines.length, 1, value);
    assert.match(lines[0] ?? '', reason);
    assert.ok(!lines[0]?.includes(key1));
  }
});

test('T4: what a shell makes of the seed’s own .env lines', () => {
  const files = `RACEWAY_API_KEYS='["${key1}", "${key2}"]'\nRACEWAY_POSTGRES_CONNECTION="${url}"\n`;
  const shell = (command: string) => {
    const script = `env=$(mktemp); printf '%s' "$ENV_FILE" > "$env"; ${command}; rm "$env"; printenv RACEWAY_API_KEYS`;
    const options = {
      env: { PATH: process.env['PATH'], ENV_FILE: files },
      encoding: 'utf8',
    } as const;
    return execFileSync('bash', ['-c', script], { ...options, stdio: 'pipe' }).trimEnd();
  };
  const sourced = shell('set -a; . "$env"; set +a');
  assert.deepEqual(load({ environment: { RACEWAY_API_KEYS: sourced } }).config.server.api_keys, [
    key1,
    key2,
  ]);
  const cut = shell('export $(cat "$env" | xargs) 2>/dev/null || true');
  assert.match(faultLines({ environment: { RACEWAY_API_KEYS: cut } })[0] ?? '', /xargs/);
});

test('T4: one pair of matching outer quotes is removed from both variables', () => {
  for (const quote of ['"', "'"]) {
    const { config } = load({
      environment: {
        RACEWAY_API_KEYS: `${quote}["${key1}"]${quote}`,
        RACEWAY_POSTGRES_CONNECTION: `${quote}${url}${quote}`,
      },
    });
    assert.deepEqual(config.server.api_keys, [key1]);
    assert.equal(config.storage.postgres.connection?.host, 'db');
  }
});

test('T8: service links of Kubernetes never stop the start', () => {
  const { config, notes } = load({
    environment: {
      RACEWAY_SERVER_PORT: 'tcp://10.0.0.7:8080',
      RACEWAY_SERVER_PORT_8080_TCP: 'tcp://10.0.0.7:8080',
      RACEWAY_SERVER_PORT_8080_TCP_ADDR: '10.0.0.7',
      RACEWAY_SERVER_PORT_8080_TCP_PORT: '8080',
      RACEWAY_SERVER_PORT_8080_TCP_PROTO: 'tcp',
      RACEWAY_SERVER_SERVICE_HOST: '10.0.0.7',
      RACEWAY_SERVER_SERVICE_PORT: '8080',
      RACEWAY_SERVER_SERVICE_PORT_HTTP: '8080',
      RACEWAY_API_KEYS: key1,
    },
  });
  assert.equal(config.server.port, 8080);
  assert.deepEqual(
    notes.map(({ level }) => level),
    ['warn', 'info'],
  );
  assert.match(notes[0]?.text ?? '', /RACEWAY_SERVER_PORT holds an address .* enableServiceLinks/);
});

test('T8: links to a service called raceway are named without a suggestion', () => {
  const environment = { RACEWAY_PORT: 'tcp://10.0.0.7:8080', RACEWAY_API_KEYS: key1 };
  assert.equal(
    load({ environment }).notes[0]?.text,
    'Variables that mean nothing to Raceway: RACEWAY_PORT.',
  );
});

test('T8: unknown variables are one line of info, with what they may mean', () => {
  const { notes } = load({
    environment: { RACEWAY_PORT: '1', RACEWAY_SERVER_VERBOS: '1', RACEWAY_API_KEYS: key1 },
  });
  assert.deepEqual(notes, [
    {
      level: 'info',
      text:
        'Variables that mean nothing to Raceway: RACEWAY_PORT (did you mean RACEWAY_SERVER_PORT?), ' +
        'RACEWAY_SERVER_VERBOS (did you mean RACEWAY_SERVER_VERBOSE?).',
    },
  ]);
});

const wrongOrigins: readonly (readonly [string, RegExp])[] = [
  ['https://a.example/', /must be written "https:\/\/a.example"/],
  ['https://a.example/app', /must be written "https:\/\/a.example"/],
  ['HTTPS://A.Example:443', /must be written "https:\/\/a.example"/],
  ['http://a.example:80', /must be written "http:\/\/a.example"/],
  ['a.example', /must be written "https:\/\/a.example"/],
  ['localhost:3000', /must be written "https:\/\/localhost:3000"/],
  ['https://user:secret@a.example', /must be written "https:\/\/a.example"/],
  ['https://bücher.example', /must be written "https:\/\/xn--bcher-kva.example"/],
  ['null', /is null/],
  ['https://*.a.example', /has a \* in it/],
  ['https://a.example, https://b.example', /is not an origin/],
  ['', /is blank/],
];

test('T15: an origin that would never match is refused with the right spelling', () => {
  for (const [origin, reason] of wrongOrigins) {
    const lines = faultLines({ toml: `[server]\ncors_origins = [${JSON.stringify(origin)}]` });
    assert.equal(lines.length, 1, origin);
    assert.match(lines[0] ?? '', reason);
    assert.ok(!lines[0]?.includes('secret'));
  }
  const both = faultLines({ toml: '[server]\ncors_origins = ["*", "https://a.example"]' });
  assert.match(both[0] ?? '', /has "\*" beside other origins/);
});

test('T15: the default names no origin; a wildcard is warned about when open or reachable', () => {
  assert.deepEqual(load({}).config.server.cors_origins, []);
  const wildcard = '[server]\ncors_origins = ["*"]';
  const warnings = (sketch: ConfigSketch) =>
    load(sketch).notes.filter(({ text }) => /every web page/.test(text)).length;
  const environment = { RACEWAY_API_KEYS: key1 };
  assert.equal(warnings({ toml: wildcard }), 1);
  assert.equal(warnings({ toml: wildcard, environment, host: '0.0.0.0' }), 1);
  assert.equal(warnings({ toml: wildcard, environment }), 0);
  assert.equal(warnings({ toml: `${wildcard}\ncors_enabled = false` }), 0);
  assert.equal(warnings({ toml: '[development]\ncors_allow_all = true' }), 1);
});

test('T17: memory that cannot hold what somebody asked for is warned about', () => {
  const mebibyte = 2 ** 20;
  const environment = { RACEWAY_API_KEYS: key1 };
  const warnings = (availableBytes: number, settings: Record<string, string> = {}) =>
    load({
      environment: { ...environment, ...settings },
      memory: { availableBytes, heapBytesMax: 560 * mebibyte },
    }).notes.map(({ text }) => text);
  const wanted = { RACEWAY_STORAGE_MEMORY_MAX_BYTES: String(800 * mebibyte) };
  assert.match(warnings(1024 * mebibyte, wanted)[0] ?? '', /800 MiB.*1024 MiB.*380 MiB/);
  assert.match(
    warnings(4096 * mebibyte, wanted)[0] ?? '',
    /heap limit of Node \(560 MiB\).*800 MiB/,
  );
  const bodies = { RACEWAY_SERVER_MAX_BODY_BYTES: String(128 * mebibyte) };
  assert.match(warnings(1024 * mebibyte, bodies)[0] ?? '', /128 MiB.*1024 MiB/);
  assert.deepEqual(warnings(1024 * mebibyte), []);
  assert.deepEqual(warnings(512 * mebibyte), []);
  const postgres = { ...wanted, RACEWAY_POSTGRES_CONNECTION: url };
  assert.deepEqual(warnings(1024 * mebibyte, postgres), []);
});

test('T18: keys and connection come from mounted files, a trailing newline is trimmed', () => {
  const { config, sources } = load({
    files: { keys: `["${key1}"]\n`, connection: `${url}\n` },
    environment: {
      RACEWAY_API_KEYS_FILE: 'keys',
      RACEWAY_POSTGRES_CONNECTION_FILE: 'connection',
    },
  });
  assert.deepEqual(config.server.api_keys, [key1]);
  assert.equal(config.storage.postgres.connection?.database, 'raceway');
  assert.equal(sources.get('server.api_keys'), 'RACEWAY_API_KEYS_FILE');
});

type Config = ReturnType<typeof load>['config'];
