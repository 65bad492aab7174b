/** Traces as they arrive: listening, a row, a race that begins, hostile names, a stream that breaks off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, picture, TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { startUi } from './shop-server.ts';

const browser = new TestBrowser();

for (const [theme, width] of [
  ['light', 1380],
  ['dark', 820],
  ['light', 390],
] as const) {
  test(`live, ${theme}, ${width} px wide`, async (t) => {
    const server = await startUi(t);
    const { page, assertQuiet, close } = await browser.open({
      viewport: { width, height: 900 },
      colorScheme: theme,
    });
    await page.goto(`${server.url}/live`);
    await page.getByRole('heading', { name: 'Listening' }).waitFor();
    await assertAccessible(page, 'live, nothing yet');
    // A race is new when it begins after somebody came to look.
    const shop = new Shop(Date.now() + 2000);
    await server.send([shop.lostUpdate(0), shop.product(10, 1), shop.product(20, 2)]);
    await page.getByRole('link', { name: 'GET /products/*' }).first().waitFor();
    await page.getByText('new race').waitFor();
    await page.getByText('1 race', { exact: true }).first().waitFor();
    await assertAccessible(page, 'live');
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${overflow} px wider than the window`);
    await picture(page, `live-${theme}-${width}`);
    // What arrives while the list is paused waits.
    await page.locator('h1').focus();
    await page.keyboard.press('Space');
    await server.send([shop.refund(30)]);
    await page.getByRole('button', { name: /^Go on \([1-9]/ }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('link', { name: 'POST /refunds' }).first().waitFor();
    await page.getByText('Races', { exact: true }).last().click();
    assert.match(page.url(), /show=races/);
    await page
      .getByRole('link', { name: /^Lost update of ledger/ })
      .or(page.getByRole('link', { name: /new race/ }))
      .first()
      .click();
    await page.getByRole('heading', { name: /^Lost update of ledger/ }).waitFor();
    assertQuiet('live');
    await close();
  });
}

test('a stream that breaks off is said, and tried again', async (t) => {
  const server = await startUi(t);
  const { page, close } = await browser.open({ allowed: /503|ERR_FAILED/ });
  const busy = { success: false, data: null, error: 'too many', code: 'overloaded' };
  await page.route(/\/api\/live/, (route) =>
    route.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify(busy) }),
  );
  await page.goto(`${server.url}/live`);
  await page.getByText('The stream has broken off').waitFor();
  await assertAccessible(page, 'broken off');
  await picture(page, 'live-503');
  await page.unroute(/\/api\/live/);
  await page.getByRole('heading', { name: 'Listening' }).waitFor();
  await close();
});

test('hostile names that arrive stay text', async (t) => {
  const server = await startUi(t);
  const { page, assertQuiet, close } = await browser.open();
  await page.goto(`${server.url}/live`);
  await page.getByRole('heading', { name: 'Listening' }).waitFor();
  const name = '<img src=x onerror=alert(1)>\u202e\u001b[31m__proto__';
  const [event = {}] = new Shop(Date.now()).product(0, 1);
  const { metadata } = event as { metadata: object };
  await server.send([
    [{ ...event, trace_id: name.slice(0, 60), metadata: { ...metadata, service_name: name } }],
  ]);
  await page.getByText('⟨U+202E⟩').first().waitFor();
  assert.equal(await page.locator('#app img').count(), 0);
  assertQuiet('hostile');
  await close();
});
