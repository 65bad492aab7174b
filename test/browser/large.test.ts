/** A trace of a hundred thousand events: what it weighs, and what scrolling through it costs. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, picture, TestBrowser } from './browser.ts';
import { largeTrace } from './large-trace.ts';
import { frameCosts, longestTaskMs } from './page-trace.ts';
import { percentile } from './reference-time.ts';
import { fileScope, startUi, type UiServer } from './shop-server.ts';

const browser = new TestBrowser();
const file = fileScope();
const eventCount = 100_000;
const smallCount = 2000;
const FRAMES = 60;
/** Script of a frame, on a reference processor. */
const FRAME_MS = 4;
const ROUNDS = 5;
const LONG_TASK_MS = 100;
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
  const few = await leastCosts(page);
  await open('large', eventCount);
  await page.evaluate(watchLongTasks);
  const many = await leastCosts(page);
  const longMs = await page.evaluate(() => Reflect.get(window, 'longTasksMs') as number[]);
  t.diagnostic(
    `script of a frame, p95: ${many.frameMs.toFixed(2)} ms, of few rows ` +
      `${few.frameMs.toFixed(2)}; no task over ${many.taskMs.toFixed(1)} ms; by the clock ` +
      `${longMs.length} tasks over 50 ms, the longest ${Math.max(0, ...longMs).toFixed(0)}`,
  );
  // Both by the same machine: work for every row would make it fifty times as much.
  assert.ok(many.frameMs <= 3 * few.frameMs, `${many.frameMs} ms a frame, ${few.frameMs} of few`);
  assert.ok(many.frameMs <= FRAME_MS, `${many.frameMs} ms a frame`);
  assert.ok(many.taskMs <= LONG_TASK_MS, `a task of up to ${many.taskMs} ms`);
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

test('opening 100,000 events: no view of them holds the page up', async (t) => {
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  const views = [
    ['', '[role=treegrid]'],
    ['?open=all&view=tree', '[role=treegrid]'],
    ['?view=flame', 'canvas.flame'],
    ['?view=graph', '.step-graph .node'],
    ['?view=threads', 'table'],
    ['?view=statistics', 'table'],
  ] as const;
  // What is loaded once, as the code, counts for another page.
  await page.goto(`${server.url}/traces/small?view=graph`);
  await page.locator('.step-graph .node').first().waitFor();
  for (const [query, drawn] of views) {
    const longestMs = await longestTaskMs(page, async () => {
      await page.goto(`${server.url}/traces/large${query}`);
      await page.locator(drawn).first().waitFor();
      await page.waitForLoadState('networkidle');
    });
    t.diagnostic(`${query === '' ? 'waterfall' : query}: no task over ${longestMs.toFixed(0)} ms`);
    assert.ok(longestMs <= LONG_TASK_MS, `${query}: a task of ${longestMs} ms`);
  }
  assertQuiet('opening');
  await close();
});

/**
 * The least of some rounds, as all that disturbs makes them more: the 95th percentile, and the longest frame.
 * What is within the limits needs no further round.
 */
async function leastCosts(page: Page): Promise<{ frameMs: number; taskMs: number }> {
  const found = { frameMs: Number.POSITIVE_INFINITY, taskMs: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round += 1) {
    const { scriptMs, taskMs } = await frameCosts(page, '[role=treegrid]', FRAMES);
    found.frameMs = Math.min(found.frameMs, percentile(scriptMs, 0.95));
    found.taskMs = Math.min(found.taskMs, taskMs);
    if (found.frameMs <= FRAME_MS && found.taskMs <= LONG_TASK_MS) break;
  }
  return found;
}

/** Notes what the browser itself calls long tasks, by the clock. */
function watchLongTasks(): void {
  const longTasksMs: number[] = [];
  Reflect.set(window, 'longTasksMs', longTasksMs);
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasksMs.push(duration);
  });
  observer.observe({ type: 'longtask', buffered: false });
}
