/** How the files of the web UI are served; a few files stand for the built ones. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { scopes } from '../../../src/domain/scope.ts';
import { pagePaths } from '../../../src/http/ui/pages.ts';
import { readWebFiles, type WebFiles } from '../../../src/http/ui/web-files.ts';
import { generateKey } from '../../../src/keys/key-format.ts';
import { KEY, testApp } from '../../support/app.ts';
import { namedKey } from '../../support/keys.ts';

const script = 'export const answer = 42;\n'.repeat(100);

function builtFiles(t: TestContext): WebFiles {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-web-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><base href="./" /><script type="module" src="./assets/a-1.js"></script>',
  );
  const path = join(folder, 'assets', 'a-1.js');
  writeFileSync(path, script);
  writeFileSync(`${path}.gz`, gzipSync(script));
  writeFileSync(`${path}.br`, brotliCompressSync(script));
  writeFileSync(join(folder, 'assets', 'b-2.css'), 'body{}');
  writeFileSync(join(folder, 'assets', 'secret.txt'), 'not part of the pages');
  const files = readWebFiles(folder);
  assert.ok(files !== null);
  return files;
}

/** Each page, with something in the place of its parameters. */
const pages = pagePaths.map((path) => path.replace(/:\w+/g, 'x1'));

test('every page is one file, whose base follows from the depth of its path', async (t) => {
  const { app } = await testApp(t, { webFiles: builtFiles(t) });
  const bases: [path: string, base: string][] = [
    ['/', './'],
    ['/?q=a/b/c', './'],
    ['/races', './'],
    ['/races/', '../'],
    ['/races/x1?w=2', '../'],
    ['/traces/a%2Fb', '../'],
  ];
  for (const [path, base] of bases) {
    const reply = await app.inject({ url: path });
    assert.equal(reply.statusCode, 200, path);
    assert.match(reply.body, new RegExp(`<base href="${base.replaceAll('.', '\\.')}" />`), path);
    assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(reply.headers['cache-control'], 'no-cache');
  }
});

test('what a page may do is said with each of them, and with each file', async (t) => {
  const { app } = await testApp(t, { webFiles: builtFiles(t) });
  for (const url of [...pages, '/assets/a-1.js', '/assets/b-2.css']) {
    const { headers } = await app.inject({ url });
    const policy = String(headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "base-uri 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]) {
      assert.ok(policy.split('; ').includes(part), `${url}: ${part}`);
    }
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
});

test('a page is asked for each time and not sent again; a file is kept for good', async (t) => {
  const { app } = await testApp(t, { webFiles: builtFiles(t) });
  const first = await app.inject({ url: '/races' });
  const tag = String(first.headers['etag']);
  const again = (url: string) => app.inject({ url, headers: { 'if-none-match': tag } });
  assert.deepEqual([(await again('/races')).statusCode, (await again('/races')).body], [304, '']);
  assert.equal((await again('/settings')).statusCode, 304);
  // At another depth it is another text.
  assert.equal((await again('/races/x1')).statusCode, 200);
  const file = await app.inject({ url: '/assets/a-1.js' });
  assert.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(file.body, script);
});

test('files are sent as they were packed', async (t) => {
  const { app } = await testApp(t, { webFiles: builtFiles(t) });
  const ask = async (accepted: string, url = '/assets/a-1.js') => {
    const headers = { 'accept-encoding': accepted };
    const reply = await app.inject({ url, headers });
    assert.equal(reply.headers['vary'], 'accept-encoding');
    return { encoding: reply.headers['content-encoding'], bytes: reply.rawPayload };
  };
  const brotli = await ask('gzip, deflate, br');
  assert.equal(brotli.encoding, 'br');
  assert.equal(brotliDecompressSync(brotli.bytes).toString(), script);
  const gzip = await ask('gzip');
  assert.equal(gzip.encoding, 'gzip');
  assert.equal(gunzipSync(gzip.bytes).toString(), script);
  assert.equal((await ask('identity')).encoding, undefined);
  assert.equal((await ask('br', '/assets/b-2.css')).encoding, undefined);
});

test('no path leads out of the files', async (t) => {
  const { app } = await testApp(t, { webFiles: builtFiles(t) });
  for (const name of [
    'nothing.js',
    'secret.txt',
    'a-1.js.gz',
    '..%2findex.html',
    '%2e%2e%2f%2e%2e%2fpackage.json',
    '..%5c..%5cpackage.json',
    '__proto__',
    'constructor',
  ]) {
    const reply = await app.inject({ url: `/assets/${name}` });
    assert.equal(reply.statusCode, 404, name);
    assert.equal(reply.json().code, 'not_found');
  }
});

test('page × key: the same file for everybody, and data for nobody', async (t) => {
  const keys = scopes.map((scope) => [scope, generateKey()] as const);
  const { app } = await testApp(t, {
    webFiles: builtFiles(t),
    server: {
      auth_enabled: true,
      api_keys: [KEY],
      keys: keys.map(([scope, key]) => namedKey(key, { name: scope, scopes: [scope] })),
    },
  });
  const all = [null, 'wrong-key-0123456789', KEY, ...keys.map(([, key]) => key)];
  for (const url of [...pages, '/assets/a-1.js']) {
    const bodies = new Set<string>();
    for (const key of all) {
      const headers = key === null ? {} : { authorization: `Bearer ${key}` };
      const reply = await app.inject({ url, headers });
      assert.equal(reply.statusCode, 200, url);
      assert.equal(reply.headers['set-cookie'], undefined);
      bodies.add(reply.body);
    }
    assert.equal(bodies.size, 1, url);
    assert.equal((await app.inject({ method: 'HEAD', url })).statusCode, 200);
    for (const method of ['POST', 'DELETE'] as const) {
      const reply = await app.inject({ method, url, headers: { authorization: `Bearer ${KEY}` } });
      assert.equal(reply.statusCode, 405, `${method} ${url}`);
    }
  }
});

test('a foreign name gets no page of a server without keys either', async (t) => {
  const { app } = await testApp(t, { webFiles: builtFiles(t) });
  for (const url of [...pages, '/assets/a-1.js']) {
    const reply = await app.inject({ url, headers: { host: 'evil.example' } });
    assert.equal(reply.statusCode, 421, url);
  }
});

test('without the web UI its paths lead nowhere, as before', async (t) => {
  const { app } = await testApp(t);
  for (const url of [...pages, '/assets/a-1.js']) {
    const reply = await app.inject({ url });
    assert.equal(reply.statusCode, 404, url);
    assert.equal(reply.json().code, 'not_found');
  }
});

test('a UI that was never built is none', () => {
  assert.equal(readWebFiles(join(tmpdir(), 'raceway-there-is-no-such-folder')), null);
});
