/** What is shown when there is nothing, not yet, no more, or no right to see it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import { assertAccessible, picture, TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { startUi } from './shop-server.ts';

const browser = new TestBrowser();

test('an empty server teaches, and turns into the first trace by itself', async (t) => {
  const server = await startUi(t);
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Nothing has arrived yet' }).waitFor();
  assert.match((await page.locator('pre').textContent()) ?? '', new RegExp(server.url));
  await assertAccessible(page, 'start');
  await picture(page, 'start');
  await page.getByText('curl', { exact: true }).click();
  assert.match((await page.locator('pre').textContent()) ?? '', /^curl /);
  await page.goto(`${server.url}/races`);
  await page.getByRole('heading', { name: 'No races found' }).waitFor();
  await page.goto(`${server.url}/traces`);
  await page.getByRole('heading', { name: 'Nothing has arrived yet' }).waitFor();
  await page.goto(server.url);
  await server.send([new Shop(Date.now() - 1000).checkout(0)]);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByText('POST /checkout').waitFor();
  assertQuiet('start');
  await close();
});

test('a server with a key: sign in, look, be thrown out, sign out', async (t) => {
  const key = generateKey();
  const server = await startUi(t, { RACEWAY_API_KEYS: key }, key);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  // The browser itself says in its console that an answer was 401.
  const { page, assertQuiet, close } = await browser.open({ allowed: /401/ });
  await page.goto(`${server.url}/races?pattern=lost_update`);
  await page.getByRole('heading', { name: 'This server asks for a key' }).waitFor();
  await assertAccessible(page, 'login');
  await picture(page, 'login');
  await page.getByLabel('Key').fill('wrong-key-0123456789');
  await page.keyboard.press('Enter');
  await page.getByText('the key is not one of this server').waitFor();
  await picture(page, 'login-wrong');
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { name: '1 race' }).waitFor();
  assert.match(page.url(), /\/races\?pattern=lost_update$/);
  const [cookie] = await page.context().cookies(`${server.url}/api/x`);
  assert.deepEqual(
    [cookie?.name, cookie?.httpOnly, cookie?.sameSite, cookie?.path],
    ['raceway_session', true, 'Strict', '/api'],
  );
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!kept.includes(key));
  // A session that is gone leads back to the door, and from there to the same page.
  await page.context().clearCookies();
  await page.goto(`${server.url}/settings`);
  await page.getByLabel('Key').fill(key);
  await page.keyboard.press('Enter');
  await page.getByText('a session of the key').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'This server asks for a key' }).waitFor();
  assert.deepEqual(await page.context().cookies(), []);
  assertQuiet('sign-in');
  await close();
});

test('busy, away, stale and truncated are said, and never as "no races"', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { page, close } = await browser.open({ viewport: { width: 1380, height: 900 } });
  const races = /\/api\/races\?/;
  const answer = (members: object) => ({
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({
      success: true,
      error: null,
      data: { total_issues: 0, page: 1, page_size: 25, total_pages: 0, issues: [], ...members },
    }),
  });
  const notYet = answer({ stale: true, complete: true, truncated_by: null });
  await page.route(races, (route) => route.fulfill(notYet));
  await page.goto(`${server.url}/races`);
  await page.getByRole('heading', { name: 'Still analysing' }).first().waitFor();
  assert.equal(await page.getByText('No races').count(), 0);
  await assertAccessible(page, 'stale');
  await picture(page, 'races-stale');

  await page.unroute(races);
  const cut = answer({ stale: false, complete: false, truncated_by: 'events_per_group' });
  await page.route(races, (route) => route.fulfill(cut));
  await page.goto(`${server.url}/races`);
  await page.getByText('events_per_group').waitFor();
  await assertAccessible(page, 'truncated');
  await picture(page, 'races-truncated');

  await page.unroute(races);
  const busy = { success: false, data: null, error: 'the database is away', code: 'unavailable' };
  await page.route(races, (route) =>
    route.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify(busy) }),
  );
  await page.goto(`${server.url}/races`);
  await page.getByText('the database is away').waitFor();
  await assertAccessible(page, '503');
  await picture(page, 'races-503');

  // What a proxy writes by itself is no answer of Raceway.
  await page.unroute(races);
  await page.route(races, (route) => route.fulfill({ status: 200, body: '<html>Sign in</html>' }));
  await page.goto(`${server.url}/races`);
  await page.getByText('Something other than Raceway answered').waitFor();

  await page.unroute(races);
  await page.route(races, (route) => route.abort());
  await page.goto(`${server.url}/races`);
  await page.getByText('The server does not answer').waitFor();
  await page.unroute(races);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: '1 race' }).waitFor();
  await close();
});

test('what the filters leave out is told, and one click shows it', async (t) => {
  const server = await startUi(t);
  await server.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const { page, assertQuiet, close } = await browser.open();
  await page.goto(`${server.url}/races?variable=nothing`);
  await page.getByRole('heading', { name: 'Filtered away' }).waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByRole('heading', { name: '1 race' }).waitFor();
  await page.goto(`${server.url}/traces?has=error`);
  await page.getByRole('heading', { name: 'Filtered away' }).waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByRole('heading', { name: '2 traces' }).waitFor();
  assertQuiet('filters');
  await close();
});
