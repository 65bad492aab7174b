import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  configurationPage,
  exampleFile,
  withSettingsTable,
} from '../../src/config/documentation.ts';
import { variablesOf } from '../../src/config/environment.ts';
import { keys } from '../../src/config/schema.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { load } from '../support/config.ts';

const root = new URL('../../', import.meta.url);

test('raceway.toml.example and docs/configuration.md follow from the schema (npm run docs)', () => {
  assert.equal(readFileSync(new URL('raceway.toml.example', root), 'utf8'), exampleFile());
  assert.equal(readFileSync(new URL('docs/configuration.md', root), 'utf8'), configurationPage());
});

test('the table of settings in the README follows from the schema (npm run docs)', () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  assert.equal(readme, withSettingsTable(readme));
  assert.match(readme, /^\| `server.host` \| `RACEWAY_SERVER_HOST` \| `"127.0.0.1"` \|/m);
});

test('the example as it is changes nothing', () => {
  const { config, sources } = load({ toml: exampleFile() });
  assert.deepEqual(config, load({}).config);
  assert.deepEqual(new Set(sources.values()), new Set(['default']));
});

test('the example names every key, and is sound with every line in effect', () => {
  const withKeys = exampleFile().replace('#api_keys = []', '#api_keys = ["0123456789abcdef"]');
  const toml = withKeys.replaceAll(/^#(?=\w+ = )/gm, '').replaceAll('/etc/raceway/tls/', '');
  const { certificate, key } = selfSignedCertificate('raceway.example');
  const files = { 'fullchain.pem': certificate, 'privkey.pem': key };
  const { config, sources } = load({
    toml,
    files,
    environment: { DATABASE_PASSWORD: 'a/b', RACEWAY_SESSION_SECRET: 's'.repeat(32) },
  });
  assert.deepEqual(
    keys.filter(({ name }) => sources.get(name) !== 'raceway.toml'),
    [],
  );
  const defaults = load({}).config;
  assert.deepEqual(config.server, {
    ...defaults.server,
    auth_enabled: true,
    api_keys: ['0123456789abcdef'],
    public_url: 'https://raceway.company.com',
    memory_limit_bytes: 2_147_483_648,
    key_events_per_minute: 60_000,
    key_bytes_per_minute: 100_000_000,
    service_events_per_minute: 60_000,
    service_bytes_per_minute: 100_000_000,
    tls: { cert: 'fullchain.pem', key: 'privkey.pem' },
  });
  assert.deepEqual(config.engine, defaults.engine);
});

test('the page names every key and every variable', () => {
  const page = configurationPage();
  for (const key of keys) {
    assert.ok(page.includes(`| \`${key.path.at(-1)}\` |`), key.name);
    for (const variable of variablesOf(key)) assert.ok(page.includes(`\`${variable}\``), variable);
  }
});
