/** Ways through the pages: by keys alone, and below a prefix of a proxy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import { assertAccessible, picture, shown, TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { startPrefixProxy, startUi } from './shop-server.ts';

const browser = new TestBrowser();

test('from the first page to an understood race by keys alone', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  const { keyboard } = page;
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await keyboard.press('g');
  await keyboard.press('r');
  await page.getByRole('heading', { name: '1 race' }).waitFor();
  await keyboard.press('j');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: /^Lost update of ledger\.balance/ }).waitFor();
  await page.getByText('’s change of −40 is lost.').waitFor();
  await keyboard.press('ArrowRight');
  await keyboard.press('ArrowRight');
  await page.waitForURL(/step=2$/);
  await shown(() => page.locator('tr.faded').count(), 2);
  await keyboard.press('Escape');
  await shown(() => page.locator('tr.faded').count(), 0);
  await keyboard.press('a');
  await page.getByRole('heading', { name: /^POST \/checkout/ }).waitFor();
  await keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  await keyboard.press('Escape');
  await keyboard.press('/');
  await page.getByRole('combobox', { name: 'Search' }).fill('ledger');
  await page.getByRole('option', { name: /Lost update of ledger/ }).waitFor();
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: /^Lost update of ledger/ }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: /^POST \/checkout/ }).waitFor();
  assertQuiet('keys');
  await close();
});

test('from an empty server to an understood race by one click', async (t) => {
  const server = await startUi(t);
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  const startMs = performance.now();
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Load the example' }).click();
  await page.getByRole('heading', { name: /^Lost update of db:ledger/ }).waitFor();
  await page.getByText('’s change of −40 is lost.').waitFor();
  t.diagnostic(`understood after ${Math.round(performance.now() - startMs)} ms`);
  await assertAccessible(page, 'example');
  await picture(page, 'example');
  // The traces of the example are there, and the empty page is not.
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assertQuiet('example');
  await close();
});

test('below the prefix of a proxy: deep links, sign-in, moving about, cookie', async (t) => {
  const key = generateKey();
  const server = await startUi(t, { RACEWAY_API_KEYS: key }, key);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const prefixed = await startPrefixProxy(t, server.url, '/tools/raceway');
  const { page, assertQuiet, close } = await browser.open({ allowed: /401/ });
  await page.goto(`${prefixed}/races?pattern=lost_update`);
  await page.getByLabel('Key').fill(key);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: /Lost update of/ }).click();
  await page.getByRole('heading', { name: /^Lost update of/ }).waitFor();
  assert.match(page.url(), /\/tools\/raceway\/races\/[0-9a-f]{16}$/);
  await page.reload();
  await page.getByText('’s change of −40 is lost.').waitFor();
  await page.getByRole('link', { name: /^[AB] POST \/refunds$/ }).click();
  await page.getByRole('heading', { name: /^POST \/refunds/ }).waitFor();
  assert.match(page.url(), /\/tools\/raceway\/traces\//);
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(page.url(), `${prefixed}/`);
  const [cookie] = await page.context().cookies(`${prefixed}/api/x`);
  assert.equal(cookie?.path, '/tools/raceway/api');
  assertQuiet('prefix');
  await close();
});

test('the theme stays chosen', async (t) => {
  const server = await startUi(t);
  const { page, assertQuiet, close } = await browser.open({ colorScheme: 'light' });
  await page.goto(`${server.url}/settings`);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel('Dark').check();
  await shown(async () => (await background()) !== light, true);
  const dark = await background();
  await page.reload();
  await page.getByLabel('Dark').waitFor();
  await shown(background, dark);
  assertQuiet('theme');
  await close();
});

test('what a page shows leaves it as files: tables and pictures', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { page, assertQuiet, close } = await browser.open();
  const saved = async (button: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button, exact: true }).first().click(),
    ]);
    const path = await download.path();
    return { name: download.suggestedFilename(), bytes: readFileSync(path) };
  };
  await page.goto(`${server.url}/variables/ledger.balance`);
  await page.getByText('nothing orders them').first().waitFor();
  await page.keyboard.press('e');
  await page.getByRole('heading', { name: 'Export what this page shows' }).waitFor();
  await assertAccessible(page, 'export');
  const csv = await saved('CSV');
  assert.equal(csv.name, 'raceway-variables-ledger.balance.csv');
  assert.match(csv.bytes.toString(), /^Time,Did,Value,Place,/);
  assert.match(csv.bytes.toString(), /nothing orders them/);
  const svg = (await saved('SVG')).bytes.toString();
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assert.doesNotMatch(svg, /class=|var\(/);
  const png = (await saved('PNG')).bytes;
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assertQuiet('export');
  await close();
});
