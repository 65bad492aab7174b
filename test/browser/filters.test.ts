/** Lists narrowed down by what there is: facets, chips, a part of a picture, keys. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { shown, TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
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

test('traces: a tag is written and added by Enter, several of them, and each has its chip', async () => {
  const { page, assertQuiet, close } = await browser.open();
  const tags = () => new URL(page.url()).searchParams.getAll('tag').join(' ');
  await page.goto(`${server.url}/traces`);
  const all = await page.getByRole('heading', { level: 1, name: /^[\d,]+ traces$/ }).textContent();
  const field = page.getByRole('searchbox', { name: 'Tag' });
  await field.fill('scope');
  await field.press('Enter');
  assert.equal(tags(), '', 'a tag has a name and a value');
  await field.fill('scope:shared');
  await field.press('Enter');
  await shown(async () => tags(), 'scope:shared');
  const heading = page.getByRole('heading', { level: 1, name: /^[\d,]+ traces?$/ });
  await shown(async () => (await heading.textContent()) !== all, true);
  assert.equal(await field.inputValue(), '');
  await field.fill('scope:nobody');
  await field.press('Enter');
  await page.getByRole('heading', { name: 'Filtered away' }).waitFor();
  assert.equal(tags(), 'scope:shared scope:nobody');
  await page.getByRole('button', { name: /^Tag scope:nobody/ }).click();
  await shown(async () => tags(), 'scope:shared');
  await page.getByRole('button', { name: /^Tag scope:shared hides [\d,]+/ }).click();
  await shown(() => heading.textContent(), all);
  assertQuiet('tags');
  await close();
});

test('traces: the keys of tags, and of one its values, of which another takes the place of the first', async () => {
  const { page, assertQuiet, close } = await browser.open();
  const asked = () => new URL(page.url()).searchParams.getAll('tag').join(' ');
  await page.goto(`${server.url}/traces?tag=nothing:0`);
  await page.getByRole('heading', { name: 'Filtered away' }).waitFor();
  await page.getByRole('button', { name: /^Tag nothing:0/ }).click();
  await page.getByRole('checkbox', { name: /^scope / }).check();
  const value = page.getByRole('group', { name: 'Tag scope' }).getByRole('checkbox').first();
  await value.check();
  await shown(async () => asked().startsWith('scope:'), true);
  await page.getByRole('button', { name: /^Tag scope:.* hides [\d,]+/ }).waitFor();
  await value.uncheck();
  await shown(async () => asked(), '');
  assertQuiet('facets of tags');
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

test('a range of time goes along between pages, and leads back to all time', async () => {
  const { page, assertQuiet, close } = await browser.open();
  const since = () => new URL(page.url()).searchParams.get('since');
  await page.goto(`${server.url}/`);
  await page.getByRole('button', { name: 'All time' }).click();
  await page.getByRole('button', { name: 'Last 6 hours' }).click();
  await shown(async () => since(), '-6h');
  await page.getByRole('img', { name: /traces over time/ }).waitFor();
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /^Races/ })
    .click();
  await page.getByRole('heading', { name: /races/, level: 1 }).waitFor();
  assert.equal(since(), '-6h');
  await page.getByRole('button', { name: 'Last 6 hours' }).click();
  await page.getByRole('button', { name: 'Last 15 minutes' }).click();
  await page.getByRole('button', { name: /^Without seen since last 15m: \d+ races$/ }).click();
  await shown(async () => since(), null);
  assertQuiet('range of time');
  await close();
});

test('the name of a column orders a list, here or by the server', async () => {
  const { page, assertQuiet, close } = await browser.open();
  const first = () => page.locator('tbody tr').first().textContent();
  await page.goto(`${server.url}/variables`);
  await page.getByRole('button', { name: 'Variable', exact: true }).click();
  await shown(async () => (await first())?.startsWith('alice.balance'), true);
  const sorted = page.locator('th[aria-sort]');
  assert.equal(await sorted.getAttribute('aria-sort'), 'ascending');
  await page.goto(`${server.url}/map`);
  await page.getByRole('button', { name: 'Service', exact: true }).click();
  await shown(() => sorted.getAttribute('aria-sort'), 'ascending');
  const ascending = await first();
  await page.getByRole('button', { name: /^Service/ }).click();
  await shown(() => sorted.getAttribute('aria-sort'), 'descending');
  assert.notEqual(await first(), ascending);
  assertQuiet('columns');
  await close();
});

test('rows stay where they are while somebody points at them; newer ones come when asked for', async (t) => {
  const own = await startUi(t);
  const shop = new Shop(Date.now() - 60_000);
  await own.send([0, 1, 2].map((number) => shop.product(number * 1000, number)));
  const { page, assertQuiet, close } = await browser.open();
  await page.goto(`${own.url}/traces`);
  const rows = page.locator('tbody tr');
  await shown(() => rows.count(), 3);
  const top = await rows.first().getAttribute('data-key');
  await rows.first().hover();
  await own.send([shop.product(30_000, 7), shop.product(31_000, 8)]);
  await page.getByText('2 newer rows arrived.').waitFor();
  assert.equal(await rows.first().getAttribute('data-key'), top);
  await page.getByRole('button', { name: 'Show them' }).click();
  await shown(() => rows.count(), 5);
  assert.notEqual(await rows.first().getAttribute('data-key'), top);
  assertQuiet('newer rows');
  await close();
});
