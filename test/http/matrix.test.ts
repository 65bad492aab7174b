import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/http/context.ts';
import { KEY, testApp } from '../support/app.ts';

const ORIGIN = 'https://app.example';
const RPM = 4;

const corsSettings = {
  off: { cors_enabled: false, cors_origins: [ORIGIN] },
  listed: { cors_enabled: true, cors_origins: ['https://other.example', ORIGIN] },
  every: { cors_enabled: true, cors_origins: ['*'] },
};
const keys = { none: null, wrong: 'wrong-key-0123456789', right: KEY };
const limits = ['off', 'open', 'used up'] as const;

/** Each with the status it has when nothing stands before it. */
const requests = [
  { name: 'list', method: 'GET', url: '/api/traces', status: 200, kind: 'known' },
  { name: 'ingest', method: 'POST', url: '/events', status: 200, kind: 'known' },
  { name: 'missing trace', method: 'GET', url: '/api/traces/none', status: 404, kind: 'known' },
  { name: 'health', method: 'GET', url: '/health', status: 200, kind: 'public' },
  { name: 'ready', method: 'GET', url: '/ready', status: 200, kind: 'public' },
  { name: 'unknown route', method: 'GET', url: '/nothing', status: 404, kind: 'unknown' },
  { name: 'wrong method', method: 'GET', url: '/events', status: 405, kind: 'unknown' },
  { name: 'malformed URL', method: 'GET', url: '/api/traces/%zz', status: 400, kind: 'unknown' },
  { name: 'preflight', method: 'OPTIONS', url: '/events', status: 405, kind: 'unknown' },
] as const;

interface Setting {
  readonly auth: boolean;
  readonly cors: keyof typeof corsSettings;
  readonly limit: (typeof limits)[number];
  readonly key: keyof typeof keys;
}

function expectedStatus(request: (typeof requests)[number], setting: Setting): number {
  if (request.name === 'preflight' && setting.cors !== 'off') return 204;
  if (request.kind === 'public') return request.status;
  if (setting.auth && setting.key !== 'right') return 401;
  // Without keys, failures have a budget of their own.
  if (!setting.auth && request.kind === 'unknown') return request.status;
  return setting.limit === 'used up' ? 429 : request.status;
}

for (const auth of [false, true]) {
  for (const cors of ['off', 'listed', 'every'] as const) {
    for (const limit of limits) {
      const setting = { auth, cors, limit };
      test(`auth ${auth ? 'on' : 'off'}, CORS ${cors}, limit ${limit}: every key and route`, async (t) => {
        const { app } = await testApp(t, {
          server: {
            ...corsSettings[cors],
            auth_enabled: auth,
            api_keys: auth ? ['first-key-0123456789', KEY] : [],
            rate_limit_enabled: limit !== 'off',
            rate_limit_rpm: limit === 'open' ? 1000 : RPM,
          },
        });
        for (let used = 0; limit === 'used up' && used < RPM; used += 1) {
          await app.inject({ url: '/status', headers: { authorization: `Bearer ${KEY}` } });
        }
        for (const key of ['none', 'wrong', 'right'] as const) {
          for (const request of requests) await checkOne(app, request, { ...setting, key });
        }
      });
    }
  }
}

async function checkOne(app: App, request: (typeof requests)[number], setting: Setting) {
  const key = keys[setting.key];
  const reply = await app.inject({
    method: request.method,
    url: request.url,
    headers: {
      origin: ORIGIN,
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(request.name === 'preflight' ? { 'access-control-request-method': 'POST' } : {}),
      ...(request.name === 'ingest' ? { 'content-type': 'application/json' } : {}),
    },
    ...(request.name === 'ingest' ? { body: '{"events":[]}' } : {}),
  });
  const what = `${request.name}, key ${setting.key}`;
  const status = expectedStatus(request, setting);
  assert.equal(reply.statusCode, status, `${what}: ${reply.body}`);
  const allowed = { off: undefined, listed: ORIGIN, every: '*' }[setting.cors];
  assert.equal(reply.headers['access-control-allow-origin'], allowed, what);
  assert.match(String(reply.headers['x-request-id']), /./, what);
  if (status === 204) return;
  const body = reply.json();
  assert.deepEqual(
    [body.success, body.error === null, body.data === null],
    status < 400 ? [true, true, false] : [false, false, true],
    what,
  );
  const challenge = status === 401 ? 'Bearer realm="raceway"' : undefined;
  assert.equal(reply.headers['www-authenticate'], challenge, what);
  if (status === 405) assert.equal(reply.headers['allow'], 'POST', what);
  if (status !== 429) return;
  assert.equal(body.retry_after, Number(reply.headers['retry-after']), what);
  assert.ok(body.retry_after >= 1 && body.retry_after <= 60, what);
  assert.equal(reply.headers['x-ratelimit-remaining'], '0', what);
}

