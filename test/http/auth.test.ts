import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presentedKey } from '../../src/http/front/auth.ts';
import { configuredKeys } from '../../src/keys/access-key.ts';
import { KeyRing } from '../../src/keys/key-ring.ts';
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
  const apiKeys = ['first-key-0123456789', KEY];
  const ring = new KeyRing(configuredKeys({ api_keys: apiKeys, keys: [] }), true);
  const opens = (key: string | null) => typeof ring.find(key, 0) !== 'string';
  assert.deepEqual(apiKeys.map(opens), [true, true]);
  const near = [KEY.slice(1), `${KEY}x`, KEY.toUpperCase(), '', 'undefined', 'null', null];
  assert.deepEqual(
    near.map(opens),
    near.map(() => false),
  );
  assert.equal(new KeyRing([], true).find('', 0), 'wrong');
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
