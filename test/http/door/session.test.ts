/** Browsers: signing in and out, and what a session is good for. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SessionSeal } from '../../../src/http/door/session-seal.ts';
import { digestOf } from '../../../src/keys/access-key.ts';
import { generateKey } from '../../../src/keys/key-format.ts';
import { KEY, type TestAppOptions, testApp } from '../../support/app.ts';
import { namedKey } from '../../support/keys.ts';

const page = { 'sec-fetch-site': 'same-origin', 'x-raceway-ui': '1' };
const json = { 'content-type': 'application/json' };

async function guarded(t: TestContext, options: TestAppOptions = {}) {
  const parts = await testApp(t, {
    ...options,
    server: { auth_enabled: true, api_keys: [KEY], ...options.server },
  });
  const signIn = (key: string, headers: Record<string, string> = {}) =>
    parts.app.inject({
      method: 'POST',
      url: '/api/session',
      headers: { ...page, ...json, ...headers },
      body: JSON.stringify({ key }),
    });
  const ask = (cookie: string, headers: Record<string, string> = page, url = '/api/traces') =>
    parts.app.inject({ url, headers: { ...headers, cookie } });
  return { ...parts, signIn, ask };
}

/** What a browser sends back of a `Set-Cookie`. */
function pairOf(reply: { headers: Record<string, unknown> }): string {
  return String(reply.headers['set-cookie']).split(';')[0] ?? '';
}

