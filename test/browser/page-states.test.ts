/** Every page whose data is not there: none yet, not analysed yet, busy, refused, unreachable. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertAccessible, picture, TestBrowser } from './browser.ts';
import { Shop } from './shop.ts';
import { fileScope, startUi, type UiServer } from './shop-server.ts';

const browser = new TestBrowser();
const file = fileScope();
let server: UiServer;
before(async () => {
  server = await startUi(file);
});

interface PageCase {
  readonly name: string;
  readonly path: string;
  /** What the page cannot do without. */
  readonly asks: RegExp;
  /** What it says on an empty server. */
  readonly empty: string;
  /** An empty answer of a server that still analyses; null where nothing waits for that. */
  readonly stale: object | null;
}

const noRaces = { total_issues: 0, page: 1, page_size: 25, total_pages: 0, issues: [] };
const unfinished = { stale: true, complete: true, truncated_by: null, cut: [], cut_count: 0 };

const pages: readonly PageCase[] = [
  {
    name: 'overview',
    path: '/',
    asks: /\/api\/traces/,
    empty: 'Nothing has arrived yet',
    stale: null,
  },
  {
    name: 'races',
    path: '/races',
    asks: /\/api\/races\?/,
    empty: 'No races found',
    stale: { ...noRaces, ...unfinished },
  },
  {
    name: 'race',
    path: '/races/0000000000000000',
    asks: /\/api\/races\/0/,
    empty: 'there is no race with fingerprint 0000000000000000',
    stale: null,
  },
  {
    name: 'traces',
    path: '/traces',
    asks: /\/api\/traces/,
    empty: 'Nothing has arrived yet',
    stale: null,
  },
  {
    name: 'trace',
    path: '/traces/~?id=a%2Fb',
    asks: /\/api\/traces/,
    empty: 'No such trace',
    stale: null,
  },
  {
    name: 'settings',
    path: '/settings',
    asks: /\/api\/status/,
    empty: 'Memory',
    stale: null,
  },
  {
    name: 'variables',
    path: '/variables',
    asks: /\/api\/variables/,
    empty: 'No access has arrived yet',
    stale: {
      ...{ total_variables: 0, page: 1, page_size: 50, total_pages: 0, variables: [] },
      stale: true,
    },
  },
  {
    name: 'variable',
    path: '/variables/~?name=a%2Fb',
    asks: /\/api\/(?:accesses|variables)/,
    empty: 'Nobody accesses it',
    stale: null,
  },
  {
    name: 'map',
    path: '/map',
    asks: /\/api\/services/,
    empty: 'No service has sent anything yet',
    stale: null,
  },
  {
    name: 'compare',
    path: '/compare',
    asks: /\/api\/traces/,
    empty: 'No trace to choose',
    stale: null,
  },
  {
    name: 'latency',
    path: '/latency',
    asks: /\/api\/latency/,
    empty: 'No duration has arrived yet',
    stale: null,
  },
];

for (const { name, path, asks, empty, stale } of pages) {
  test(`${name}: empty, stale, 503, 401, unreachable`, async () => {
    const { page, close } = await browser.open({ viewport: { width: 1380, height: 900 } });
    await page.goto(server.url + path);
    await page.getByText(empty).first().waitFor();
    await assertAccessible(page, `${name} empty`);
    await picture(page, `${name}-empty`);

    const answer = (status: number, body: object) => ({
      status,
      contentType: 'application/json',
      body: JSON.stringify(body),
    });
    const shown = async (status: number, body: object, text: string) => {
      await page.route(asks, (route) => route.fulfill(answer(status, body)));
      await page.goto(server.url + path);
      await page.getByText(text).first().waitFor();
      await assertAccessible(page, `${name} ${status} ${text}`);
    };
    if (stale !== null) {
      await shown(200, { success: true, data: stale, error: null }, 'Still analysing');
      assert.equal(await page.getByText(empty).count(), 0, 'nothing is concluded yet');
      await page.unroute(asks);
    }
    const failure = (code: string, error: string) => ({ success: false, data: null, error, code });
    await shown(503, failure('unavailable', 'the database is away'), 'the database is away');
    await picture(page, `${name}-503`);
    await page.unroute(asks);
    await page.route(asks, (route) => route.abort());
    await page.goto(server.url + path);
    await page.getByText('The server does not answer').first().waitFor();
    await page.unroute(asks);
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByText(empty).first().waitFor();

    // A session that has ended leads to the door.
    await page.route(/\/api\/session/, (route) =>
      route.fulfill(answer(200, { success: true, data: lockedOut, error: null })),
    );
    await shown(401, failure('unauthorized', 'Unauthorized: send a valid key'), 'asks for a key');
    await close();
  });
}

