/** The pictures of the documents: `npm run pictures` takes them anew. */
import { test } from 'node:test';
import { documentPicture, TestBrowser } from './browser.ts';
import { shopDay } from './shop.ts';
import { startUi } from './shop-server.ts';

const browser = new TestBrowser();

test('a race and a trace, as the README shows them', async (t) => {
  const server = await startUi(t);
  await server.send(shopDay(Date.UTC(2026, 0, 15, 9)));
  const get = async (path: string) => (await (await fetch(server.url + path)).json()).data;
  const { issues } = await get('/api/races?variable=ledger.balance');
  const [{ fingerprint, witnesses }] = issues;
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    timezoneId: 'UTC',
  });
  await page.goto(`${server.url}/races/${fingerprint}`);
  await page.getByText('takes lock').waitFor();
  await page.waitForLoadState('networkidle');
  await documentPicture(page, 'race');
  const { trace_id: trace } = witnesses[0].events.find(({ location }: { location: string }) =>
    location.startsWith('charge'),
  );
  await page.goto(`${server.url}/traces/${trace}?row=10`);
  await page
    .getByText(/meanwhile POST/)
    .first()
    .waitFor({ state: 'attached' });
  await page.waitForLoadState('networkidle');
  await documentPicture(page, 'trace');
  assertQuiet('pictures');
  await close();
});
