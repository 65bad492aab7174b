import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostNames } from '../../../src/http/door/host-names.ts';
import { KEY, testApp } from '../../support/app.ts';

const settings = {
  public_url: 'https://Raceway.Company.com/tools/raceway',
  allowed_hosts: ['raceway.internal', 'raceway'],
};

const accepted: readonly (string | undefined)[] = [
  undefined,
  '',
  'localhost',
  'LocalHost:8080',
  'localhost.',
  '127.0.0.1',
  '127.0.0.1:8080',
  '192.168.1.20:8080',
  '203.0.113.7',
  '[::1]',
  '[::1]:8080',
  '[fe80::1]:80',
  'raceway.company.com',
  'raceway.company.com:443',
  'RACEWAY.internal',
  'raceway.internal.',
  'raceway:8080',
];

const refused: readonly string[] = [
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  'evil-localhost',
  'x.localhost',
  '127.0.0.1.nip.io',
  '127.1',
  '0x7f000001',
  '2130706433',
  'raceway.company.com.evil.example',
  'evil.example:80:80',
  'evil.example@localhost',
  'localhost@evil.example',
  'localhost/evil.example',
  'localhost evil.example',
  '[evil.example]',
  '[::1',
  '::1',
  'company.com',
  '__proto__',
];

test('addresses, localhost and the configured names, and nothing that only looks like them', () => {
  const names = createHostNames(settings);
  for (const host of accepted) assert.equal(names.accepts(host), true, String(host));
  for (const host of refused) assert.equal(names.accepts(host), false, host);
});

const requests = [
  { method: 'GET', url: '/api/traces' },
  { method: 'GET', url: '/status' },
  { method: 'GET', url: '/openapi.json' },
  { method: 'GET', url: '/api/session' },
  { method: 'GET', url: '/auth/check' },
  { method: 'GET', url: '/nothing' },
  { method: 'POST', url: '/events' },
  { method: 'POST', url: '/api/session' },
  { method: 'DELETE', url: '/api/traces?service=x' },
] as const;

test('a server without keys answers 421 to a foreign name, before anything else', async (t) => {
  const { app } = await testApp(t, { server: { ...settings, public_url: settings.public_url } });
  const ask = (host: string, request: (typeof requests)[number]) =>
    app.inject({
      ...request,
      headers: { host, origin: `http://${host}`, 'content-type': 'application/json' },
      ...(request.method === 'POST' ? { body: '{"events":[]}' } : {}),
    });
  for (const request of requests) {
    for (const host of refused) {
      const reply = await ask(host, request);
      assert.equal(reply.statusCode, 421, `${request.method} ${request.url} of ${host}`);
      assert.equal(reply.json().code, 'misdirected');
      assert.match(reply.json().error, /server\.allowed_hosts \(RACEWAY_SERVER_ALLOWED_HOSTS\)/);
    }
    for (const host of ['localhost', '10.0.0.9:8080', 'raceway.internal', 'raceway.company.com']) {
      assert.notEqual((await ask(host, request)).statusCode, 421, `${request.url} of ${host}`);
    }
  }
  for (const url of ['/health', '/ready']) {
    assert.equal((await app.inject({ url, headers: { host: 'evil.example' } })).statusCode, 200);
  }
});

test('a server with keys answers to every name, and asks for a key', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const headers = { host: 'evil.example' };
  assert.equal((await app.inject({ url: '/api/traces', headers })).statusCode, 401);
  const withKey = { ...headers, authorization: `Bearer ${KEY}` };
  assert.equal((await app.inject({ url: '/api/traces', headers: withKey })).statusCode, 200);
});

test('names count until a server gets its first key', async (t) => {
  const { app, keys } = await testApp(t);
  const status = async () =>
    (await app.inject({ url: '/api/traces', headers: { host: 'evil.example' } })).statusCode;
  assert.equal(await status(), 421);
  keys.replace([], true);
  assert.equal(await status(), 401);
});