test('the limit is seen exactly at its number, with its headers, and failures do not use it', async (t) => {
  const { app } = await testApp(t, {
    server: { auth_enabled: true, api_keys: [KEY], rate_limit_enabled: true, rate_limit_rpm: 5 },
  });
  const headers = { authorization: `Bearer ${KEY}` };
  for (let count = 0; count < 20; count += 1) await app.inject({ url: '/api/traces' });
  for (let left = 4; left >= 0; left -= 1) {
    const reply = await app.inject({ url: '/api/traces', headers });
    assert.equal(reply.statusCode, 200);
    assert.equal(reply.headers['x-ratelimit-limit'], '5');
    assert.equal(reply.headers['x-ratelimit-remaining'], String(left));
    assert.match(String(reply.headers['x-ratelimit-reset']), /^\d+$/);
  }
  const refused = await app.inject({ url: '/api/traces', headers });
  assert.equal(refused.statusCode, 429);
  assert.equal(refused.json().code, 'rate_limited');
  assert.equal((await app.inject({ url: '/health' })).statusCode, 200);
});

test('the budget comes back after a minute', async (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const { app } = await testApp(t, { server: { rate_limit_enabled: true, rate_limit_rpm: 1 } });
  const status = async () => (await app.inject({ url: '/status' })).statusCode;
  assert.deepEqual([await status(), await status()], [200, 429]);
  nowMs += 60_000;
  assert.equal(await status(), 200);
});

test('T11: failures are limited per address, and never a valid key', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const from = (address: string, key: string) =>
    app.inject({
      url: '/status',
      headers: { 'x-forwarded-for': address, authorization: `Bearer ${key}` },
    });
  for (let count = 0; count < 60; count += 1) {
    assert.equal((await from('203.0.113.1', 'guess')).statusCode, 401);
  }
  const refused = await from('203.0.113.1', 'guess');
  assert.equal(refused.statusCode, 429);
  assert.match(String(refused.headers['retry-after']), /^\d+$/);
  assert.equal((await from('203.0.113.1', KEY)).statusCode, 200);
  assert.equal((await from('203.0.113.2', 'guess')).statusCode, 401);
});

test('failures of one IPv6 client are counted by its /64', async (t) => {
  const { app } = await testApp(t);
  const from = async (address: string) =>
    (await app.inject({ url: '/nothing', headers: { 'x-forwarded-for': address } })).statusCode;
  for (let count = 0; count < 60; count += 1) {
    assert.equal(await from(`2001:db8::${count.toString(16)}`), 404);
  }
  assert.equal(await from('2001:0db8:0:0:ffff::1'), 429);
  assert.equal(await from('2001:db8:0:1::1'), 404);
});

test('T15: an origin that is not listed gets no CORS headers, and a DELETE preflight succeeds', async (t) => {
  const { app } = await testApp(t, { server: corsSettings.listed });
  const other = await app.inject({
    url: '/api/traces',
    headers: { origin: 'https://evil.example' },
  });
  assert.equal(other.headers['access-control-allow-origin'], undefined);
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/api/traces/x',
    headers: { origin: ORIGIN, 'access-control-request-method': 'DELETE' },
  });
  assert.match(String(preflight.headers['access-control-allow-methods']), /\bDELETE\b/);
  assert.equal(preflight.headers['access-control-max-age'], '600');
  assert.match(String(preflight.headers['access-control-expose-headers']), /Retry-After/);
});

test('development.cors_allow_all lets every origin in, whatever the rest says', async (t) => {
  const { app } = await testApp(t, { server: corsSettings.off, allowAllOrigins: true });
  const reply = await app.inject({
    url: '/api/traces',
    headers: { origin: 'https://any.example' },
  });
  assert.equal(reply.headers['access-control-allow-origin'], '*');
});
