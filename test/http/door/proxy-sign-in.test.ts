/** People whom a proxy has signed in. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AuditLog } from '../../../src/audit/audit-log.ts';
import { newChain } from '../../../src/audit/chain.ts';
import { StreamSink } from '../../../src/audit/stream-sink.ts';
import { KEY, type TestAppOptions, testApp } from '../../support/app.ts';

const page = { 'sec-fetch-site': 'same-origin', 'x-raceway-ui': '1' };

function proxied(t: TestContext, options: TestAppOptions = {}) {
  return testApp(t, {
    ...options,
    server: { auth_enabled: true, trusted_proxies: ['127.0.0.1'], ...options.server },
    ui: {
      auth_proxy_header: 'X-Forwarded-User',
      auth_proxy_groups_header: 'X-Forwarded-Groups',
      auth_proxy_groups: [
        { name: '*', scopes: ['read'] },
        { name: 'ops', scopes: ['delete'] },
        { name: 'data keepers', scopes: ['delete', 'admin'] },
      ],
      ...options.ui,
    },
  });
}

const rows: readonly [name: string, headers: Record<string, string>, scopes: string[] | null][] = [
  ['nobody', {}, null],
  ['somebody', { 'x-forwarded-user': 'ann@company.com' }, ['read']],
  [
    'one of a group',
    { 'x-forwarded-user': 'ann', 'x-forwarded-groups': 'ops' },
    ['read', 'delete'],
  ],
  ['blanks and cases', { 'x-forwarded-user': ' ann ', 'x-forwarded-groups': 'OPS, x' }, ['read']],
  [
    'several groups',
    { 'x-forwarded-user': 'ann', 'x-forwarded-groups': 'a, data keepers ,ops' },
    ['read', 'delete', 'admin'],
  ],
  ['a group called everybody', { 'x-forwarded-user': 'ann', 'x-forwarded-groups': '*' }, ['read']],
  ['a blank name', { 'x-forwarded-user': '  ', 'x-forwarded-groups': 'ops' }, null],
  ['two names', { 'x-forwarded-user': 'ann, admin' }, null],
  ['a name too long', { 'x-forwarded-user': 'a'.repeat(257) }, null],
  ['groups alone', { 'x-forwarded-groups': 'ops' }, null],
  ['hostile groups', { 'x-forwarded-user': 'ann', 'x-forwarded-groups': '__proto__' }, ['read']],
];

test('who is signed in, and what they may do', async (t) => {
  const { app } = await proxied(t);
  for (const [name, headers, scopes] of rows) {
    const reply = await app.inject({ url: '/api/session', headers: { ...page, ...headers } });
    const { data } = reply.json();
    assert.equal(data.auth, scopes === null ? 'none' : 'proxy', name);
    assert.deepEqual([...data.scopes].sort(), [...(scopes ?? [])].sort(), name);
    if (scopes !== null) assert.equal(data.name, headers['x-forwarded-user']?.trim());
  }
});

test('from a peer that is no trusted proxy the headers mean nothing', async (t) => {
  const { app } = await proxied(t, {
    server: { auth_enabled: true, trusted_proxies: ['10.0.0.1'] },
  });
  const headers = { ...page, 'x-forwarded-user': 'ann', 'x-forwarded-groups': 'data keepers' };
  assert.equal((await app.inject({ url: '/api/traces', headers })).statusCode, 401);
  const plain = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  assert.equal((await plain.app.inject({ url: '/api/traces', headers })).statusCode, 401);
});

test('a proxy adds its sign-in to every request, so that only our own pages count', async (t) => {
  const { app } = await proxied(t);
  const ann = { 'x-forwarded-user': 'ann', 'x-forwarded-groups': 'ops' };
  const status = async (method: 'GET' | 'DELETE', headers: Record<string, string>) =>
    (await app.inject({ method, url: '/api/traces/none', headers: { ...ann, ...headers } }))
      .statusCode;
  assert.equal(await status('GET', page), 404);
  assert.equal(await status('DELETE', page), 404);
  assert.equal(await status('GET', { 'sec-fetch-site': 'cross-site' }), 401);
  assert.equal(await status('DELETE', { 'sec-fetch-site': 'same-origin' }), 401);
  assert.equal(
    await status('DELETE', { origin: 'https://evil.example', 'x-raceway-ui': '1' }),
    401,
  );
});

test('who is in no group with a scope is known, and may nothing', async (t) => {
  const { app } = await proxied(t, {
    ui: { auth_proxy_groups: [{ name: 'ops', scopes: ['read'] }] },
  });
  const headers = { ...page, 'x-forwarded-user': 'ann', 'x-forwarded-groups': 'others' };
  const reply = await app.inject({ url: '/api/traces', headers });
  assert.equal(reply.statusCode, 403);
  assert.match(
    reply.json().error,
    /needs a key with the scope read; the key that was sent has none/,
  );
});

test('a key and a session win over the proxy; the audit log names the person', async (t) => {
  const written: string[] = [];
  const sink = new StreamSink({ write: (line: string) => void written.push(line) });
  const audit = new AuditLog(sink, newChain(), { info: () => {}, warn: () => {}, error: () => {} });
  const { app } = await proxied(t, {
    audit,
    server: { auth_enabled: true, api_keys: [KEY], trusted_proxies: ['127.0.0.1'] },
  });
  const ann = { ...page, 'x-forwarded-user': 'api_keys[0]' };
  await app.inject({ url: '/api/traces', headers: ann });
  await app.inject({ url: '/api/traces', headers: { ...ann, authorization: `Bearer ${KEY}` } });
  const signedIn = await app.inject({
    method: 'POST',
    url: '/api/session',
    headers: { ...ann, 'content-type': 'application/json' },
    body: JSON.stringify({ key: KEY }),
  });
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
  await app.inject({ url: '/api/traces', headers: { ...ann, cookie } });
  // A session that has ended leaves the person.
  await app.inject({ url: '/api/traces', headers: { ...ann, cookie: 'raceway_session=old' } });
  audit.close();
  assert.deepEqual(
    written
      .map((line) => JSON.parse(line))
      .filter(({ route }) => route !== undefined)
      .map(({ route, key, key_id: id, scope }) => [route, key, id === 'proxy', scope]),
    [
      ['/api/traces', 'proxy:api_keys[0]', true, 'read'],
      ['/api/traces', 'api_keys[0]', false, 'read'],
      ['/api/session', 'api_keys[0]', false, null],
      ['/api/traces', 'api_keys[0]', false, 'read'],
      ['/api/traces', 'proxy:api_keys[0]', true, 'read'],
    ],
  );
});
