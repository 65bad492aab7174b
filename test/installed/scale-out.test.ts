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
/** For what comes to an end by itself, on however slow a machine. */
const PATIENCE_MS = 300_000;
const PAUSE_MS = 100;

interface WireEvent {
  readonly trace_id: string;
  readonly kind: Readonly<Record<string, { readonly function_name?: string }>>;
  readonly metadata: { readonly thread_id: string };
}

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
] as unknown as WireEvent[];

test('four instances behind HAProxy answer as one does, and count nothing twice', {
  skip,
}, async (t) => {
  const [shared, own] = [await testDatabase(t), await testDatabase(t)];
  const instances = await Promise.all(Array.from({ length: INSTANCES }, () => start(t, shared)));
  const proxy = await startHaproxy(t, instances);
  const alone = await start(t, own);

  // Every trace is torn over many batches, and every batch is sent twice at once.
  const batches = tornBatches();
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
  const taken: number[] = [];
  for (const url of instances) {
    const metrics = await ask(`${url}/metrics`);
    const accepted = /^raceway_events_total\{outcome="accepted".*\} (\d+)$/m.exec(metrics)?.[1];
    taken.push(Number(accepted ?? 0));
  }
  assert.equal(
    taken.reduce((sum, count) => sum + count, 0),
    events.length,
  );
  assert.ok(taken.filter((count) => count > 0).length > 1, 'they shared the work');
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
    accepted += (await post(proxy, batch)).accepted;
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
    texts.set(path, await ask(url + path));
  }
  return texts;
}

async function untilAnalysed(url: string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while ((await get(url, '/api/races'))['stale'] !== false) {
    assert.ok(performance.now() < endMs, 'the analysis comes to an end');
  }
}

/**
 * Batches that hold a part of each trace. A FunctionReturn comes with its call: when they come apart at
 * once, whether the call was there first is up to the instances.
 */
function tornBatches(): readonly (readonly WireEvent[])[] {
  const batchOfFunction = new Map<string, number>();
  const batches = Array.from({ length: BATCHES }, (): WireEvent[] => []);
  for (const [index, event] of events.entries()) {
    const step = event.kind['FunctionCall'] ?? event.kind['FunctionReturn'];
    const name = JSON.stringify([event.trace_id, event.metadata.thread_id, step?.function_name]);
    const batch = (step && batchOfFunction.get(name)) ?? index % BATCHES;
    if (step !== undefined) batchOfFunction.set(name, batch);
    batches[batch]?.push(event);
  }
  return batches;
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
  await startDaemon(t, ['haproxy', '-db', '-q', '-f', file], [port]);
  return `http://127.0.0.1:${port}`;
}

async function post(
  url: string,
  batch: readonly object[],
): Promise<{ accepted: number; duplicates: number }> {
  const text = await ask(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: batch }),
  });
  return JSON.parse(text).data;
}

/** Asks as an SDK sends: again, as long as the proxy finds no instance that answers. */
async function ask(url: string, request: RequestInit = {}): Promise<string> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const reply = await fetch(url, request);
    const text = await reply.text();
    if (reply.status === 200) return text;
    assert.ok(reply.status >= 502 && performance.now() < endMs, `${url}: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function get(url: string, path: string): Promise<Record<string, unknown>> {
  return (JSON.parse(await ask(url + path)) as { data: Record<string, unknown> }).data;
}