const lockedOut = {
  auth: 'none',
  name: null,
  scopes: [],
  expires_at: null,
  version: '0.0.0',
  storage: null,
};

test('live: listening, away, and back', async () => {
  const { page, close } = await browser.open({ allowed: /503/ });
  await page.goto(`${server.url}/live`);
  await page.getByText('Listening').waitFor();
  await assertAccessible(page, 'live empty');
  await page.route(/\/api\/live/, (route) => route.fulfill({ status: 503, body: '' }));
  await page.goto(`${server.url}/live`);
  const away = page.getByText('The stream has broken off');
  await away.waitFor();
  await assertAccessible(page, 'live 503');
  await picture(page, 'live-503');
  await page.unroute(/\/api\/live/);
  await away.waitFor({ state: 'detached' });
  await close();
});

/** A page whose answers can be unfinished or cut: what in them says so. */
interface UnfinishedCase {
  readonly name: string;
  readonly path: string;
  readonly asks: RegExp;
  readonly stale: object | null;
  readonly cut: object | null;
}

const none = { total_issues: 0, issues: [] };
const cutList = { stale: false, complete: false, truncated_by: 'a_budget' };
const cutTrace = { truncated_by: 'a_budget' };

test('what is not finished or cut short is said wherever findings stand, and "no races" nowhere', async (t) => {
  const busy = await startUi(t);
  await busy.send([new Shop(Date.now() - 1000).lostUpdate(0)]);
  const get = async (path: string) => (await (await fetch(busy.url + path)).json()).data;
  const { issues } = await get('/api/races');
  const { traces } = await get('/api/traces');
  const [first, second] = traces.map(({ trace_id: id }: { trace_id: string }) => id);
  const races = /\/api\/races\?/;
  const cases: readonly UnfinishedCase[] = [
    { name: 'overview', path: '/', asks: races, stale: { ...none, stale: true }, cut: cutList },
    { name: 'map', path: '/map', asks: races, stale: { ...none, stale: true }, cut: cutList },
    {
      name: 'race',
      path: `/races/${issues[0].fingerprint}`,
      asks: /\/witnesses\/1$/,
      ...{ stale: { stale: true }, cut: null },
    },
    {
      name: 'trace while others are analysed',
      path: `/traces/${first}`,
      asks: /\/meanwhile$/,
      ...{ stale: { stale: true }, cut: null },
    },
    {
      name: 'trace',
      path: `/traces/${first}`,
      asks: /\/timeline$/,
      ...{ stale: null, cut: cutTrace },
    },
    {
      name: 'variable',
      path: `/variables/~?name=${encodeURIComponent(issues[0].variable)}`,
      asks: /\/api\/accesses/,
      ...{ stale: { accesses: [], stale: true }, cut: null },
    },
    {
      name: 'compare',
      path: `/compare?a=${first}&b=${second}`,
      asks: /\/timeline$/,
      ...{ stale: null, cut: cutTrace },
    },
  ];
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  for (const { name, path, asks, stale, cut } of cases) {
    for (const [members, text] of [
      [stale, 'Still analysing what was stored'],
      [cut, 'a_budget'],
    ] as const) {
      if (members === null) continue;
      await page.route(asks, async (route) => {
        const reply = await (await route.fetch()).json();
        await route.fulfill({ json: { ...reply, data: { ...reply.data, ...members } } });
      });
      await page.goto(busy.url + path);
      await page.getByText(text).first().waitFor();
      await picture(page, `${name.replaceAll(' ', '-')}-${members === stale ? 'stale' : 'cut'}`);
      if (members === stale) {
        const said = page.getByText(/No races|No race of it|Nobody accesses/);
        assert.equal(await said.count(), 0, `${name} concludes nothing`);
      }
      await page.unroute(asks);
      assertQuiet(name);
    }
  }
  await close();
});