test('a key is exchanged for a cookie that no script reads and no other site sends', async (t) => {
  const { signIn, ask, app } = await guarded(t);
  const reply = await signIn(KEY);
  assert.equal(reply.statusCode, 204);
  assert.match(
    String(reply.headers['set-cookie']),
    /^raceway_session=[\w-]{91}; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  assert.ok(!String(reply.headers['set-cookie']).includes(KEY));
  const cookie = pairOf(reply);
  assert.equal((await ask(cookie)).statusCode, 200);
  const who = (await ask(cookie, page, '/api/session')).json().data;
  assert.deepEqual(
    [who.auth, who.name, who.scopes, who.version, who.storage],
    ['session', 'api_keys[0]', ['ingest', 'read', 'triage', 'delete'], '0.0.0-test', 'memory'],
  );
  assert.ok(Math.abs(Date.parse(who.expires_at) - Date.now() - 12 * 3_600_000) < 60_000);
  const out = await app.inject({
    method: 'DELETE',
    url: '/api/session',
    headers: { ...page, cookie },
  });
  assert.equal(out.statusCode, 204);
  assert.match(String(out.headers['set-cookie']), /^raceway_session=; .*Max-Age=0$/);
});

test('the cookie is Secure where the request came encrypted, as a trusted proxy says', async (t) => {
  const { signIn } = await guarded(t, { server: { trusted_proxies: ['127.0.0.1'] } });
  const isSecure = async (headers: Record<string, string>) =>
    String((await signIn(KEY, headers)).headers['set-cookie']).endsWith('; Secure');
  assert.equal(await isSecure({ 'x-forwarded-proto': 'https' }), true);
  assert.equal(await isSecure({ 'x-forwarded-proto': 'HTTPS, http' }), true);
  assert.equal(await isSecure({ 'x-forwarded-proto': 'http' }), false);
  assert.equal(await isSecure({}), false);
  const stranger = await guarded(t, { server: { trusted_proxies: ['10.0.0.1'] } });
  const reply = await stranger.signIn(KEY, { 'x-forwarded-proto': 'https' });
  assert.ok(!String(reply.headers['set-cookie']).includes('Secure'));
});

/** Where a request comes from, as browsers say it, and whether the sign-in counts. */
const origins: readonly [
  name: string,
  headers: Record<string, string>,
  reads: boolean,
  writes: boolean,
][] = [
  ['our page', page, true, true],
  ['our page, without its header', { 'sec-fetch-site': 'same-origin' }, true, false],
  ['another origin of this site', { ...page, 'sec-fetch-site': 'same-site' }, false, false],
  ['another site', { ...page, 'sec-fetch-site': 'cross-site' }, false, false],
  ['another site without the header', { 'sec-fetch-site': 'cross-site' }, false, false],
  ['an address that was typed', { 'sec-fetch-site': 'none' }, false, false],
  ['a new word', { ...page, 'sec-fetch-site': 'x' }, false, false],
  ['an old browser', { origin: 'http://localhost:80', 'x-raceway-ui': '1' }, true, true],
  ['an old browser without the header', { origin: 'http://localhost:80' }, true, false],
  [
    'an old browser of another origin',
    { origin: 'http://evil.example', 'x-raceway-ui': '1' },
    false,
    false,
  ],
  ['another port', { origin: 'http://localhost:81', 'x-raceway-ui': '1' }, false, false],
  ['no origin at all', { origin: 'null', 'x-raceway-ui': '1' }, false, false],
  ['what is no origin', { origin: 'x', 'x-raceway-ui': '1' }, false, false],
  ['the public URL', { origin: 'https://raceway.company.com', 'x-raceway-ui': '1' }, true, true],
  ['both, and they differ', { ...page, origin: 'http://evil.example' }, true, true],
  ['plain HTTP says nothing but our header', { 'x-raceway-ui': '1' }, true, true],
  ['the header with another value', { 'x-raceway-ui': '0' }, false, false],
  ['nothing', {}, false, false],
];

/** What is sent with a method. */
const bodies: Readonly<Record<string, string>> = {
  POST: '{"events":[]}',
  PATCH: '{"note":"a lock is in review"}',
};

test('cookie × origin × method: what another page can have sent is refused', async (t) => {
  const { app, signIn } = await guarded(t, {
    server: { public_url: 'https://raceway.company.com/tools' },
  });
  const cookie = pairOf(await signIn(KEY));
  let place = 1;
  for (const [name, headers, reads, writes] of origins) {
    for (const [method, url, opens] of [
      ['GET', '/api/traces', reads],
      ['HEAD', '/api/traces', reads],
      ['DELETE', '/api/traces/none', writes],
      ['POST', '/api/traces', writes],
      ['PATCH', '/api/races/0000000000000000', writes],
    ] as const) {
      const reply = await app.inject({
        method,
        url,
        headers: {
          host: 'localhost:80',
          ...headers,
          cookie,
          'x-forwarded-for': `2001:db8:${(place++).toString(16)}::1`,
          ...(bodies[method] === undefined ? {} : json),
        },
        ...(bodies[method] === undefined ? {} : { body: bodies[method] }),
      });
      assert.equal(reply.statusCode === 401, !opens, `${method} from ${name}: ${reply.body}`);
      if (!opens && method !== 'HEAD')
        assert.match(reply.json().error, /pages of this server only/);
    }
    // Signing in and out follow the rule of what changes something.
    const body = JSON.stringify({ key: KEY });
    const inReply = await app.inject({
      method: 'POST',
      url: '/api/session',
      headers: { host: 'localhost:80', ...json, ...headers },
      body,
    });
    assert.equal(inReply.statusCode, writes ? 204 : 403, `sign-in from ${name}`);
    const outReply = await app.inject({
      method: 'DELETE',
      url: '/api/session',
      headers: { host: 'localhost:80', ...headers },
    });
    assert.equal(outReply.statusCode, writes ? 204 : 403, `sign-out from ${name}`);
  }
});

test('an encrypted page is not taken for its plain namesake', async (t) => {
  const { ask, signIn } = await guarded(t, { server: { trusted_proxies: ['127.0.0.1'] } });
  const cookie = pairOf(await signIn(KEY));
  const from = async (origin: string) =>
    (
      await ask(cookie, {
        host: 'raceway.example',
        'x-forwarded-proto': 'https',
        'x-raceway-ui': '1',
        origin,
      })
    ).statusCode;
  assert.equal(await from('https://raceway.example'), 200);
  assert.equal(await from('http://raceway.example'), 401);
});

test('a session ends with its key: when it is removed, when it expires, after twelve hours', async (t) => {
  const start = 1_800_000_000_000;
  t.mock.timers.enable({ apis: ['Date'], now: start });
  const [short, long] = [generateKey(), generateKey()];
  const { keys, ask, signIn } = await guarded(t, {
    server: {
      keys: [
        namedKey(short, { name: 'short', expires_at: start + 3_600_000 }),
        namedKey(long, { name: 'long' }),
      ],
    },
  });
  const first = await signIn(short);
  assert.match(String(first.headers['set-cookie']), /Max-Age=3600$/);
  const [ofShort, ofLong] = [pairOf(first), pairOf(await signIn(long))];
  const statuses = async () => [(await ask(ofShort)).statusCode, (await ask(ofLong)).statusCode];
  assert.deepEqual(await statuses(), [200, 200]);
  t.mock.timers.tick(3_600_000);
  assert.deepEqual(await statuses(), [401, 200]);
  t.mock.timers.tick(11 * 3_600_000 - 1);
  assert.equal((await ask(ofLong)).statusCode, 200);
  t.mock.timers.tick(1);
  const ended = await ask(ofLong);
  assert.equal(ended.statusCode, 401);
  assert.match(ended.json().error, /the session of this browser has ended/);
  const again = pairOf(await signIn(long));
  assert.equal((await ask(again)).statusCode, 200);
  const digest = digestOf(long);
  keys.replace(
    keys.keys.filter((key) => !key.digest.equals(digest)),
    true,
  );
  assert.equal((await ask(again)).statusCode, 401);
});

test('who may not sign in: no key, wrong, mistyped, expired, without the scope, too large', async (t) => {
  const writer = generateKey();
  const expired = generateKey();
  const { signIn, app } = await guarded(t, {
    server: {
      keys: [
        namedKey(writer, { name: 'writer', scopes: ['ingest'] }),
        namedKey(expired, { name: 'expired', expires_at: 1 }),
      ],
    },
  });
  const rows: [key: string, status: number, sentence: RegExp][] = [
    ['wrong-key-0123456789', 401, /not one of this server/],
    [`${writer.slice(0, -1)}${writer.endsWith('0') ? 1 : 0}`, 401, /mistyped/],
    [expired, 401, /has expired/],
    [writer, 403, /need a key with the scope read; this one has ingest/],
    ['', 400, /must be \{"key": "…"\}/],
    ['x'.repeat(5000), 413, /with its length/],
  ];
  for (const [key, status, sentence] of rows) {
    const reply = await signIn(key);
    assert.equal(reply.statusCode, status, reply.body);
    assert.match(reply.json().error, sentence);
    assert.equal(reply.headers['set-cookie'], undefined);
  }
  for (const body of ['', '[]', '{"key":1}', '{"key":"a","x":1}', '{', '"a"']) {
    const reply = await app.inject({
      method: 'POST',
      url: '/api/session',
      headers: { ...page, ...json },
      body,
    });
    assert.equal(reply.statusCode, 400, body);
  }
  const packed = await signIn(KEY, { 'content-encoding': 'gzip' });
  assert.equal(packed.statusCode, 413);
});

test('guessing keys by signing in is as slow as elsewhere', async (t) => {
  const { signIn, app } = await guarded(t);
  for (let count = 0; count < 60; count += 1) {
    assert.equal((await signIn('guess-0123456789abcdef')).statusCode, 401);
  }
  assert.equal((await signIn('guess-0123456789abcdef')).statusCode, 429);
  // The page that tells whether a key is right is no way around it.
  const check = (key: string) =>
    app.inject({ url: '/auth/check', headers: { authorization: `Bearer ${key}` } });
  assert.equal((await check('guess')).statusCode, 429);
  assert.equal((await check(KEY)).statusCode, 200);
});

test('a key that is sent wins over the session, and a wrong one is not rescued by it', async (t) => {
  const reader = generateKey();
  const { ask, signIn } = await guarded(t, {
    server: { keys: [namedKey(reader, { name: 'reader', scopes: ['read'] })] },
  });
  const cookie = pairOf(await signIn(KEY));
  const name = async (key: string) =>
    (await ask(cookie, { ...page, authorization: `Bearer ${key}` }, '/api/session')).json().data;
  assert.deepEqual([(await name(reader)).auth, (await name(reader)).name], ['key', 'reader']);
  assert.equal((await name('wrong-key-0123456789')).auth, 'none');
  const wrong = { ...page, 'x-raceway-key': 'wrong-key-0123456789' };
  assert.equal((await ask(cookie, wrong)).statusCode, 401);
});

test('only what this server sealed is a session', async (t) => {
  const secret = 'a secret of more than 32 characters';
  const own = await guarded(t, { ui: { session_secret: secret } });
  const other = await guarded(t, { ui: { session_secret: secret } });
  const stranger = await guarded(t);
  const cookie = pairOf(await own.signIn(KEY));
  // Instances with one secret open each other's sessions; a key that only one has opens nothing.
  assert.equal((await other.ask(cookie)).statusCode, 200);
  assert.equal((await stranger.ask(cookie)).statusCode, 401);
  const value = cookie.slice('raceway_session='.length);
  for (let at = 0; at < value.length; at += 7) {
    const letter = value[at] === 'A' ? 'B' : 'A';
    const changed = value.slice(0, at) + letter + value.slice(at + 1);
    assert.equal((await own.ask(`raceway_session=${changed}`)).statusCode, 401, String(at));
  }
  const digest = digestOf(KEY);
  const forged = new SessionSeal('another secret of 32 characters or more').seal({
    digest,
    expiresAtMs: Date.now() + 1000,
  });
  for (const wrong of ['', 'x', `${value}A`, value.slice(1), forged, '%00', '__proto__']) {
    assert.equal((await own.ask(`raceway_session=${wrong}`)).statusCode, 401, wrong);
  }
  // Beside leftovers of other servers, and between other cookies.
  const among = `a=b; raceway_session=${forged}; ${cookie};raceway_sessions=1`;
  assert.equal((await own.ask(among)).statusCode, 200);
});

test('GET /auth/check and /api/session tell every client the truth', async (t) => {
  const open = await testApp(t);
  const check = async ({ app }: { app: typeof open.app }, headers: Record<string, string> = {}) =>
    (await app.inject({ url: '/auth/check', headers })).json();
  assert.deepEqual(await check(open), { authenticated: true, auth_required: false });
  const who = (await open.app.inject({ url: '/api/session' })).json().data;
  assert.deepEqual([who.auth, who.scopes.length, who.version], ['open', 5, '0.0.0-test']);

  const parts = await guarded(t);
  const cookie = pairOf(await parts.signIn(KEY));
  const rows: [headers: Record<string, string>, authenticated: boolean][] = [
    [{}, false],
    [{ authorization: `Bearer ${KEY}` }, true],
    [{ authorization: 'Bearer wrong-key-0123456789' }, false],
    [{ ...page, cookie }, true],
    [{ cookie }, false],
  ];
  for (const [headers, authenticated] of rows) {
    assert.deepEqual(await check(parts, headers), { authenticated, auth_required: true });
    const { data } = (await parts.app.inject({ url: '/api/session', headers })).json();
    assert.equal(data.auth !== 'none', authenticated);
    // Nothing of the server is told to strangers.
    if (!authenticated)
      assert.deepEqual([data.version, data.storage, data.name], [null, null, null]);
  }
});

test('a server that asks for no key has no sign-in', async (t) => {
  const { app } = await testApp(t);
  const reply = await app.inject({
    method: 'POST',
    url: '/api/session',
    headers: { ...page, ...json },
    body: JSON.stringify({ key: KEY }),
  });
  assert.equal(reply.statusCode, 400);
  assert.match(reply.json().error, /asks for no key/);
});
