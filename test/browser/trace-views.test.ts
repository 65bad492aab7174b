/** A trace by keys and pointer: what others did meanwhile, folding, measuring, views, ways out of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shown, TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { startUi } from './shop-server.ts';

const browser = new TestBrowser();

test('by keys through a trace: its race, the other request, folding, measuring, its views', async (t) => {
  const server = await startUi(t);
  const shop = new Shop(Date.now() - 60_000);
  await server.send([shop.lostUpdate(0), ...[1, 2, 3].map((at) => shop.checkout(at * 10_000))]);
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  const { keyboard } = page;
  await page.goto(`${server.url}/traces?q=POST%20/checkout&has=race`);
  await page
    .getByRole('link', { name: /POST \/checkout/ })
    .first()
    .click();
  const grid = page.getByRole('treegrid', { name: 'Waterfall' });
  await grid.getByText(/meanwhile POST \/refund .*writes 12710.*in a race/).waitFor();
  await keyboard.press('n');
  const panel = page.locator('.row-panel');
  await panel.getByText('12750 → 12775', { exact: true }).waitFor();
  await panel.getByText('Meanwhile', { exact: true }).waitFor();
  await keyboard.press('m');
  await keyboard.press('k');
  await panel.getByText('Before the mark').waitFor();
  // To what it lies in, fold that, and open it again.
  await keyboard.press('ArrowLeft');
  await panel.getByText('charge', { exact: true }).waitFor();
  const rows = await grid.getAttribute('aria-rowcount');
  await keyboard.press('ArrowLeft');
  await shown(async () => (await grid.getAttribute('aria-rowcount')) !== rows, true);
  await page.waitForURL(/fold=\d+/);
  await keyboard.press('ArrowRight');
  await shown(() => grid.getAttribute('aria-rowcount'), rows);
  await panel.getByText('none: each moment longer delays the request').waitFor();
  await keyboard.press('3');
  await page.getByRole('treegrid', { name: 'Tree' }).getByText('meanwhile').waitFor();
  await keyboard.press('4');
  await page.locator('.step-graph .node').first().waitFor();
  await keyboard.press('1');
  // The other request is one click away, in the race with this one.
  await grid.locator('canvas').click({ position: { x: 60, y: (Number(rows) - 0.5) * 26 } });
  await page.getByRole('heading', { name: /^Lost update of ledger\.balance/ }).waitFor();
  await page.getByText('takes lock').waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Compare with the usual' }).click();
  await page.getByText('3 newest traces').waitFor();
  await page.getByRole('cell', { name: 'charge' }).first().waitFor();
  assertQuiet('trace');
  await close();
});

test('places open in the editor that the settings name; others are refused', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { page, assertQuiet, close } = await browser.open();
  await page.goto(`${server.url}/settings`);
  const field = page.getByLabel('Address of a place in the editor');
  await field.fill('javascript://x/{file}');
  await page.getByText('javascript:// is no editor that is known here').waitFor();
  await field.fill('vscode://file/srv/{file}:{line}');
  await page.getByText('vscode://file/srv/srv/ledger/refund.py:39').waitFor();
  await page.getByLabel('Compact').check();
  await page.goto(`${server.url}/traces?q=POST%20/checkout`);
  await page
    .getByRole('link', { name: /POST \/checkout/ })
    .first()
    .click();
  await page.getByRole('treegrid').waitFor();
  await page.keyboard.press('n');
  const link = page.getByRole('link', { name: /^Open charge\.py:27 in the editor/ });
  await link.waitFor();
  assert.equal(await link.getAttribute('href'), 'vscode://file/srv/charge.py:27');
  assert.equal(await page.locator('html').getAttribute('data-density'), 'compact');
  assertQuiet('editor');
  await close();
});

test('the palette finds services, operations and where somebody was; lists go on from a page', async (t) => {
  const server = await startUi(t);
  const shop = new Shop(Date.now() - 60_000);
  await server.send([0, 1, 2].map((at) => shop.checkout(at * 10_000)));
  const { page, assertQuiet, close } = await browser.open();
  const { keyboard } = page;
  await page.goto(`${server.url}/traces`);
  await page
    .getByRole('link', { name: /POST \/checkout/ })
    .first()
    .click();
  await page.getByRole('treegrid').waitFor();
  const first = page.url();
  await keyboard.press(']');
  await page.waitForURL((url) => url.pathname !== new URL(first).pathname);
  await keyboard.press('[');
  await page.waitForURL(first);
  const search = page.getByRole('combobox', { name: 'Search' });
  await keyboard.press('/');
  await page
    .getByRole('option', { name: /^Recent POST \/checkout/ })
    .first()
    .waitFor();
  await search.fill('ord');
  await page.getByRole('option', { name: 'Service orders' }).waitFor();
  await keyboard.press('Enter');
  await page.waitForURL(/\/map\?service=orders$/);
  assertQuiet('palette');
  await close();
});
