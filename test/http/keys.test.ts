import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../src/keys/access-key.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { KEY, post, testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';
import { namedKey } from '../support/keys.ts';

test('a key with services stores only their events; the others are refused one by one', async (t) => {
  const key = generateKey();
  const keys = [namedKey(key, { scopes: ['ingest'], services: ['web', 'api'] })];
  const { app, storage } = await testApp(t, { server: { auth_enabled: true, keys } });
  const headers = { authorization: `Bearer ${key}` };
  const services = ['web', 'billing', 'api', 'Web', ''];
  const events = services.map((service) => wireEvent({ service }));
  const reply = await post(app, events, headers);
  assert.equal(reply.statusCode, 200);
  const message = 'must be a service that this key may write: web, api';
  const errors = [{ path: 'metadata.service_name', message }];
  assert.deepEqual(reply.json().data, {
    accepted: 2,
    duplicates: 0,
    rejected: [1, 3, 4].map((index) => ({ index, id: events[index]?.['id'], errors })),
    rejected_count: 3,
  });
  const stored = await storage.services();
  assert.deepEqual(
    stored.map(({ name }) => name),
    ['api', 'web'],
  );
  const none = await post(app, [wireEvent({ service: 'billing' })], headers);
  assert.equal(none.statusCode, 400);
  assert.match(none.json().error, /events\[0\]\.metadata\.service_name must be a service that/);
});

test('more than 5 failures a minute from one address are one line and one count', async (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const logLines: string[] = [];
  const key = generateKey();
  const { app } = await testApp(t, {
    logLines,
    server: { auth_enabled: true, keys: [namedKey(key)] },
  });
  const fail = (address: string) =>
    app.inject({
      url: '/status',
      headers: { 'x-forwarded-for': address, authorization: 'Bearer guess' },
    });
  const warnings = () =>
    logLines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => /more than 5 requests without a valid key/.test(msg))
      .map(({ client }) => client);
  for (let count = 0; count < 5; count += 1) await fail('203.0.113.7');
  await fail('203.0.113.8');
  assert.deepEqual(warnings(), []);
  for (let count = 0; count < 80; count += 1) await fail('203.0.113.7');
  assert.deepEqual(warnings(), ['203.0.113.7']);
  nowMs += 60_000;
  for (let count = 0; count < 6; count += 1) await fail('203.0.113.7');
  assert.deepEqual(warnings(), ['203.0.113.7', '203.0.113.7']);
  const headers = { authorization: `Bearer ${key}` };
  const { body } = await app.inject({ url: '/metrics', headers });
  assert.match(body, /^raceway_auth_failing_addresses_total 2$/m);
  assert.match(body, /^raceway_auth_failures_total\{reason="wrong"\} 92$/m);
  assert.match(body, /^raceway_rate_limited_total\{budget="failures",route="\/status"\} 25$/m);
});

test('more than 60 malformed requests a minute from one address are one line and one count', async (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const logLines: string[] = [];
  const { app } = await testApp(t, { logLines });
  const send = async (address: string, count: number) => {
    for (let sent = 0; sent < count; sent += 1) {
      const headers = { 'x-forwarded-for': address };
      const { statusCode } = await app.inject({ url: '/api/traces?page=x', headers });
      assert.equal(statusCode, 400);
    }
  };
  const warnings = () =>
    logLines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => /more than 60 malformed requests/.test(msg))
      .map(({ client }) => client);
  await send('203.0.113.7', 60);
  await send('203.0.113.8', 60);
  assert.deepEqual(warnings(), []);
  await send('203.0.113.7', 70);
  assert.deepEqual(warnings(), ['203.0.113.7']);
  nowMs += 60_000;
  await send('203.0.113.8', 61);
  assert.deepEqual(warnings(), ['203.0.113.7', '203.0.113.8']);
  assert.match((await app.inject('/metrics')).body, /^raceway_malformed_addresses_total 2$/m);
});

test('/status and /metrics tell the use of each key, and never the key or its hash', async (t) => {
  const key = generateKey();
  const hash = digestOf(key).toString('hex');
  const { app } = await testApp(t, {
    server: {
      auth_enabled: true,
      api_keys: [KEY],
      keys: [namedKey(key, { name: 'checkout', scopes: ['read'], created_at: 0 })],
    },
  });
  const from = (address: string) =>
    app.inject({
      url: '/status',
      headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': address },
    });
  for (const address of ['203.0.113.9', '203.0.5.1', '2001:db8:1::1', '2001:db8:1:2::1']) {
    await from(address);
  }
  const status = await from('198.51.100.1');
  const [named, plain] = status.json().data.keys;
  assert.deepEqual(
    [named.name, named.id, named.scopes, named.created_at, named.requests],
    ['checkout', hash.slice(0, 8), ['read'], '1970-01-01T00:00:00.000Z', 5],
  );
  assert.match(named.warnings.join(), /^is \d+ days old; rotate it$/);
  assert.match(named.last_used_at, /^20\d\d-/);
  assert.deepEqual(
    [plain.name, plain.scopes, plain.created_at, plain.last_used_at, plain.requests],
    ['api_keys[0]', ['ingest', 'read', 'triage', 'delete'], null, null, 0],
  );
  const { body } = await app.inject({
    url: '/metrics',
    headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.9' },
  });
  const labels = `key="checkout",id="${hash.slice(0, 8)}"`;
  assert.ok(body.includes(`raceway_key_requests_total{${labels}} 6\n`));
  assert.ok(body.includes(`raceway_key_networks_total{${labels}} 3\n`));
  assert.ok(body.includes(`raceway_key_created_timestamp_seconds{${labels}} 0\n`));
  for (const secret of [key, hash, KEY, digestOf(KEY).toString('hex')]) {
    assert.ok(!(status.body + body).includes(secret));
  }
});

test('requests of web pages are counted by configured origin, all others together', async (t) => {
  const { app } = await testApp(t, {
    server: { cors_enabled: true, cors_origins: ['https://a.example', 'https://b.example'] },
  });
  for (const origin of ['https://a.example', 'https://c.example', 'https://d.example', 'null']) {
    await app.inject({ url: '/health', headers: { origin } });
  }
  const { body } = await app.inject({ url: '/metrics' });
  assert.deepEqual(
    body.split('\n').filter((line) => line.startsWith('raceway_cors_requests_total')),
    [
      'raceway_cors_requests_total{origin="https://a.example"} 1',
      'raceway_cors_requests_total{origin="https://b.example"} 0',
      'raceway_cors_requests_total{origin="other"} 3',
    ],
  );
});
