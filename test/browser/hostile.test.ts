/** Names and values that are meant to do harm stay text on every screen. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { TestBrowser } from './browser.ts';
import { fileScope, startUi, type UiServer } from './shop-server.ts';

const browser = new TestBrowser();
const file = fileScope();

const names = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  'javascript:alert(1)',
  '\u202egnp.exe\u2066',
  '\u001b[31mred\u001b[0m',
  '\u0007\u200b\ufeff',
  '__proto__',
  'constructor',
  '{{7*7}}${7*7}',
  '../../../etc/passwd',
  'a/b %2F?c#d',
  'x'.repeat(1000),
];

let server: UiServer;
let paths: string[] = [];

before(async () => {
  server = await startUi(file);
  const start = Date.now() - 60_000;
  const events = names.flatMap((name, at) => race(name, start + at * 1000, at));
  await server.send([events]);
  const get = async (path: string) => (await (await fetch(server.url + path)).json()).data;
  const { issues } = await get('/api/races?evidence=E0&scope=any&page_size=100');
  const { traces } = await get('/api/traces?page_size=100');
  await judge(issues);
  paths = [
    '/',
    '/races?evidence=E0&scope=any',
    '/traces',
    '/variables',
    '/latency',
    '/map',
    '/map?layer=shared',
    ...names.map((name) => `/map?service=${encodeURIComponent(name)}`),
    ...names.map((name) => `/variables/~?name=${encodeURIComponent(name)}`),
    ...issues.map(({ fingerprint }: { fingerprint: string }) => `/races/${fingerprint}`),
    `/compare?a=${encodeURIComponent(traces[0].trace_id)}&b=${encodeURIComponent(traces[1].trace_id)}`,
    ...traces.map(
      ({ trace_id: id }: { trace_id: string }) => `/traces/~?id=${encodeURIComponent(id)}&row=1`,
    ),
    ...['tree', 'graph', 'threads', 'events', 'statistics'].map(
      (view) => `/traces/~?id=${encodeURIComponent(traces[0].trace_id)}&view=${view}&row=2`,
    ),
  ];
  assert.ok(paths.length > 20, String(paths.length));
});

/** Says of each race what does harm where it is more than text, as far as the server takes it. */
async function judge(issues: readonly { readonly fingerprint: string }[]): Promise<void> {
  const taken = names.filter((name) => !/[\u0000-\u001f]/.test(name));
  for (const [at, { fingerprint }] of issues.entries()) {
    const reply = await fetch(`${server.url}/api/races/${fingerprint}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        note: taken.join('\n'),
        assignee: taken[at % taken.length]?.slice(0, 200),
      }),
    });
    assert.equal(reply.status, 200, await reply.text());
  }
}

/** Two requests of a hostile service race for a hostile variable at a hostile place. */
function race(name: string, startMs: number, at: number): object[] {
  const step = (side: number, place: number, kind: object, offsetMs: number) => ({
    id: `00000000-0000-4000-8000-${(at * 100 + side * 10 + place).toString(16).padStart(12, '0')}`,
    trace_id: `${name.slice(0, 80)} ${side}`.trim(),
    parent_id: null,
    timestamp: new Date(startMs + offsetMs).toISOString(),
    kind,
    metadata: {
      thread_id: `${name.slice(0, 100)} ${side}`,
      process_id: 1,
      service_name: name,
      environment: name,
      tags: { scope: 'shared', [name]: name },
      duration_ns: null,
      instance_id: name.slice(0, 100),
      distributed_span_id: null,
      upstream_span_id: null,
    },
    causality_vector: [],
    lock_set: [],
  });
  const access = (type: string, before: unknown, after: unknown) => ({
    StateChange: {
      variable: name,
      old_value: before,
      new_value: after,
      location: `${name}:1`,
      access_type: type,
    },
  });
  const request = { HttpRequest: { method: 'GET', url: name, headers: {}, body: null } };
  return [
    step(1, 0, request, 0),
    step(2, 0, request, 1),
    step(1, 1, access('Read', null, name), 2),
    step(2, 1, access('Read', null, name), 3),
    step(1, 2, access('Write', name, { [name]: name }), 4),
    step(2, 2, access('Write', name, [name]), 5),
    step(1, 3, { Error: { error_type: name, message: name, stack_trace: [name] } }, 6),
  ];
}

test('no name becomes an element, an address, or a direction of text', async () => {
  const { page, assertQuiet, close } = await browser.open({
    viewport: { width: 1380, height: 900 },
  });
  for (const path of paths) {
    await page.goto(server.url + path);
    await page.waitForLoadState('networkidle');
    await page.locator('h1').first().waitFor();
    if (path.startsWith('/races/')) {
      await page.locator('.triage summary').click();
      await page.locator('.triage li .written').first().waitFor();
    }
    const found = await page.evaluate(() => ({
      foreign: document.querySelectorAll(
        '#app img, #app script, #app iframe, #app object, svg[onload]',
      ).length,
      links: [...document.querySelectorAll('a')].filter(
        ({ protocol, host }) => !/^https?:$/.test(protocol) || host !== location.host,
      ).length,
      handlers: [...document.querySelectorAll('*')].filter((element) =>
        [...element.attributes].some(({ name }) => name.startsWith('on')),
      ).length,
      hidden: /[\u0000-\u0008\u001b\u202a-\u202e\u2066-\u2069\u200b]/.test(
        document.body.innerText + document.title,
      ),
    }));
    assert.deepEqual(found, { foreign: 0, links: 0, handlers: 0, hidden: false }, path);
    assert.equal(await page.locator('.failure').count(), 0, path);
    assert.ok(page.url().startsWith(server.url), page.url());
    assertQuiet(path);
  }
  await close();
});
