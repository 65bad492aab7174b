import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthenticator, presentedKey } from '../../src/http/auth.ts';
import { KEY, testApp } from '../support/app.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

test('where a key is looked for, and what wins', () => {
  const cases: [headers: Record<string, string>, key: string | null][] = [
    [{}, null],
    [{ authorization: `Bearer ${KEY}` }, KEY],
    [{ authorization: `bearer   ${KEY} ` }, KEY],
    [{ authorization: `BEARER ${KEY}` }, KEY],
    [{ authorization: basic(`raceway:${KEY}`) }, KEY],
    [{ authorization: basic(`:${KEY}`) }, KEY],
    [{ authorization: basic('a:b:c') }, 'b:c'],
    [{ authorization: basic(KEY) }, KEY],
    [{ 'x-raceway-key': KEY }, KEY],
    [{ 'x-raceway-key': '  ' }, null],
    [{ authorization: 'Bearer wrong', 'x-raceway-key': KEY }, 'wrong'],
    [{ authorization: 'Bearer', 'x-raceway-key': KEY }, ''],
    [{ authorization: 'Bearer two words', 'x-raceway-key': KEY }, 'two words'],
    [{ authorization: basic('a:wrong'), 'x-raceway-key': KEY }, 'wrong'],
    [{ authorization: 'Digest x', 'x-raceway-key': KEY }, KEY],
    [{ authorization: KEY }, null],
  ];
  for (const [headers, key] of cases) {
    assert.equal(presentedKey(headers), key, JSON.stringify(headers));
  }
});

test('every configured key opens, nothing near it does', () => {
  const authenticator = createAuthenticator(['first-key-0123456789', KEY]);
  const opens = (key: string) => authenticator.hasValidKey({ authorization: `Bearer ${key}` });
  assert.deepEqual(['first-key-0123456789', KEY].map(opens), [true, true]);
  const near = [KEY.slice(1), `${KEY}x`, KEY.toUpperCase(), '', 'undefined', 'null'];
  assert.deepEqual(
    near.map(opens),
    near.map(() => false),
  );
  assert.equal(createAuthenticator([]).hasValidKey({ authorization: 'Bearer ' }), false);
});

test('with a key every route but the public ones is closed', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const document = (
    await app.inject({ url: '/openapi.json', headers: { authorization: `Bearer ${KEY}` } })
  ).json();
  const open: string[] = [];
  for (const [path, methods] of Object.entries(document.paths as Record<string, object>)) {
    for (const method of Object.keys(methods)) {
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      const reply = await app.inject({ method: method.toUpperCase() as 'GET', url });
      if (reply.statusCode !== 401) open.push(`${method} ${path}`);
    }
  }
  assert.deepEqual(open.sort(), ['get /health', 'get /ready']);
  assert.deepEqual((await app.inject({ url: '/auth/check' })).json(), {
    authenticated: true,
    auth_required: false,
  });
});

test('no key and no event value is ever logged', async (t) => {
  const logLines: string[] = [];
  const { app } = await testApp(t, {
    logLines,
    server: { auth_enabled: true, api_keys: [KEY], verbose: true },
  });
  const canary = 'canary-5f1c0a';
  for (const authorization of [`Bearer ${KEY}`, `Bearer ${canary}`]) {
    await app.inject({
      method: 'POST',
      url: `/events?token=${canary}`,
      headers: { authorization, 'x-raceway-key': canary, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [{ id: canary }, canary] }),
    });
    await app.inject({ url: `/api/traces/${canary}?q=${canary}`, headers: { authorization } });
    await app.inject({ url: `/${canary}`, headers: { authorization } });
  }
  assert.ok(logLines.length >= 6);
  assert.doesNotMatch(logLines.join(), new RegExp(`${canary}|${KEY}`));
});
