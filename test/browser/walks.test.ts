/** Ways through the pages: by keys alone, and below a prefix of a proxy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { generateKey } from '../../src/keys/key-format.ts';
import { namedKey } from '../support/keys.ts';
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

test('a narrow page: four pages in the bar, the others one touch away', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 390, height: 800 },
  });
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const bar = page.getByRole('navigation', { name: 'Pages', exact: true });
  assert.deepEqual(
    await bar.getByRole('link').evaluateAll((links) => links.map((link) => link.textContent)),
    ['Overview', 'Races1', 'Traces', 'Live'],
  );
  await page.getByRole('button', { name: 'Further pages' }).click();
  const further = page.getByRole('navigation', { name: 'Further pages' });
  await assertAccessible(page, 'further pages');
  await further.getByRole('link', { name: 'Variables' }).click();
  await page.getByRole('heading', { name: /variables?$/ }).waitFor();
  await shown(() => further.isVisible(), false);
  await page.getByRole('button', { name: 'Further pages' }).click();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('heading', { name: 'Export what this page shows' }).waitFor();
  assertQuiet('narrow');
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
  // What is drawn on a canvas is drawn again as an SVG.
  await page.goto(`${server.url}/traces`);
  await page.getByRole('link', { name: /POST \/checkout/ }).click();
  await page.getByRole('treegrid').waitFor();
  await page.keyboard.press('e');
  await page.getByRole('heading', { name: 'Export what this page shows' }).waitFor();
  const drawing = (await saved('SVG')).bytes.toString();
  assert.match(drawing, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assertQuiet('export');
  await close();
});

test('a decision about a race: said by keys alone, kept, read by others, and regressed', async (t) => {
  const [ann, bob] = [generateKey(), generateKey()];
  const environment = {
    RACEWAY_AUTH_ENABLED: 'true',
    RACEWAY_SERVER_KEYS: JSON.stringify([
      namedKey(ann, { name: 'ann', scopes: ['ingest', 'read', 'triage'] }),
      namedKey(bob, { name: 'bob', scopes: ['read'] }),
    ]),
    RACEWAY_FINDINGS_OWNER: JSON.stringify([{ service: 'ledger', name: 'team <b>money</b>' }]),
  };
  const server = await startUi(t, environment, ann);
  const shop = new Shop(Date.now() - 60_000);
  await server.send([shop.lostUpdate(0)]);
  const headers = { authorization: `Bearer ${ann}` };
  const { data } = await (await fetch(`${server.url}/api/races`, { headers })).json();
  const race = `${server.url}/races/${data.issues[0].fingerprint}`;
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 390, height: 900 },
    colorScheme: 'dark',
    allowed: /401|400/,
  });
  const { keyboard } = page;
  const signIn = async (key: string) => {
    await page.goto(race);
    await page.getByLabel('Key').fill(key);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What was decided' }).waitFor();
  };
  const panel = page.locator('.triage');
  await signIn(ann);
  await panel.getByText('team <b>money</b>').waitFor();
  await panel.getByText('nothing yet').waitFor();
  await panel.getByRole('button', { name: 'Change' }).focus();
  await keyboard.press('Enter');
  await shown(() => panel.getByRole('radio', { name: /^Open/ }).evaluate(hasFocus), true);
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await panel.getByLabel(/^Why it is a false alarm/).fill('one replica <i>only</i>');
  await panel.getByLabel(/^Until/).fill('2020-01-01T10:00');
  await panel.getByLabel(/^Assignee/).fill('"><svg onload=alert(1)>');
  await panel.getByLabel(/^Note/).fill('a lock\nis in review');
  await panel.getByLabel(/^Link/).fill('javascript:alert(1)');
  await keyboard.press('Enter');
  await panel.getByText('A link begins with https:// or http://').waitFor();
  await panel.getByLabel(/^Link/).fill('https://git.example/7');
  await keyboard.press('Enter');
  await panel.getByText('until: must be in the future').waitFor();
  await assertAccessible(page, 'triage form, dark');
  await picture(page, 'triage-form-dark-390');
  assert.equal(await overflowOf(page), 0);
  await panel.getByLabel(/^Until/).fill('2100-01-01T10:00');
  await panel.getByRole('button', { name: 'Save' }).focus();
  await keyboard.press('Enter');
  await panel.getByText('by ann,').waitFor();
  await shown(() => panel.getByRole('button', { name: 'Change' }).evaluate(hasFocus), true);
  await panel.getByText('one replica <i>only</i>').waitFor();
  await panel.getByText('"><svg onload=alert(1)>').waitFor();
  const link = panel.getByRole('link', { name: 'https://git.example/7' });
  assert.equal(await link.getAttribute('href'), 'https://git.example/7');
  await panel.getByText('History').focus();
  await keyboard.press('Enter');
  await panel.getByText('State: ignored').waitFor();
  await assertAccessible(page, 'triage, dark');
  await picture(page, 'triage-dark-390');
  assert.equal(await overflowOf(page), 0);

  // It is resolved, and then seen again; whoever may only read is told so.
  await panel.getByRole('button', { name: 'Change' }).click();
  await shown(() => panel.getByRole('radio', { name: /^Ignored/ }).evaluate(hasFocus), true);
  await panel.getByRole('radio', { name: /^Resolved/ }).check();
  await panel.getByRole('button', { name: 'Save' }).click();
  await panel.getByText('State: resolved').waitFor();
  await server.send([shop.lostUpdate(30_000)]);
  await page.context().clearCookies();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1380, height: 900 });
  await signIn(bob);
  await panel.getByText('It came back').waitFor();
  await panel.getByText('Your key has no scope').waitFor();
  assert.equal(await panel.getByRole('button').count(), 0);
  await panel.getByText('History').click();
  await panel.getByText('it happened again').waitFor();
  await assertAccessible(page, 'triage, light');
  await picture(page, 'triage-light');
  assertQuiet('triage');
  await close();
});

function hasFocus(element: Element): boolean {
  return element === document.activeElement;
}

function overflowOf(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}
