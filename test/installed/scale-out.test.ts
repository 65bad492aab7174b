/** Several instances on one Postgres behind the shipped HAProxy file, held against one alone. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TestTerminal } from '../support/cli.ts';
import { access, wireEvent } from '../support/events.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { recordedTraces } from '../support/recordings.ts';
import { freePort, startDaemon } from './daemon.ts';
import { unless } from './programs.ts';

const skip = unless('haproxy');
const shipped = new URL('../../deploy/haproxy/raceway.cfg', import.meta.url);
const INSTANCES = 4;
const BATCHES = 24;
/** Of asking for findings, which waits for half a second each time, and of sending again. */
const ATTEMPTS = 60;

const events = [
  ...['chain', 'go-locked', 'python-race', 'ts-locked', 'ts-race'].flatMap((name) =>
    recordedTraces(name).flat(),
  ),
  // Races between traces, whose events come to different instances.
  ...Array.from({ length: 60 }, (_, index) =>
    wireEvent({
      trace: `racing-${index % 12}`,
      at: index,
      kind: 'StateChange',
      payload: access(`db:accounts.${index % 3}`, index % 2 === 0 ? 'Read' : 'Write', {
        new_value: index,
      }),
    }),
  ),
] as { trace_id: string }[];

test('four instances behind HAProxy answer as one does, and count nothing twice', {
  skip,
}, async (t) => {
  const [shared, own] = [await testDatabase(t), await testDatabase(t)];
  const instances = await Promise.all(Array.from({ length: INSTANCES }, () => start(t, shared)));
  const proxy = await startHaproxy(t, instances);
  const alone = await start(t, own);

  // Every trace is torn over many batches, and every batch is sent twice at once.
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    events.filter((_event, index) => index % BATCHES === batch),
  );
  const sums = { accepted: 0, duplicates: 0 };
  await Promise.all(
    [...batches, ...batches].map(async (batch) => {
      const { accepted, duplicates } = await post(proxy, batch);
      sums.accepted += accepted;
      sums.duplicates += duplicates;
    }),
  );
  assert.deepEqual(sums, { accepted: events.length, duplicates: events.length });
  for (const batch of batches) await post(alone, batch);

  const traceIds = [...new Set(events.map((event) => event.trace_id))];
  const expected = await answers(alone, traceIds);
  assert.ok(
    ((await get(alone, '/api/races'))['total_issues'] as number) > 0,
    'there are races to find',
  );
  for (const url of [...instances, proxy]) {
    for (const [path, text] of await answers(url, traceIds)) {
      assert.deepEqual(JSON.parse(text), JSON.parse(expected.get(path) ?? ''), path);
    }
    const { events_captured: captured, traces_active: traces } = await get(url, '/status');
    assert.deepEqual([captured, traces], [events.length, traceIds.length]);
  }
  for (const url of instances) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const accepted = /^raceway_events_total\{outcome="accepted".*\} (\d+)$/m.exec(metrics)?.[1];
    assert.ok(Number(accepted) > 0, 'every instance has taken some of the events');
  }
  assert.equal(await learntDurations(shared), await learntDurations(own));
});

test('an instance that stops loses nothing of what clients send meanwhile', { skip }, async (t) => {
  const shared = await testDatabase(t);
  const terminals: TestTerminal[] = [];
  const instances = [await start(t, shared, terminals), await start(t, shared)];
  const proxy = await startHaproxy(t, instances);
  const [stopping] = terminals as [TestTerminal];
  let accepted = 0;
  const batches = events.map((event) => [event]);
  const exited = stopping.process.exited();
  for (const [index, batch] of batches.entries()) {
    if (index === 5) stopping.process.emit('SIGTERM', 'SIGTERM');
    // As an SDK does: what was not answered with 200 is sent again.
    for (let attempt = 1; ; attempt += 1) {
      assert.ok(attempt <= ATTEMPTS, 'the proxy finds an instance at last');
      const reply = await send(proxy, batch);
      if (reply.status !== 200) continue;
      const { data } = (await reply.json()) as { data: { accepted: number } };
      accepted += data.accepted;
      break;
    }
  }
  assert.equal(await exited, 0);
  const { events_captured: captured } = await get(proxy, '/status');
  assert.equal(captured, events.length);
  assert.ok(accepted <= events.length, 'nothing was accepted twice');
});

/** What readers see, by path. */
async function answers(
  url: string,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  await untilAnalysed(url);
  const paths = [
    '/api/traces?page_size=100',
    '/api/services',
    '/api/races?evidence=E0&scope=any&page_size=100',
    '/api/analyze/global',
    '/api/distributed/edges',
    '/api/distributed/global-races',
    '/api/distributed/hotspots',
    ...traceIds.map((traceId) => `/api/traces/${traceId}`),
  ];
  const texts = new Map<string, string>();
  for (const path of paths) {
    const reply = await fetch(url + path);
    assert.equal(reply.status, 200, path);
    texts.set(path, await reply.text());
  }
  return texts;
}

async function untilAnalysed(url: string): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if ((await get(url, '/api/races'))['stale'] === false) return;
  }
  throw new Error('the analysis does not come to an end');
}

/** Spans by which baselines were learnt, whatever the order in which they came. */
async function learntDurations({ run }: TestDatabase): Promise<unknown> {
  const [row] = await run(
    `SELECT sum(value::bigint) AS spans FROM latency_buckets,
       LATERAL (SELECT value FROM jsonb_each_text(learnt) UNION ALL SELECT value FROM jsonb_each_text(flagged)) AS bin`,
  );
  assert.ok(Number(row?.['spans']) > 0, 'some spans have durations');
  return row?.['spans'];
}

async function start(
  t: TestContext,
  { connection }: TestDatabase,
  terminals: TestTerminal[] = [],
): Promise<string> {
  const { user, password, host, port, database } = connection;
  const terminal = new TestTerminal(t);
  terminals.push(terminal);
  const environment = {
    RACEWAY_POSTGRES_CONNECTION: `postgresql://${user}:${password}@${host}:${port}/${database}`,
  };
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 0, terminal.everything());
  t.after(async () => {
    if (terminal.process.exitCodes.length > 0) return;
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    await exited;
  });
  return /listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '';
}

/** The shipped file with other addresses. */
async function startHaproxy(t: TestContext, instances: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-haproxy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const port = await freePort();
  const text = readFileSync(shipped, 'utf8');
  const servers = instances.map(
    (url, index) => `    server raceway${index + 1} ${new URL(url).host}`,
  );
  const ownText = `${text.replace(/^ {4}server .*\n/gm, '')}${servers.join('\n')}\n`;
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, ownText.replace('bind 127.0.0.1:8090', `bind 127.0.0.1:${port}`));
  await startDaemon(t, ['haproxy', '-db', '-q', '-f', file], port);
  return `http://127.0.0.1:${port}`;
}

function send(url: string, batch: readonly object[]): Promise<Response> {
  return fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: batch }),
  });
}

async function post(
  url: string,
  batch: readonly object[],
): Promise<{ accepted: number; duplicates: number }> {
  const reply = await send(url, batch);
  const text = await reply.text();
  assert.equal(reply.status, 200, text);
  return JSON.parse(text).data;
}

async function get(url: string, path: string): Promise<Record<string, unknown>> {
  const reply = await fetch(url + path);
  assert.equal(reply.status, 200, path);
  return ((await reply.json()) as { data: Record<string, unknown> }).data;
}
