/** The recorded traffic of three SDKs over real HTTP: all of it is stored, whatever the order. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { testApp } from '../support/app.ts';
import { backends } from '../support/backends.ts';
import { exactJson } from '../support/exact-json.ts';
import { completed, instant } from '../support/expected-events.ts';
import { type HttpClient, listening } from '../support/http.ts';
import { receivingAt } from '../support/storage-with.ts';

const KEY = 'demo-key';
/** Later than all that was recorded, whatever the clock says. */
const AFTERWARDS_NS = 2_000_000_000_000_000_000n;
const folder = new URL('../fixtures/sdk-traffic/', import.meta.url);

/** What this test reads of a recorded event. */
interface SentEvent {
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string | null;
  readonly timestamp: string;
  readonly kind: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly metadata: { readonly service_name: string; readonly upstream_span_id?: string | null };
}

interface SentRequest {
  readonly headers: OutgoingHttpHeaders;
  readonly events: readonly SentEvent[];
}

const recorded: readonly SentRequest[] = readdirSync(folder)
  .sort()
  .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').trim().split('\n'))
  .map((line) => {
    const { headers, body } = JSON.parse(line);
    return { headers, events: body.events };
  });
const events = recorded.flatMap((request) => request.events);

/** The same events as they may arrive. */
const replays: Readonly<Record<string, readonly SentRequest[]>> = {
  'as it was recorded': recorded,
  twice: [...recorded, ...recorded],
  'in reverse': recorded
    .toReversed()
    .map((request) => ({ ...request, events: request.events.toReversed() })),
  'split into single events': recorded.flatMap((request) =>
    request.events.map((event) => ({ ...request, events: [event] })),
  ),
  interleaved: interleaved(7),
};

for (const { name, open } of backends) {
  for (const [how, requests] of Object.entries(replays)) {
    test(`recorded traffic on ${name}, ${how}: nothing is rejected, all of it comes back`, async (t) => {
      const { app } = await testApp(t, {
        storage: receivingAt(await open(), AFTERWARDS_NS),
        server: { auth_enabled: true, api_keys: [KEY] },
      });
      const client = await listening(app);
      const sent = requests.reduce((sum, request) => sum + request.events.length, 0);
      const outcomes = await Promise.all(requests.map((request) => replay(client, request)));
      const accepted = outcomes.reduce((sum, outcome) => sum + outcome.accepted, 0);
      const duplicates = outcomes.reduce((sum, outcome) => sum + outcome.duplicates, 0);
      assert.deepEqual([accepted, duplicates], [events.length, sent - events.length]);
      await checkState(client);
    });
  }
}

test('the Go SDK, which has no key option, is let in by the key in its URL', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const client = await listening(app);
  const request = recorded.find(({ headers }) => isGo(headers)) as SentRequest;
  const body = JSON.stringify({ events: request.events });
  const post = { method: 'POST', path: '/events', headers: request.headers, body };
  assert.equal((await client.send(post)).status, 401);
  await replay(client, request);
});

/** Round-robin over all traces, in requests of a few events of different services each. */
function interleaved(eventsPerRequest: number): SentRequest[] {
  const headers = recorded[0]?.headers ?? {};
  const queues = [...byTrace().values()].map((list) => [...list]);
  const mixed: SentEvent[] = [];
  while (mixed.length < events.length) {
    for (const queue of queues) mixed.push(...queue.splice(0, 1));
  }
  const starts = Array.from({ length: Math.ceil(mixed.length / eventsPerRequest) }).keys();
  return [...starts].map((index) => ({
    headers,
    events: mixed.slice(index * eventsPerRequest, (index + 1) * eventsPerRequest),
  }));
}

function byTrace(): Map<string, SentEvent[]> {
  const traces = new Map<string, SentEvent[]>();
  for (const event of events) {
    traces.set(event.trace_id, [...(traces.get(event.trace_id) ?? []), event]);
  }
  return traces;
}

function isGo(headers: OutgoingHttpHeaders): boolean {
  return String(headers['user-agent']).startsWith('Go-http-client');
}

async function replay(client: HttpClient, request: SentRequest) {
  const password = Buffer.from(`raceway:${KEY}`).toString('base64');
  // Some recordings were made without a key.
  const key = isGo(request.headers)
    ? { authorization: `Basic ${password}` }
    : { 'x-raceway-key': KEY };
  const reply = await client.send({
    method: 'POST',
    path: '/events',
    headers: { ...request.headers, ...key },
    body: JSON.stringify({ events: request.events }),
  });
  assert.equal(reply.status, 200, reply.text);
  const { data } = JSON.parse(reply.text);
  assert.deepEqual([data.rejected, data.rejected_count], [[], 0]);
  return data as { accepted: number; duplicates: number };
}

