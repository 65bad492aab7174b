import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConfig } from '../../src/config/describe.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { keys } from '../../src/config/schema.ts';
import { type ConfigSketch, load } from '../support/config.ts';

const canary = 'canary-7c1f0a9e5b3d';
const onIfKeys = 'default: on if there are keys, or people sign in by a proxy';

/** The lines of a description as [key, value, source]. */
function described(sketch: ConfigSketch): Map<string, [value: string, source: string]> {
  const rows = describeConfig(load(sketch)).split('\n');
  return new Map(
    rows.map((row) => {
      const [, key = '', value = '', source = ''] = /^(\S+) = (.*?) +# (.*)$/.exec(row) ?? [];
      return [key, [value, source]];
    }),
  );
}

test('every key is described once, with its source', () => {
  const rows = described({ toml: '[server]\nport = 1001', host: '::1' });
  assert.deepEqual(
    [...rows.keys()],
    keys.map(({ name }) => name),
  );
  assert.deepEqual(rows.get('server.port'), ['1001', 'raceway.toml']);
  assert.deepEqual(rows.get('server.host'), ['"::1"', '--host']);
  assert.deepEqual(rows.get('server.cors_origins'), ['[]', 'default']);
  assert.deepEqual(rows.get('server.auth_enabled'), ['false', onIfKeys]);
  assert.deepEqual(rows.get('storage.postgres.connection_string'), [
    '(unset)',
    'default: no database',
  ]);
});

test('what is left out of the analysis is shown as it is', () => {
  const rows = described({ toml: '[[analysis.exclude]]\nroute = "/health*"' });
  assert.deepEqual(rows.get('analysis.exclude'), ['[{"route":"/health*"}]', 'raceway.toml']);
});

test('secrets are masked, the rest of a connection is not', () => {
  const rows = described({
    environment: {
      RACEWAY_API_KEYS: `["${canary}", "${canary}-2"]`,
      RACEWAY_POSTGRES_CONNECTION: `postgres://ann%40corp:${canary}@[::1]:5433/d?sslmode=require`,
    },
  });
  assert.deepEqual(rows.get('server.api_keys'), ['["***", "***"]', 'RACEWAY_API_KEYS']);
  assert.deepEqual(rows.get('server.auth_enabled'), ['true', onIfKeys]);
  assert.deepEqual(rows.get('storage.postgres.connection_string'), [
    '"postgresql://ann%40corp:***@[::1]:5433/d?sslmode=require"',
    'RACEWAY_POSTGRES_CONNECTION',
  ]);
});

const connection = (text: string) => ({ environment: { RACEWAY_POSTGRES_CONNECTION: text } });
const apiKeys = (text: string) => ({ environment: { RACEWAY_API_KEYS: text } });
const toml = (text: string) => ({ toml: text, environment: { CANARY: canary } });

/** A secret at every place where it can be, in configurations that are good and bad. */
const withSecret: readonly ConfigSketch[] = [
  apiKeys(canary),
  apiKeys(`["${canary}"]`),
  apiKeys(`["${canary}",`),
  apiKeys(`["${canary} with a space"]`),
  apiKeys(`{"key": "${canary}"}`),
  apiKeys(`"${canary}`),
  { environment: { RACEWAY_API_KEYS: canary, RACEWAY_SERVER_API_KEYS: `${canary}-2` } },
  { environment: { RACEWAY_API_KEYS_FILE: `/tmp/${canary}` } },
  { files: { keys: `["${canary}`, other: '' }, environment: { RACEWAY_API_KEYS_FILE: 'keys' } },
  connection(`postgres://u:${canary}@h/d`),
  connection(`postgres://u:${canary}/@h/d`),
  connection(`postgres://u:${canary}%zz@h/d`),
  connection(`postgres://${canary}@a,b:x/d?sslmode=${canary}&${canary}=1&sslrootcert=/${canary}`),
  connection(`host=h password=${canary}`),
  connection(canary),
  { environment: { RACEWAY_POSTGRES_READ_CONNECTION: `postgres://u:${canary}@h/d` } },
  toml(`[server]\napi_keys = ["${canary}"]`),
  toml(`[server]\napi_keys = "${canary}"`),
  toml(`[server]\napi_keys = ["${canary}"`),
  toml(`[server]\napi_keys = ["${canary}"] ]`),
  toml(`[server]\napi_keys = [{ key = "${canary}" }]`),
  toml(`[server]\nui_password = "${canary}"`),
  toml(`[server]\napi_key = "${canary}"`),
  toml(`[[server.keys]]\nhash = "${canary}"`),
  toml(`[storage]\npostgres = "postgresql://u:${canary}@h/d"`),
  toml(`[storage.postgres]\npassword = "${canary}"`),
  toml(`[storage.postgres]\nconnection_string = ["${canary}"]`),
  toml(`[storage.postgres]\nconnection_string = "${canary}" "x"`),
  toml(`[storage.postgres]\nconnection_string = "postgres://u:$` + '{CANARY}@h/d?x=1"'),
  toml('[server]\napi_keys = ["short", "$' + '{CANARY} "]'),
  toml('[server]\nhost = "$' + '{CANARY} "'),
  toml('[server]\nport = "$' + '{CANARY}"'),
  toml('[server]\ncors_origins = ["$' + '{CANARY}"]'),
  toml('[logging]\nlevel = "$' + '{CANARY}"'),
];

test('a secret appears in no description, note or fault', () => {
  let faulty = 0;
  for (const sketch of withSecret) {
    let shown: string;
    try {
      const loaded = load(sketch);
      shown = describeConfig(loaded) + JSON.stringify(loaded.notes);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      faulty += 1;
      shown = error.message + error.stack + JSON.stringify(error) + JSON.stringify(error.faults);
    }
    assert.ok(!shown.includes(canary), `${JSON.stringify(sketch)} shows it:\n${shown}`);
  }
  assert.equal(faulty, withSecret.length - 5);
});
