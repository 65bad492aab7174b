import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { TestTerminal } from '../../support/cli.ts';

type Answer = (request: IncomingMessage, url: URL, response: ServerResponse) => unknown;

/** A server that answers as told; a value is the `data` of an answer. */
async function serverThat(t: TestContext, answer: Answer): Promise<string[]> {
  const server = createServer((request, response) => {
    const data = answer(request, new URL(request.url ?? '', 'http://x'), response);
    if (!response.writableEnded) response.end(JSON.stringify({ success: true, data, error: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return ['gate', '--server', `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
}

function issue(number: number, lastSeen: string | null = '2026-01-02T00:00:00Z'): object {
  const site = { service: 's', location: `a.js:${number + 1}`, access_type: 'Write', locks: [] };
  return {
    ...{
      fingerprint: `f${number}`,
      variable: `v${number}`,
      pattern: 'write_write',
      evidence: 'E2',
    },
    ...{ severity: 'CRITICAL', count: 1, first_seen: lastSeen, last_seen: lastSeen },
    ...{ sites: [site, site], witnesses: [] },
  };
}

const issues = Array.from({ length: 150 }, (_, number) => issue(number));

/** A page of the list, as the server gives it. */
function pageOf(all: readonly object[], url: URL, more: object = {}): object {
  const page = Number(url.searchParams.get('page'));
  const size = Number(url.searchParams.get('page_size'));
  return {
    ...{ total_issues: all.length, stale: false, complete: true, truncated_by: null },
    ...{ issues: all.slice((page - 1) * size, page * size), ...more },
  };
}

test('a gate reads all pages when the analysis has ended, with the key', async (t) => {
  let asked = 0;
  const args = await serverThat(t, ({ headers }, url) => {
    assert.equal(headers.authorization, 'Bearer secret');
    assert.equal(url.searchParams.get('evidence'), 'E1');
    asked += 1;
    return pageOf(issues, url, { stale: asked < 3 });
  });
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(args, { RACEWAY_API_KEY: 'secret' }), 3);
  assert.equal(asked, 4);
  assert.match(terminal.told.join('\n'), /raceway: 150 new races at E2 or above$/);
  assert.match(terminal.told.join('\n'), /… and 130 more new ones/);
});

test('a gate looks at what happened since, and at what nobody can date', async (t) => {
  const now = new Date().toISOString();
  const all = [issue(0, '2026-01-01T00:00:00Z'), issue(1, now), issue(2, null)];
  const args = await serverThat(t, (_request, url) => pageOf(all, url));
  const counts: [string, RegExp][] = [
    ['2026-01-01T00:00:00Z', /3 new races/],
    ['2026-01-01T00:00:00.000000001Z', /2 new races/],
    ['90m', /2 new races/],
    ['2200-01-01T00:00:00Z', /1 new race /],
  ];
  for (const [since, expected] of counts) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run([...args, '--since', since]), 3);
    assert.match(terminal.told.join('\n'), expected);
  }
  const wrong = new TestTerminal(t);
  assert.equal(await wrong.run([...args, '--since', 'yesterday']), 1);
  assert.match(wrong.told.join(), /--since must be a time/);
});

test('a gate waits for a busy server, and tells what keeps its answer from being whole', async (t) => {
  let asked = 0;
  const args = await serverThat(t, (_request, url, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(503, { 'retry-after': '0' }).end('{}');
    return pageOf([], url, { truncated_by: 'group_events' });
  });
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(args), 0);
  assert.match(terminal.told.join('\n'), /came to a limit \(group_events\)/);
});

test('a gate that learns nothing is not green', async (t) => {
  const refusing = await serverThat(t, (_request, _url, response) => {
    response.writeHead(401).end('{"success":false,"data":null,"error":"Unauthorized"}');
  });
  const stranger = await serverThat(t, (_request, _url, response) => response.end('<html>'));
  const cases: readonly (readonly [string[], RegExp])[] = [
    [refusing, /Unauthorized/],
    [stranger, /is no Raceway server/],
    [['gate', '--server', 'http://127.0.0.1:1'], /does not answer \(ECONNREFUSED\)/],
    [['gate'], /name the server with --server/],
  ];
  for (const [args, sentence] of cases) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run(args), 1);
    assert.match(terminal.told.join('\n'), sentence);
  }
});
