/** The way through the pages below a prefix of the real proxies, with TLS and a key. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import { makeCertificate } from '../installed/certificate.ts';
import { freePort, startDaemon } from '../installed/daemon.ts';
import { unless } from '../installed/programs.ts';
import { repositoryRoot } from '../support/repository.ts';
import { TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { startUi } from './shop-server.ts';

const browser = new TestBrowser();
const deploy = join(repositoryRoot, 'deploy');

function testFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-prefix-'));
  t.after(() => rmSync(folder, { recursive: true }));
  makeCertificate(folder, 'localhost');
  return folder;
}

/** The shipped file in the server block of another site; what is changed in it is the port behind. */
async function startNginx(t: TestContext, upstream: string): Promise<number> {
  const folder = testFolder(t);
  const port = await freePort();
  const shipped = readFileSync(join(deploy, 'nginx/raceway-prefix.conf'), 'utf8');
  writeFileSync(join(folder, 'prefix.conf'), shipped.replace('127.0.0.1:8080', upstream));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
    events {}
    http { access_log off; ${temporary.join(' ')}
      include ${deploy}/nginx/raceway-limits.conf;
      server { listen 127.0.0.1:${port} ssl;
        ssl_certificate ${folder}/fullchain.pem; ssl_certificate_key ${folder}/privkey.pem;
        include ${folder}/prefix.conf; } }`;
  writeFileSync(join(folder, 'nginx.conf'), main);
  await startDaemon(t, ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')], [port]);
  return port;
}

async function startCaddy(t: TestContext, upstream: string): Promise<number> {
  const folder = testFolder(t);
  const port = await freePort();
  const shipped = readFileSync(join(deploy, 'caddy/raceway-prefix.Caddyfile'), 'utf8');
  writeFileSync(join(folder, 'prefix'), shipped.replace('127.0.0.1:8080', upstream));
  const options = `{\nadmin off\nauto_https off\nhttps_port ${port}\ndefault_bind 127.0.0.1\n}`;
  const tls = `tls ${folder}/fullchain.pem ${folder}/privkey.pem`;
  const site = `https://localhost:${port} {\n${tls}\nimport ${folder}/prefix\n}`;
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `${options}\n${site}\n`);
  const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', file] as const;
  await startDaemon(t, command, [port], { env: { HOME: folder } });
  return port;
}

for (const [name, start, skip] of [
  ['nginx', startNginx, unless('nginx', 'openssl')],
  ['Caddy', startCaddy, unless('caddy', 'openssl')],
] as const) {
  test(`${name}: signing in, deep links, moving about, a trace with an escaped slash`, {
    skip,
  }, async (t) => {
    const key = generateKey();
    const server = await startUi(t, { RACEWAY_API_KEYS: key }, key);
    const odd = 'a/b ?#%2F';
    const checkout = new Shop(Date.now() - 500).checkout(0);
    await server.send([
      new Shop(Date.now() - 1000).lostUpdate(0),
      checkout.map((event, place) => ({
        ...event,
        trace_id: odd,
        id: `00000000-0000-4000-9000-${String(place).padStart(12, '0')}`,
      })),
    ]);
    const port = await start(t, new URL(server.url).host);
    const shown = `https://localhost:${port}/raceway`;
    const { page, assertQuiet, close } = await browser.open({
      ignoreHTTPSErrors: true,
      allowed: /401|certificate/i,
    });
    await page.goto(`${shown}`);
    await page.getByLabel('Key').fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.equal(page.url(), `${shown}/`);
    const [cookie] = await page.context().cookies(`${shown}/api/x`);
    assert.deepEqual([cookie?.path, cookie?.secure], ['/raceway/api', true]);
    await page.goto(`${shown}/races?pattern=lost_update`);
    await page.getByRole('link', { name: /Lost update of/ }).click();
    await page.getByText('’s change of −40 is lost.').waitFor();
    await page.reload();
    await page.getByText('’s change of −40 is lost.').waitFor();
    await page.goto(`${shown}/traces/~?id=${encodeURIComponent(odd)}`);
    await page.getByRole('heading', { name: /^POST \/checkout/ }).waitFor();
    await page.getByRole('treegrid').waitFor();
    assertQuiet(name);
    await close();
  });
}
