import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { NativeTls } from '../../src/http/front/native-tls.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { TestTerminal } from '../support/cli.ts';

const apiKey = '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10';

/** A folder as certbot keeps it: `live` is a link that a renewal swaps. */
function certbotFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-certbot-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let count = 0;
  const renew = (made: { certificate: string; key: string }) => {
    count += 1;
    const archive = join(folder, `archive-${count}`);
    mkdirSync(archive);
    writeFileSync(join(archive, 'fullchain.pem'), made.certificate);
    writeFileSync(join(archive, 'privkey.pem'), made.key);
    symlinkSync(archive, join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'live'));
  };
  const files = { cert: join(folder, 'live/fullchain.pem'), key: join(folder, 'live/privkey.pem') };
  return { files, renew };
}

async function serveTls(t: TestContext, days = 90) {
  const { files, renew } = certbotFolder(t);
  const first = selfSignedCertificate('raceway.example', days);
  renew(first);
  const terminal = new TestTerminal(t);
  const environment = {
    RACEWAY_API_KEYS: apiKey,
    RACEWAY_SERVER_TLS_CERT: files.cert,
    RACEWAY_SERVER_TLS_KEY: files.key,
  };
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 0, terminal.everything());
  const url = new URL(/listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '');
  t.after(async () => {
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    assert.equal(await exited, 0);
  });
  return { terminal, environment, url, files, renew, first };
}

/** The fingerprint of the certificate that a new connection gets, or why there is none. */
function handshake(url: URL, options: object = {}): Promise<{ protocol: string; digest: string }> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: url.hostname, port: Number(url.port), rejectUnauthorized: false, ...options },
      () => {
        const digest = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
        resolve({ protocol: socket.getProtocol() ?? '', digest });
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

function get(url: URL, path: string, ca: string) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const options = {
        ...{ host: url.hostname, port: url.port, path, ca, servername: 'raceway.example' },
        headers: { authorization: `Bearer ${apiKey}` },
        agent: false as const,
      };
      httpsRequest(options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      })
        .on('error', reject)
        .end();
    },
  );
}

test('native TLS: HTTPS with HSTS, TLS 1.2 and 1.3 only, and the expiry in /metrics', async (t) => {
  const { terminal, url, first } = await serveTls(t);
  assert.equal(url.protocol, 'https:');
  assert.match(terminal.told.join('\n'), /Next: give an SDK the server URL https:\/\/127\.0\.0\.1/);
  const reply = await get(url, '/metrics', first.certificate);
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['strict-transport-security'], 'max-age=63072000');
  const expiry = Date.parse(new X509Certificate(first.certificate).validTo) / 1000;
  assert.ok(reply.body.includes(`\nraceway_tls_certificate_expiry_timestamp_seconds ${expiry}\n`));
  const unknown = await get(url, '/nowhere', first.certificate);
  assert.equal(unknown.headers['strict-transport-security'], 'max-age=63072000');

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { protocol } = await handshake(url, { minVersion: version, maxVersion: version });
    assert.equal(protocol, version);
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
    await assert.rejects(handshake(url, old), /alert|EPROTO|ECONNRESET/);
  }
  await assert.rejects(handshake(url, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }));
});

test('T10: healthcheck speaks TLS when the server does', async (t) => {
  const { environment, url } = await serveTls(t);
  const terminal = new TestTerminal(t);
  const healthcheck = (port: string) => terminal.run(['healthcheck', '--port', port], environment);
  assert.equal(await healthcheck(url.port), 0, terminal.everything());
  assert.equal(await healthcheck('1'), 1);
  assert.match(terminal.told.join(), /https:\/\/127\.0\.0\.1:1\/health does not answer/);
});

test('T18: SIGHUP takes the renewed certificate; one that cannot be used leaves the old', async (t) => {
  const { terminal, url, renew, first } = await serveTls(t);
  const digestOf = (made: { certificate: string }) =>
    new X509Certificate(made.certificate).fingerprint256;
  assert.equal((await handshake(url)).digest, digestOf(first));
  const second = selfSignedCertificate('raceway.example', 90);
  renew({ certificate: second.certificate, key: first.key });
  terminal.process.emit('SIGHUP', 'SIGHUP');
  assert.equal((await handshake(url)).digest, digestOf(first));
  assert.match(terminal.logLines.join(''), /server\.tls\.key .*does not belong.*before it stays/);
  renew(second);
  terminal.process.emit('SIGHUP', 'SIGHUP');
  const { digest, protocol } = await handshake(url, { maxVersion: 'TLSv1.2' });
  assert.deepEqual([digest, protocol], [digestOf(second), 'TLSv1.2']);
  await assert.rejects(handshake(url, { maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }));
});

test('T18: a swapped symlink is noticed once it has come to rest, and a bad file once', (t) => {
  const { files, renew } = certbotFolder(t);
  const first = selfSignedCertificate('raceway.example', 90);
  renew(first);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const loads: number[] = [];
  const tls = new NativeTls(files, { log, loaded: (atMs) => loads.push(atMs) });
  const cert = () => String(tls.options.cert);
  tls.poll();
  tls.poll();
  assert.equal(loads.length, 1);

  const second = selfSignedCertificate('raceway.example', 10);
  renew({ certificate: second.certificate, key: first.key });
  tls.poll();
  renew(second);
  tls.poll();
  assert.equal(cert(), first.certificate);
  assert.deepEqual(lines, []);
  tls.poll();
  assert.equal(cert(), second.certificate);
  assert.equal(loads.length, 2);
  assert.match(lines.join(''), /certificate loaded.*\n.*"level":40.*expires on/);

  renew({ certificate: 'nothing', key: second.key });
  lines.length = 0;
  for (let count = 0; count < 4; count += 1) tls.poll();
  assert.equal(cert(), second.certificate);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /server\.tls\.cert .*the certificate before it stays/);
});

test('the end of the certificate is warned about once a day', (t) => {
  const { files, renew } = certbotFolder(t);
  renew(selfSignedCertificate('raceway.example', 10));
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const tls = new NativeTls(files, { log, loaded: () => {} });
  for (let hour = 0; hour < 48; hour += 1) {
    tls.poll();
    t.mock.timers.tick(3_600_000);
  }
  assert.equal(lines.length, 2);
});
