/** A trace of a hundred thousand events: what it weighs, and what scrolling through it costs. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, picture, TestBrowser } from './browser.ts';
import { largeTrace } from './large-trace.ts';
import { fileScope, startUi, type UiServer } from './shop-server.ts';

const browser = new TestBrowser();
const file = fileScope();
const eventCount = 100_000;
const smallCount = 2000;
const FRAMES = 120;
const kibibyte = 1024;
let server: UiServer;

before(async () => {
  server = await startUi(file);
  await server.send(largeTrace('small', smallCount, Date.now() - 60_000));
  await server.send(largeTrace('large', eventCount, Date.now() - 60_000));
  // The first reader has it made; what is measured is what a browser does with it.
  await fetch(`${server.url}/api/traces/large/timeline`);
});

test('100,000 events: at most 700 KiB over the wire, and the second time none', async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`${server.url}/api/traces/large/timeline`, { headers });
  const first = await ask({ 'accept-encoding': 'gzip' });
  assert.equal(first.headers.get('content-encoding'), 'gzip');
  const { data } = await first.json();
  assert.deepEqual([data.rows, data.complete], [eventCount, true]);
  const again = await ask({ 'if-none-match': first.headers.get('etag') ?? '' });
  assert.equal(again.status, 304);

  const { page, close } = await browser.open();
  const sizes = new Map<string, number>();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const urls = new Map<string, string>();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    urls.set(requestId, response.url);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.set(urls.get(requestId) ?? '', encodedDataLength);
  });
  await page.goto(`${server.url}/traces/large`);
  await page.getByRole('treegrid').waitFor();
  await page.waitForLoadState('networkidle');
  const timeline = [...sizes].find(([url]) => url.endsWith('/timeline'))?.[1] ?? 0;
  assert.ok(timeline > 0 && timeline <= 700 * kibibyte, `${timeline} bytes`);
  const all = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(all <= 900 * kibibyte, `${all} bytes in all`);
  await close();
});

test('scrolling through 100,000 rows: few rows in the page, and no more script than for few', async (t) => {
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  const grid = page.getByRole('treegrid');
  const open = async (trace: string, rows: number) => {
    await page.goto(`${server.url}/traces/${trace}?open=all`);
    await grid.waitFor();
    await page.waitForLoadState('networkidle');
    assert.equal(await grid.getAttribute('aria-rowcount'), String(rows));
  };
  await open('small', smallCount);
  const smallMs = await scriptMs(page);
  await open('large', eventCount);
  const largeMs = await scriptMs(page);
  t.diagnostic(`${(largeMs / FRAMES).toFixed(2)} ms of script a frame`);
  // Both by the same machine: work for every row would make it fifty times as much.
  assert.ok(
    largeMs <= 10 * smallMs,
    `${largeMs.toFixed(1)} ms of script, ${smallMs.toFixed(1)} of few`,
  );
  assert.ok((await grid.getByRole('row').count()) <= 60);
  assert.match((await grid.textContent()) ?? '', /stock\.sku|validate|render/);
  await assertAccessible(page, 'large');
  await picture(page, 'trace-large-light-1380');
  // By keys to the last race and back, closer and further.
  const { keyboard } = page;
  for (const key of ['n', 'N', 'w', 'w', 'd', 'a', 's', '0', 'p', 'j', 'k'])
    await keyboard.press(key);
  await page.getByText('The event as it was sent').click();
  await page.locator('.event-text').waitFor();
  // At first deep steps are folded; what was looked for is shown in what it lies in.
  await page.goto(`${server.url}/traces/large`);
  await grid.waitFor();
  assert.ok(Number(await grid.getAttribute('aria-rowcount')) <= eventCount / 10);
  await page.goto(`${server.url}/traces/large?q=stock.sku-13&only=1&view=tree`);
  await grid.getByText('stock.sku-13').first().waitFor();
  assert.ok((await grid.getByRole('row').count()) <= 60);
  assertQuiet('large');
  await close();
});

/** What script a page runs while its rows are scrolled from the first to the last. */
async function scriptMs(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const scriptSeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0;
  };
  const before = await scriptSeconds();
  await page.evaluate(async (count) => {
    const element = document.querySelector('[role=treegrid]');
    if (element === null) return;
    const most = element.scrollHeight - element.clientHeight;
    for (let frame = 1; frame <= count; frame += 1) {
      element.scrollTop = (most * frame) / count;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, FRAMES);
  const afterwards = await scriptSeconds();
  await session.detach();
  return (afterwards - before) * 1000;
}
