/** Lists narrowed down by what there is: facets, chips, a part of a picture, keys. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { shown, TestBrowser } from './browser.ts';
import { fileScope, recordedTraffic, startUi, type UiServer } from './shop-server.ts';

const browser = new TestBrowser();
const file = fileScope();
let server: UiServer;

before(async () => {
  server = await startUi(file);
  await server.send(recordedTraffic(Date.now() - 3_600_000));
});

test('traces: a facet, a part of the picture, and chips that tell what they hide', async () => {
  const { page, assertQuiet, close } = await browser.open();
  const asked = (name: string) => new URL(page.url()).searchParams.get(name);
  await page.goto(`${server.url}/traces`);
  await page.getByRole('checkbox', { name: /^ledger/ }).check();
  await shown(async () => asked('service'), 'ledger');
  const chip = page.getByRole('button', { name: /^Service ledger hides [\d,]+/ });
  await chip.waitFor();
  const picture = page.getByRole('img', { name: /traces over time/ });
  const box = await picture.boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 22);
  await page.mouse.up();
  await shown(async () => asked('since') !== null && asked('until') !== null, true);
  assert.equal(asked('min'), null, 'a flat part asks for no durations');
  await chip.click();
  await shown(async () => asked('service'), null);
  await page.getByRole('button', { name: 'Drop all' }).click();
  await shown(async () => asked('since'), null);
  assertQuiet('filters of traces');
  await close();
});

test('traces that no filter lets through say which one hides how many', async () => {
  const { page, assertQuiet, close } = await browser.open();
  await page.goto(`${server.url}/traces?service=ledger&operation=GET%20%2Ftransfer`);
  await page.getByRole('heading', { name: 'Filtered away' }).waitFor();
  await page.getByRole('button', { name: /^Without service ledger: \d+ traces$/ }).click();
  await page.getByRole('heading', { name: /^\d+ traces$/, level: 1 }).waitFor();
  assertQuiet('what filters hide');
  await close();
});

test('races: sorted, peeked at by keys, and those that no run has shown', async () => {
  const { page, assertQuiet, close } = await browser.open();
  await page.goto(`${server.url}/races`);
  await page.getByRole('combobox', { name: 'Sort' }).selectOption('variable');
  const first = page.locator('tbody a').first();
  await first.filter({ hasText: 'alice.balance' }).waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('j');
  await page.keyboard.press('v');
  await page.locator('tr.below').waitFor();
  await page.keyboard.press('f');
  await shown(() => page.evaluate(() => document.activeElement?.tagName ?? ''), 'INPUT');
  await page.getByRole('radio', { name: 'Potential' }).check();
  await page.getByRole('heading', { name: /potential races?$/, level: 1 }).waitFor();
  await page.getByText('How to close it').first().click();
  await page.locator('ol.advice li').first().waitFor();
  assertQuiet('races');
  await close();
});
