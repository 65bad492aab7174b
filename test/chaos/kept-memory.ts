/** A server whose memory a folder keeps, broken on purpose: no database, and nothing acknowledged is lost. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { keptFolder } from '../support/kept-memory.ts';
import { assertAllStored, emptyObservation, type Observation, startLoad } from './load.ts';
import { pause, type ServerProcess, startServerProcess, until } from './server-process.ts';

const KILLS = 20;
const CLIENTS = 8;
const OTLP_CLIENTS = 2;
const SPANS = 5;

function startKept(directory: string, settings: Readonly<Record<string, string>> = {}) {
  return startServerProcess(null, { RACEWAY_STORAGE_MEMORY_DIRECTORY: directory, ...settings });
}

/** Ids of spans whose export was answered 2xx, by trace. */
type Spans = Map<string, string[]>;

/** Clients that export spans, each time of a new trace; ends by itself once the server is gone. */
async function exportSpans(url: string, acknowledged: Spans, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const traceId = randomUUID().replaceAll('-', '');
    const spanIds = Array.from({ length: SPANS }, () =>
      randomUUID().replaceAll('-', '').slice(0, 16),
    );
    const spans = spanIds.map((spanId, index) => ({
      traceId,
      spanId,
      parentSpanId: index === 0 ? '' : spanIds[0],
      name: 'work',
      kind: 2,
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000000001000000',
    }));
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const headers = { 'content-type': 'application/json' };
    const status = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body }).then(
      async (reply) => {
        await reply.arrayBuffer();
        return reply.status;
      },
      () => 0,
    );
    if (status === 200) acknowledged.set(traceId, spanIds);
    else await pause(20);
  }
}

async function eventsOf(url: string, traceId: string): Promise<readonly string[]> {
  const reply = await fetch(`${url}/api/traces/${traceId}/events`, {
    headers: { accept: 'application/x-ndjson' },
  });
  const text = await reply.text();
  return reply.status === 404 ? [] : text.trimEnd().split('\n').slice(0, -1);
}

/** Erases some traces that nobody writes to any more; gives those of which the server said so. */
async function eraseSome(url: string, spans: Spans): Promise<readonly string[]> {
  const erased: string[] = [];
  for (const traceId of [...spans.keys()].slice(0, 5)) {
    spans.delete(traceId);
    const reply = await fetch(`${url}/api/traces/${traceId}`, { method: 'DELETE' });
    await reply.arrayBuffer();
    assert.equal(reply.status, 200);
    erased.push(traceId);
  }
  return erased;
}

async function assertSpansStored(url: string, spans: Spans, perSpan: number): Promise<void> {
  for (const traceId of spans.keys()) {
    assert.equal((await eventsOf(url, traceId)).length, perSpan * SPANS, traceId);
  }
}

async function eventsPerSpan(server: ServerProcess): Promise<number> {
  const spans: Spans = new Map();
  await exportSpans(server.url, spans, () => spans.size > 0);
  const [traceId = ''] = spans.keys();
  return (await eventsOf(server.url, traceId)).length / SPANS;
}

function describe({ outcomes }: Observation): string {
  return [...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', ');
}

test(`kept memory, kill -9 under load, ${KILLS} times: all is there once, and what was erased is not`, async (t) => {
  const directory = keptFolder();
  const seen = emptyObservation();
  const spans: Spans = new Map();
  const erased: string[] = [];
  let perSpan = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const server = await startKept(directory);
    if (perSpan === 0) perSpan = await eventsPerSpan(server);
    let isOver = false;
    const load = startLoad(server.url, seen, { clients: CLIENTS, pauseMs: 0 });
    const exporters = Array.from({ length: OTLP_CLIENTS }, () =>
      exportSpans(server.url, spans, () => isOver),
    );
    await pause(50 + Math.random() * 300);
    if (kill === 1)
      await until('there is a load', () => seen.acknowledged.size > 0 && spans.size > 5);
    erased.push(...(await eraseSome(server.url, spans)));
    await server.end('SIGKILL');
    isOver = true;
    await Promise.all([load.stop(), ...exporters]);
  }
  const server = await startKept(directory);
  const stored = await assertAllStored(server.url, seen);
  await assertSpansStored(server.url, spans, perSpan);
  for (const traceId of erased) assert.deepEqual(await eventsOf(server.url, traceId), [], traceId);
  assert.equal(await server.end('SIGTERM'), 0);
  t.diagnostic(
    `${stored} events and ${spans.size} traces of spans acknowledged, ${erased.length} erased; ${describe(seen)}`,
  );
  rmSync(directory, { recursive: true });
});

test('kept memory, SIGTERM under load, then less memory: all is there, then a part, and it goes on', async (t) => {
  const directory = keptFolder();
  const seen = emptyObservation();
  for (let round = 0; round < 3; round += 1) {
    const server = await startKept(directory);
    const load = startLoad(server.url, seen, { clients: CLIENTS, pauseMs: 0 });
    await pause(300);
    if (round === 0) await until('there is a load', () => seen.acknowledged.size > 0);
    assert.equal(await server.end('SIGTERM'), 0);
    await load.stop();
  }
  const whole = await startKept(directory);
  const stored = await assertAllStored(whole.url, seen);
  assert.equal(await whole.end('SIGTERM'), 0);
  const small = await startKept(directory, { RACEWAY_STORAGE_MEMORY_MAX_BYTES: '1048576' });
  const later = emptyObservation();
  const load = startLoad(small.url, later, { clients: 1, pauseMs: 20 });
  await until('it goes on', () => later.acknowledged.size > 0);
  await load.stop();
  assert.equal(await small.end('SIGTERM'), 0);
  t.diagnostic(`${stored} events acknowledged; ${describe(seen)}`);
  rmSync(directory, { recursive: true });
});
