import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { examine } from '../../src/checkup/doctor.ts';
import { makeCertificate } from './certificate.ts';
import { freePort, startDaemon } from './daemon.ts';
import { fetchFrom, publicName } from './https-client.ts';
import { unless } from './programs.ts';
import { apiKey, proxyContract, racewayBehind, type StartProxy } from './proxy-contract.ts';

const shipped = new URL('../../deploy/nginx/', import.meta.url).pathname;
const skip = unless('nginx', 'openssl');
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.family === 'IPv6');

/**
 * Writes an nginx.conf around the shipped files. What is changed in them: folders, and ports when
 * the server is to be started beside others.
 */
function configure(t: TestContext, ports: Record<'https' | 'http' | 'upstream', number> | null) {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-nginx-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { ca } = makeCertificate(folder, publicName);
  let site = readFileSync(join(shipped, 'raceway.conf'), 'utf8')
    .replaceAll(`/etc/letsencrypt/live/${publicName}/`, `${folder}/`)
    .replaceAll('/etc/nginx/snippets/', shipped);
  // Without IPv6 nginx cannot open these at all.
  if (!hasIpv6) site = site.replaceAll(/^ +listen \[::\].*\n/gm, '');
  if (ports !== null) {
    site = site
      .replaceAll('listen 443 ', `listen 127.0.0.1:${ports.https} `)
      .replaceAll('listen 80;', `listen 127.0.0.1:${ports.http};`)
      .replaceAll('listen [::]:443 ', `listen [::1]:${ports.https} `)
      .replaceAll('listen [::]:80;', `listen [::1]:${ports.http};`)
      .replaceAll('http://127.0.0.1:8080;', `http://127.0.0.1:${ports.upstream};`);
  }
  writeFileSync(join(folder, 'raceway.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
    events {}
    http { access_log off; ${temporary.join(' ')}
      include ${shipped}raceway-limits.conf; include ${folder}/raceway.conf; }`;
  writeFileSync(join(folder, 'nginx.conf'), main);
  return { file: join(folder, 'nginx.conf'), ca };
}

const startNginx: StartProxy = async (t, upstream) => {
  const [https, http] = [await freePort(), await freePort()];
  const { file, ca } = configure(t, { https, http, upstream });
  await startDaemon(t, ['nginx', '-e', 'stderr', '-c', file], [https, http]);
  return { httpsPort: https, httpPort: http, ca };
};

test('nginx -t finds the shipped files sound', { skip }, (t) => {
  const { file } = configure(t, null);
  execFileSync('/usr/sbin/nginx', ['-t', '-q', '-e', 'stderr', '-c', file], { stdio: 'pipe' });
});

proxyContract('nginx', skip, startNginx);

test('nginx: T2, T16: too many requests from one address are answered 429 as JSON', {
  skip,
}, async (t) => {
  const { ask } = await racewayBehind(t, startNginx);
  const burst = (path: string, from: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => fetchFrom(ask(path, from))));
  const beganMs = performance.now();
  const replies = await burst('/status', '127.0.0.21', 40);
  const refused = replies.filter(({ status }) => status === 429);
  // 21 at once, and 100 a minute for as long as it took.
  const refilled = Math.ceil((performance.now() - beganMs) / 600);
  assert.ok(refused.length <= 19, `${refused.length} of 40 refused`);
  assert.ok(refused.length >= 19 - refilled, `${refused.length} of 40 refused`);
  for (const { text, headers } of refused) {
    const { success, code, retry_after: seconds } = JSON.parse(text);
    assert.deepEqual([success, code, seconds], [false, 'rate_limited', 1]);
    assert.equal(headers['retry-after'], '1');
    assert.equal(headers['strict-transport-security'], 'max-age=63072000');
  }
  // Other addresses, and /events of the same one, have budgets of their own.
  const [other] = await burst('/status', '127.0.0.22', 1);
  assert.equal(other?.status, 200);
  const events = await burst('/events', '127.0.0.21', 150);
  assert.deepEqual(new Set(events.map(({ status }) => status)), new Set([405]));
});

test('nginx: raceway doctor finds nothing wrong with the shipped files', { skip }, async (t) => {
  const { proxy } = await racewayBehind(t, startNginx);
  const url = new URL(`https://127.0.0.1:${proxy.httpsPort}`);
  const plainUrl = new URL(`http://127.0.0.1:${proxy.httpPort}`);
  const around = { plainUrl, directUrl: null, bodyBytes: 16 * 2 ** 20 };
  const remarks = await examine({ url, key: apiKey, ca: proxy.ca }, around);
  assert.deepEqual(
    remarks
      .filter(({ level }) => level !== 'pass')
      .map(({ level, subject, detail }) => `${level} ${subject}: ${detail}`),
    // The certificate is for the public name, and nothing was sent yet.
    [
      'fail TLS trust: clients refuse the certificate (ERR_TLS_CERT_ALTNAME_INVALID)',
      'unknown Event stream: there is no trace yet',
    ],
  );
});

test('nginx: HTTP/2 is spoken', { skip }, async (t) => {
  const { proxy } = await racewayBehind(t, startNginx);
  const session = connect(`https://127.0.0.1:${proxy.httpsPort}`, {
    ca: proxy.ca,
    servername: publicName,
  });
  t.after(() => session.close());
  const stream = session.request({ ':path': '/health', ':authority': publicName });
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.on('response', resolve);
    session.on('error', reject);
  });
  stream.resume();
  assert.equal(headers[':status'], 200);
});
