/**
 * One trace of very many events, threads or instances is analysed, or cut with the name of the limit; every
 * route about it answers, and the server stays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { access, wireEvent } from '../support/events.ts';
import { pause, type ServerProcess, startServerProcess } from './server-process.ts';

const EVENTS_PER_REQUEST = 5000;
const ANALYSED_WITHIN_MS = 300_000;

interface LargeTrace {
  readonly name: string;
  readonly events: number;
  /** Where and as whom the event with a number was made. */
  readonly origin: (number: number) => { readonly thread: string; readonly instance?: string };
}

const largeTraces: readonly LargeTrace[] = [
  {
    name: '200,000 events of 20,000 threads',
    events: 200_000,
    origin: (number) => ({ thread: `thread-${number % 20_000}` }),
  },
  {
    name: '40,000 events of 10,000 instances',
    events: 40_000,
    origin: (number) => ({ thread: 'main', instance: `instance-${number % 10_000}` }),
  },
  {
    name: '210,000 events, more than are looked at',
    events: 210_000,
    origin: (number) => ({ thread: `thread-${number % 100}` }),
  },
];

for (const [place, { name, events, origin }] of largeTraces.entries()) {
  test(`${name} in one trace: analysed or cut, never an error`, async (t) => {
    const server = await startServerProcess(null, {
      RACEWAY_STORAGE_MEMORY_MAX_BYTES: String(2 ** 31),
    });
    try {
      const trace = `00000000-0000-4000-8000-00000000000${place}`;
      for (let start = 0; start < events; start += EVENTS_PER_REQUEST) {
        const numbers = Array.from(
          { length: Math.min(EVENTS_PER_REQUEST, events - start) },
          (_, offset) => start + offset,
        );
        await post(
          server,
          numbers.map((number) => eventOf(trace, number, origin(number))),
        );
      }
      await untilAnalysed(server);
      for (const path of routesOf(trace)) {
        const reply = await fetch(server.url + path);
        const text = await reply.text();
        assert.equal(reply.status, 200, `${path}: ${text.slice(0, 200)}`);
      }
      const { complete, truncated_by: cut } = await analysisOf(server, trace);
      assert.equal(complete, cut === null);
      t.diagnostic(cut === null ? 'whole' : `cut by ${cut}`);
    } finally {
      await server.end('SIGTERM');
    }
  });
}

function routesOf(trace: string): readonly string[] {
  const own = ['', '?events=false', '/events', '/timeline', '/anomalies', '/critical-path'];
  return [
    ...own.map((path) => `/api/traces/${trace}${path}`),
    `/api/traces/${trace}/dependencies`,
    `/api/traces/${trace}/audit-trail/shared`,
    '/api/traces',
    '/api/races',
    '/api/analyze/global',
    '/api/distributed/global-races',
    '/api/distributed/hotspots',
    '/api/performance/metrics',
    '/api/services/health',
  ];
}

async function analysisOf(server: ServerProcess, trace: string) {
  const reply = await fetch(`${server.url}/api/traces/${trace}?events=false`);
  const { data } = (await reply.json()) as {
    data: { analysis: { complete: boolean; truncated_by: string | null } };
  };
  return data.analysis;
}

/** Every third event reads or writes one variable, the others one of a thousand. */
function eventOf(
  trace: string,
  number: number,
  origin: { readonly thread: string; readonly instance?: string },
): Record<string, unknown> {
  const variable = number % 3 === 0 ? 'shared' : `variable-${number % 1000}`;
  return wireEvent({
    id: `00000000-0000-4000-8000-1${String(number).padStart(11, '0')}`,
    trace,
    at: number / 1000,
    kind: 'StateChange',
    payload: access(variable, number % 2 === 0 ? 'Read' : 'Write', { new_value: number }),
    ...origin,
  });
}

async function post(server: ServerProcess, events: readonly object[]): Promise<void> {
  for (;;) {
    const reply = await fetch(`${server.url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    const text = await reply.text();
    if (reply.status === 200) return;
    assert.equal(reply.status, 503, text);
    await pause(50);
  }
}

async function untilAnalysed(server: ServerProcess): Promise<void> {
  const endMs = performance.now() + ANALYSED_WITHIN_MS;
  for (;;) {
    const reply = await fetch(`${server.url}/status`);
    const { data } = (await reply.json()) as {
      data: { analysis: { waiting_traces: number; given_up_traces: number } };
    };
    assert.equal(data.analysis.given_up_traces, 0, 'no analysis was given up');
    if (data.analysis.waiting_traces === 0) return;
    assert.ok(performance.now() < endMs, 'the analysis comes to an end');
    await pause(200);
  }
}
