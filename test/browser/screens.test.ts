/** Every screen with recorded traffic, in light and dark and three widths: quiet, and accessible. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertAccessible, picture, TestBrowser } from './browser.ts';
import { type Batch, Shop } from './shop.ts';
import { fileScope, recordedTraffic, startUi, type UiServer } from './shop-server.ts';

const browser = new TestBrowser();
const file = fileScope();
const widths = [1380, 820, 390];
const themes = ['light', 'dark'] as const;
let server: UiServer;
let screens: readonly { name: string; path: string; heading: RegExp }[] = [];

before(async () => {
  server = await startUi(file);
  const start = Date.now() - 3_600_000;
  await server.send([...busyHour(start - 7_200_000), ...recordedTraffic(start)]);
  const get = async (path: string) => (await (await fetch(server.url + path)).json()).data;
  const { issues } = await get('/api/races?variable=ledger.balance');
  const { trace_id: trace } = issues[0].witnesses[0].events.find(
    ({ service, location }: { service: string; location: string }) =>
      service === 'ledger' && location.startsWith('charge'),
  );
  const { traces } = await get('/api/traces?q=POST%20/refunds&page_size=1');
  const other = traces[0].trace_id;
  screens = [
    { name: 'overview', path: '/', heading: /^Overview$/ },
    { name: 'races', path: '/races', heading: /^\d races, / },
    { name: 'races-potential', path: '/races?potential=1', heading: /potential races$/ },
    { name: 'race', path: `/races/${issues[0].fingerprint}`, heading: /^Lost update of ledger/ },
    { name: 'traces', path: '/traces?has=race', heading: /traces$/ },
    { name: 'traces-count', path: '/traces?chart=count&service=web', heading: /traces$/ },
    { name: 'trace', path: `/traces/${trace}?row=10&mark=3`, heading: /^POST \/checkout/ },
    {
      name: 'trace-flame',
      path: `/traces/${trace}?view=flame&q=charge`,
      heading: /^POST \/checkout/,
    },
    { name: 'trace-tree', path: `/traces/${trace}?view=tree&row=10`, heading: /^POST \/checkout/ },
    { name: 'trace-graph', path: `/traces/${trace}?view=graph`, heading: /^POST \/checkout/ },
    { name: 'trace-threads', path: `/traces/${trace}?view=threads`, heading: /^POST \/checkout/ },
    {
      name: 'trace-statistics',
      path: `/traces/${trace}?view=statistics`,
      heading: /^POST \/checkout/,
    },
    { name: 'map', path: '/map?service=ledger', heading: /^Service map$/ },
    { name: 'map-shared', path: '/map?layer=shared', heading: /^Service map$/ },
    { name: 'compare', path: `/compare?a=${trace}&b=${other}`, heading: /^Compare$/ },
    { name: 'compare-median', path: `/compare?a=${trace}&with=median`, heading: /^Compare$/ },
    { name: 'compare-choice', path: `/compare?a=${trace}`, heading: /^Compare$/ },
    { name: 'variables', path: '/variables', heading: /variables$/ },
    { name: 'variable', path: '/variables/ledger.balance', heading: /^ledger\.balance$/ },
    {
      name: 'latency',
      path: `/latency?op=${encodeURIComponent(JSON.stringify(['web', 'FunctionCall', 'listProducts', 'ok']))}`,
      heading: /operations$/,
    },
    { name: 'settings', path: '/settings', heading: /^Settings$/ },
  ];
});

/** Enough of one page that its durations are judged, and some that took too long. */
function busyHour(startMs: number): Batch[] {
  const shop = new Shop(startMs, 1_000_000);
  return Array.from({ length: 140 }, (_, place) =>
    shop.product(place * 1000, place % 9, {
      tookUs: place % 45 === 44 ? 300_000 + place * 900 : 4000 + (place % 13) * 300,
    }),
  );
}

for (const theme of themes) {
  for (const width of widths) {
    test(`all screens, ${theme}, ${width} px wide`, async () => {
      const { page, assertQuiet, close } = await browser.open({
        viewport: { width, height: 900 },
        colorScheme: theme,
      });
      for (const { name, path, heading } of screens) {
        const what = `${name} ${theme} ${width}`;
        await page.goto(server.url + path);
        await page.waitForLoadState('networkidle');
        await page.locator('h1').filter({ hasText: heading }).waitFor();
        assert.equal(await page.locator('.failure').count(), 0, what);
        await assertAccessible(page, what);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.ok(overflow <= 0, `${what} is ${overflow} px wider than the window`);
        await picture(page, `${name}-${theme}-${width}`);
        assertQuiet(what);
      }
      await close();
    });
  }
}

test('a page that is 320 px wide loses nothing', async () => {
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 320, height: 700 },
  });
  for (const { name, path } of screens) {
    await page.goto(server.url + path);
    await page.waitForLoadState('networkidle');
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${name} is ${overflow} px wider than the window`);
    assertQuiet(name);
  }
  await close();
});
