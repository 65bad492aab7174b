import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from './certificate.ts';
import { freePort, startDaemon } from './daemon.ts';
import { publicName } from './https-client.ts';
import { unless } from './programs.ts';
import { proxyContract, type StartProxy } from './proxy-contract.ts';

const shipped = new URL('../../deploy/caddy/Caddyfile', import.meta.url).pathname;
const skip = unless('caddy', 'openssl');

function testFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-caddy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // Caddy keeps certificates and its last configuration below its home.
  return { folder, env: { HOME: folder } };
}

/** What is changed in the shipped file: ports, and a certificate that no authority was asked for. */
const startCaddy: StartProxy = async (t, upstream) => {
  const { folder, env } = testFolder(t);
  const { ca } = makeCertificate(folder, publicName);
  const [https, http] = [await freePort(), await freePort()];
  const certificate = `${folder}/fullchain.pem ${folder}/privkey.pem`;
  const site = readFileSync(shipped, 'utf8')
    .replace(/^raceway\.company\.com \{$/m, (line) => `${line}\n\ttls ${certificate}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${upstream}`);
  const options = `admin off\nhttp_port ${http}\nhttps_port ${https}\ndefault_bind 127.0.0.1`;
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n${options}\n}\n${site}`);
  const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', file] as const;
  await startDaemon(t, command, [https, http], { env });
  return { httpsPort: https, httpPort: http, ca };
};

test('caddy validate finds the shipped file sound', { skip }, (t) => {
  const { env } = testFolder(t);
  const args = ['validate', '--adapter', 'caddyfile', '--config', shipped];
  execFileSync('/usr/bin/caddy', args, { stdio: 'pipe', env });
});

proxyContract('Caddy', skip, startCaddy);