/** Holds every read against what the recording says, worked out here and not by the server's code. */
async function checkState(client: HttpClient): Promise<void> {
  const read = async (path: string) => {
    const reply = await client.send({ path, headers: { 'x-raceway-key': KEY } });
    assert.equal(reply.status, 200, reply.text);
    return reply.text;
  };
  const traces = [...byTrace().values()].map((list) => list.sort(byTime));
  const summaries = traces.map(summaryOf).sort(byActivity);
  const listed: object[] = [];
  const pages = Math.ceil(traces.length / 100);
  for (let page = 1; page <= pages; page += 1) {
    const list = JSON.parse(await read(`/api/traces?page_size=100&page=${page}`)).data;
    const totals = { total_traces: traces.length, total_pages: pages };
    assert.deepEqual(pick(list, ['total_traces', 'total_pages']), totals);
    const members = Object.keys(summaries[0] ?? {});
    listed.push(...list.traces.map((trace: object) => pick(trace, members)));
  }
  assert.deepEqual(listed, summaries);
  for (const sent of traces) {
    const { trace_id: id } = sent[0] as SentEvent;
    const expected = (exactJson(JSON.stringify(sent)) as never[]).map(completed);
    const page = await read(`/api/traces/${id}/events?limit=10000`);
    const shown = JSON.parse(page).data.events as SentEvent[];
    checkOrder(shown);
    const byId = new Map(sent.map((event, place) => [event.id, expected[place]]));
    const events = shown.map((event) => byId.get(event.id));
    const whole = { trace_id: id, events, next_cursor: null };
    assert.deepEqual((exactJson(page) as never)['data'], whole);
    const full = await read(`/api/traces/${id}`);
    assert.deepEqual((exactJson(full) as { data: { events: unknown } }).data.events, events);
    const summary = summaryOf(sent);
    assert.deepEqual(pick(JSON.parse(full).data, Object.keys(summary)), summary);
  }
  assert.deepEqual(JSON.parse(await read('/api/services')).data, expectedServices());
  const status = JSON.parse(await read('/status')).data;
  assert.deepEqual(pick(status, ['events_captured', 'traces_active']), {
    events_captured: events.length,
    traces_active: traces.length,
  });
}

/** Every event once, and none before its parent. */
function checkOrder(shown: readonly SentEvent[]): void {
  const placeOf = new Map(shown.map(({ id }, place) => [id, place]));
  assert.equal(placeOf.size, shown.length);
  for (const [place, { parent_id: parent }] of shown.entries()) {
    assert.ok((placeOf.get(parent ?? '') ?? -1) < place);
  }
}

/** The root is no child, better nothing that another process called, and of those the first. */
function rootOf(sorted: readonly SentEvent[]): SentEvent {
  const roots = sorted.filter(({ parent_id: parent }) => (parent ?? null) === null);
  const own = roots.filter(({ metadata }) => (metadata.upstream_span_id ?? null) === null);
  return (own[0] ?? roots[0] ?? sorted[0]) as SentEvent;
}

function byTime(a: SentEvent, b: SentEvent): number {
  return Number(instant(a.timestamp) - instant(b.timestamp)) || (a.id < b.id ? -1 : 1);
}

function summaryOf(sorted: readonly SentEvent[]) {
  const [first, last] = [sorted[0], sorted.at(-1)] as [SentEvent, SentEvent];
  const services = [...new Set(sorted.map((event) => event.metadata.service_name))].sort();
  const lastNs = instant(last.timestamp);
  const seconds = new Date(Number(lastNs / 1_000_000n)).toISOString().slice(0, 20);
  return {
    trace_id: first.trace_id,
    event_count: sorted.length,
    first_timestamp: first.timestamp,
    last_timestamp: last.timestamp,
    duration_ms: Number(lastNs - instant(first.timestamp)) / 1e6,
    root: operationOf(rootOf(sorted)),
    service_count: services.length,
    services,
    error_count: sorted.filter(isError).length,
    last_activity: `${seconds}${String(lastNs % 1_000_000_000n).padStart(9, '0')}Z`,
  };
}

function operationOf({ kind }: SentEvent): unknown {
  const [[name, payload] = assert.fail()] = Object.entries(kind);
  // Numbers are all that varies in recorded routes.
  if (name === 'HttpRequest') {
    const path = String(payload['url']).replace(/^https?:\/\/[^/]*/, '');
    return `${payload['method']} ${path.replace(/\?.*/, '').replace(/\/\d+$/, '/*')}`;
  }
  return payload['function_name'] ?? payload['variable'] ?? name;
}

function isError({ kind }: SentEvent): boolean {
  return kind['Error'] !== undefined || Number(kind['HttpResponse']?.['status'] ?? 0) >= 500;
}

function byActivity(a: ReturnType<typeof summaryOf>, b: ReturnType<typeof summaryOf>): number {
  if (a.last_activity !== b.last_activity) return a.last_activity > b.last_activity ? -1 : 1;
  return a.trace_id > b.trace_id ? -1 : 1;
}

function expectedServices(): object {
  const names = [...new Set(events.map((event) => event.metadata.service_name))].sort();
  const services = names.map((name) => {
    const own = events.filter((event) => event.metadata.service_name === name);
    const traceCount = new Set(own.map((event) => event.trace_id)).size;
    return { name, event_count: own.length, trace_count: traceCount };
  });
  return { total_services: names.length, services };
}

function pick(object: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}
