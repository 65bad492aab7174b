/** How much a browser loads: bytes and requests, which no slow machine changes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';
import { TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { startUi } from './shop-server.ts';

const browser = new TestBrowser();
const folder = join(repositoryRoot, 'dist/web/assets');
const kibibyte = 1024;

const packedBytes = (pattern: RegExp) =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => statSync(join(folder, name)).size)
    .reduce((sum, bytes) => sum + bytes, 0);

test('what is loaded first is at most 45 KiB of script and 10 of style; all script 140', () => {
  const page = readFileSync(join(folder, '../index.html'), 'utf8');
  const first = [...page.matchAll(/assets\/([\w.-]+\.js)"/g)].map(([, name = '']) => name);
  assert.ok(first.length > 0);
  const bytes = first
    .map((name) => statSync(join(folder, `${name}.gz`)).size)
    .reduce((sum, size) => sum + size, 0);
  assert.ok(bytes <= 45 * kibibyte, `${bytes} bytes`);
  assert.ok(packedBytes(/\.css\.gz$/) <= 10 * kibibyte);
  assert.ok(packedBytes(/\.js\.gz$/) <= 140 * kibibyte);
});

test('the race page asks once for all that it shows of a race, then for others like it and what the bar shows', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { data } = await (await fetch(`${server.url}/api/races`)).json();
  const { page, close } = await browser.open();
  const asked: string[] = [];
  const races: Promise<Buffer>[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/api/')) return;
    asked.push(pathname);
    if (pathname.startsWith('/api/races/')) races.push(response.body());
  });
  await page.goto(`${server.url}/races/${data.issues[0].fingerprint}`);
  await page.getByText('is lost.').waitFor();
  await page.waitForLoadState('networkidle');
  const bytes = (await Promise.all(races)).reduce((sum, { length }) => sum + length, 0);
  assert.ok(bytes > 0 && bytes <= 40 * kibibyte, `${bytes} bytes`);
  // The bar asks again every few seconds.
  assert.ok(new Set(asked).size <= 5, asked.join(' '));
  assert.ok(!asked.some((path) => path.startsWith('/api/traces')), asked.join(' '));
  assert.equal(races.length, 1);
  await close();
});
