/** Thousands of requests that overlap on one row are compared as a whole, through the whole server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { access, wireEvent } from '../support/events.ts';
import { pause, startServerProcess } from './server-process.ts';

const EVENTS_PER_REQUEST = 4000;
const ANALYSED_WITHIN_MS = 300_000;

interface Races {
  readonly complete: boolean;
  readonly stale: boolean;
  readonly total_issues: number;
  readonly issues: readonly {
    readonly pattern: string;
    readonly evidence: string;
    readonly count: number;
  }[];
}

for (const requests of [100, 5000]) {
  test(`${requests} requests at once on one row: one issue, with an exact count`, async (t) => {
    const server = await startServerProcess(null);
    try {
      const events = Array.from({ length: requests }, (_, request) => stepsOf(request)).flat();
      for (let start = 0; start < events.length; start += EVENTS_PER_REQUEST) {
        await post(server.url, events.slice(start, start + EVENTS_PER_REQUEST));
      }
      const races = await settled(server.url);
      assert.equal(races.complete, true);
      assert.equal(races.total_issues, 1);
      const [{ pattern, evidence, count } = { pattern: '', evidence: '', count: 0 }] = races.issues;
      assert.deepEqual([pattern, evidence], ['lost_update', 'E3']);
      // Every two of them went by the same value.
      assert.equal(count, (requests * (requests - 1)) / 2);
      t.diagnostic(`${count} pairs`);
    } finally {
      await server.end('SIGTERM');
    }
  });
}

/** A request that reads 0, waits until all have, and writes 1. */
function stepsOf(request: number): readonly Record<string, unknown>[] {
  const trace = `00000000-0000-4000-8000-${String(request).padStart(12, '0')}`;
  const thread = `thread-${request}`;
  const step = (at: number, kind: 'HttpRequest' | 'StateChange', payload: object) =>
    wireEvent({ trace, thread, at, kind, payload });
  const place = { location: 'stock.ts:7' };
  const at = request / 100;
  return [
    step(at, 'HttpRequest', { method: 'POST', url: '/sell', headers: {}, body: null }),
    step(at + 0.001, 'StateChange', access('db:stock', 'Read', { ...place, new_value: 0 })),
    step(at + 1000, 'StateChange', access('db:stock', 'Write', { ...place, new_value: 1 })),
  ];
}

async function post(url: string, events: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (;;) {
    const body = JSON.stringify({ events });
    const reply = await fetch(`${url}/events`, { method: 'POST', headers, body });
    const text = await reply.text();
    if (reply.status === 200) return;
    assert.equal(reply.status, 503, text);
    await pause(50);
  }
}

async function settled(url: string): Promise<Races> {
  const endMs = performance.now() + ANALYSED_WITHIN_MS;
  for (;;) {
    const reply = await fetch(`${url}/api/races`);
    const { data } = (await reply.json()) as { data: Races };
    if (!data.stale) return data;
    assert.ok(performance.now() < endMs, 'the analysis comes to an end');
    await pause(200);
  }
}
