import assert from 'node:assert/strict';
import { test } from 'node:test';
import { variableOf } from '../../src/config/environment.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { keys } from '../../src/config/schema.ts';
import { type ConfigSketch, load } from '../support/config.ts';

function faultsOf(sketch: ConfigSketch): string {
  try {
    load(sketch);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

test('only variables of secrets name files: every other key that ends in file is its own value', () => {
  const { config, sources } = load({ environment: { RACEWAY_AUDIT_FILE: '/var/log/audit.log' } });
  assert.equal(config.audit.file, '/var/log/audit.log');
  assert.equal(config.audit.enabled, true);
  assert.equal(sources.get('audit.file'), 'RACEWAY_AUDIT_FILE');
  const others = keys.filter((key) => !key.secret && variableOf(key).endsWith('_FILE'));
  for (const key of others) {
    const faults = faultsOf({ environment: { [variableOf(key)]: 'nowhere/at/all' } });
    assert.doesNotMatch(faults, /names a file that/, key.name);
  }
});

test('a file of keys may have one on each line', () => {
  const [first, second] = ['a'.repeat(32), 'b'.repeat(32)];
  for (const text of [
    `${first}\n${second}\n`,
    `${first}\r\n\r\n${second}`,
    `${first},\n${second}`,
  ]) {
    const { config } = load({
      files: { keys: text },
      environment: { RACEWAY_API_KEYS_FILE: 'keys' },
    });
    assert.deepEqual(config.server.api_keys, [first, second]);
  }
});

const toml = `[storage.postgres]
connection_string = "postgresql://u:\${DATABASE_PASSWORD}@h/d"`;

for (const [password, place] of [
  ['s3cret\n', 'ends with a line break'],
  ['s3cret\r\n', 'ends with a line break'],
  ['s3cret ', 'ends with a blank'],
  ['\ns3cret', 'begins with a line break'],
  ['\ts3cret', 'begins with a blank'],
] as const) {
  test(`a password in a variable that ${place} is a fault with a name: ${JSON.stringify(password)}`, () => {
    const faults = faultsOf({ toml, environment: { DATABASE_PASSWORD: password } });
    assert.ok(faults.includes(`the variable DATABASE_PASSWORD, which ${place}`), faults);
    assert.ok(!faults.includes('s3cret'));
  });
}

test('blanks within a password are its own, and a line break is found in a URL too', () => {
  const { config } = load({ toml, environment: { DATABASE_PASSWORD: 'a b\nc' } });
  assert.equal(config.storage.postgres.connection?.password, 'a b\nc');
  const url = 'postgresql://u:s3cret%0A@h/d';
  const faults = faultsOf({ environment: { RACEWAY_POSTGRES_CONNECTION: url } });
  assert.match(faults, /line break \(%0A\) at an end of the password/);
});
