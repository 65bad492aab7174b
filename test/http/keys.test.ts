import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import { post, testApp } from '../support/app.ts';
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
  t.mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
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
  t.mock.timers.tick(60_000);
  for (let count = 0; count < 6; count += 1) await fail('203.0.113.7');
  assert.deepEqual(warnings(), ['203.0.113.7', '203.0.113.7']);
  const headers = { authorization: `Bearer ${key}` };
  const { body } = await app.inject({ url: '/metrics', headers });
  assert.match(body, /^raceway_auth_failing_addresses_total 2$/m);
  assert.match(body, /^raceway_auth_failures_total\{reason="wrong"\} 92$/m);
  assert.match(body, /^raceway_rate_limited_total\{budget="failures",route="\/status"\} 25$/m);
});
