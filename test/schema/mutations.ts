/**
 * Requests that were right once, mutated byte by byte and member by member, sent to servers that hold traces and
 * races: no answer is a failure of the server. RACEWAY_MUTATIONS says how many, half of them on each backend
 * (100,000 for a long run), RACEWAY_TEST_SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServerProcess, until } from '../chaos/server-process.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { allRecordedTraces } from '../support/recordings.ts';
import { repositoryRoot } from '../support/repository.ts';

const COUNT = Number(process.env['RACEWAY_MUTATIONS'] ?? 5000);
const CLIENTS = 16;
/** Longer than the server waits for anything. */
const ANSWER_MS = 180_000;
const BODY_EVENTS = 8;
const odd = [
  ...['', '0', '-1', '1e309', '9007199254740993', 'null', 'true', '[]', '{}', '"', '\u0000', '%00'],
  ...['%', '%zz', '..', '.', '/', '\\', '__proto__', 'constructor', '\ud800', 'x'.repeat(70_000)],
  ...['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2024-02-30T00:00:00Z', '*', '?', '#', '&=&'],
];

interface Sketch {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

for (const backend of ['memory', 'Postgres']) {
  const count = Math.ceil(COUNT / 2);
  test(`${count} mutated requests, ${backend}: no answer is a failure of the server`, async (t) => {
    const seed = Number(process.env['RACEWAY_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`RACEWAY_TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    const connection = backend === 'Postgres' ? await startPostgres() : null;
    const server = await startServerProcess(connection, { RACEWAY_MCP_ENABLED: 'true' });
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const ids = await fill(server.url);
    const originals = [...bodies(ids), ...questions(ids)];
    const outcomes = new Map<string, number>();
    const failures: string[] = [];
    let made = 0;
    const client = async () => {
      while (made < count && failures.length === 0) {
        made += 1;
        const sketch = mutated(pick(originals, random), random);
        const outcome = await outcomeOf(agent, server.url, sketch, random);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (!isFailure(outcome)) continue;
        const { method, path, headers, body } = sketch;
        const text = body.subarray(0, 2000).toString('latin1');
        failures.push(
          `${outcome}: ${method} ${path.slice(0, 500)} ${JSON.stringify(headers)} ${text}`,
        );
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    agent.destroy();
    assert.deepEqual(failures, []);
    assert.ok(server.isRunning());
    assert.equal((await fetch(`${server.url}/ready`)).status, 200);
    assert.equal(await server.end('SIGTERM'), 0);
    const told = [...outcomes].map(([outcome, times]) => `${outcome}: ${times}`);
    t.diagnostic(told.join(', '));
    assert.ok((outcomes.get('200') ?? 0) > count / 20, 'some are still right, and go deep');
  });
}

/** What is there to be asked for. */
interface KnownIds {
  readonly traceId: string;
  readonly fingerprint: string;
}

/** Stores what was recorded, and waits until its races are found. */
async function fill(url: string): Promise<KnownIds> {
  const traces = allRecordedTraces();
  for (const events of traces) {
    const reply = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    assert.equal(reply.status, 200, await reply.text());
  }
  let fingerprint: string | undefined;
  await until('there are races', async () => {
    const reply = await fetch(`${url}/api/races`);
    const { data } = (await reply.json()) as { data: { issues: { fingerprint: string }[] } };
    fingerprint = data.issues[0]?.fingerprint;
    return fingerprint !== undefined;
  });
  return { traceId: String(traces[0]?.[0]?.['trace_id']), fingerprint: fingerprint ?? '' };
}

/** A failure of its own is 500 and the like; what a server does not do or cannot do now is not. */
function isFailure(outcome: string): boolean {
  return outcome === 'no answer' || (/^5/.test(outcome) && outcome !== '501' && outcome !== '503');
}

function bodies({ fingerprint }: KnownIds): Sketch[] {
  const json = { 'content-type': 'application/json' };
  const events = allRecordedTraces().map((trace) => {
    const body = Buffer.from(JSON.stringify({ events: trace.slice(0, BODY_EVENTS) }));
    return { method: 'POST', path: '/events', headers: json, body };
  });
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000100000000',
    events: [{ timeUnixNano: '1700000000050000000', name: 'step', attributes: [] }],
  };
  const otlp = { resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [span] }] }] };
  const body = Buffer.from(JSON.stringify(otlp));
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const decision = {
    state: 'ignored',
    note: 'as it is meant to be',
    assignee: 'team-a',
    link: 'https://example.com/1',
    until: '2030-01-01T00:00:00Z',
  };
  const mcp = { ...json, accept: 'application/json, text/event-stream' };
  const asked = ['tools/list', 'initialize', 'tools/call'].map((method) => ({
    jsonrpc: '2.0',
    id: 1,
    method,
    params: { name: 'list_races', arguments: { limit: 5 }, protocolVersion: '2025-06-18' },
  }));
  return [
    ...events,
    { method: 'POST', path: '/v1/traces', headers: json, body },
    { method: 'POST', path: '/v1/traces', headers: protobuf, body },
    { method: 'POST', path: '/v1/logs', headers: protobuf, body },
    { method: 'POST', path: '/v1/metrics', headers: json, body },
    { method: 'POST', path: '/api/session', headers: json, body: Buffer.from('{"key":"a"}') },
    {
      method: 'PATCH',
      path: `/api/races/${fingerprint}`,
      headers: json,
      body: Buffer.from(JSON.stringify(decision)),
    },
    ...asked.map((message) => {
      return {
        method: 'POST',
        path: '/mcp',
        headers: mcp,
        body: Buffer.from(JSON.stringify(message)),
      };
    }),
  ];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: { readonly enum?: readonly string[]; readonly format?: string };
}

/** Every operation of the document but live streams, which do not end: bare, with each parameter, and with all. */
function questions(ids: KnownIds): Sketch[] {
  const { paths } = JSON.parse(readFileSync(join(repositoryRoot, 'openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, { parameters?: Parameter[] }>>;
  };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters = [] }]) => {
      if (path === '/api/live') return [];
      const query = parameters.filter((one) => one.in === 'query').map(rightParameter);
      const filled = path
        .replace('{traceId}', encodeURIComponent(ids.traceId))
        .replace('{fingerprint}', ids.fingerprint)
        .replaceAll(/\{\w+\}/g, '1');
      return ['', ...query, query.join('&')].map((asked) => ({
        method: method.toUpperCase(),
        path: asked === '' ? filled : `${filled}?${asked}`,
        headers: {},
        body: Buffer.alloc(0),
      }));
    }),
  );
}

/** A parameter as a right request has it. */
function rightParameter({ name, schema }: Parameter): string {
  const value = schema.enum?.[0] ?? (schema.format === 'date-time' ? '2024-01-01T00:00:00Z' : '1');
  return `${name}=${encodeURIComponent(value)}`;
}

function mutated(original: Sketch, random: Random): Sketch {
  let { method, path, headers, body } = original;
  for (let changes = Math.floor(random() * 4); changes >= 0; changes -= 1) {
    const choice = random();
    if (choice < 0.5 && body.length > 0) body = mutatedBody(body, random);
    else if (choice < 0.8) path = mutatedPath(path, random);
    else if (choice < 0.9) headers = mutatedHeaders(headers, random);
    else method = pick(['GET', 'POST', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PATCH'], random);
  }
  return { method, path, headers, body };
}

function mutatedBody(body: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * body.length);
  const to = Math.min(body.length, at + Math.floor(random() * 12));
  const [before, part, after] = [body.subarray(0, at), body.subarray(at, to), body.subarray(to)];
  const changes = [
    () => [before, after],
    () => [before, part, part, after],
    () => [before, Buffer.from([Math.floor(random() * 256)]), after],
    () => [before, Buffer.from(pick(odd, random)), after],
    () => [before],
  ];
  return Buffer.concat(pick(changes, random)());
}

function mutatedPath(path: string, random: Random): string {
  const parts = path.split(/(?<=[/=&?])/);
  const at = Math.floor(random() * parts.length);
  parts[at] = encodeURI(pick(odd, random).toWellFormed()) + (random() < 0.5 ? parts[at] : '');
  const changed = parts.join('').replaceAll(/[^\u0021-\u007e]/g, '');
  return changed.startsWith('/') ? changed : `/${changed}`;
}

function mutatedHeaders(headers: Sketch['headers'], random: Random): Sketch['headers'] {
  const name = pick(
    [
      ...['content-type', 'content-encoding', 'accept', 'accept-encoding', 'authorization'],
      ...['if-none-match', 'x-forwarded-for', 'cookie', 'origin', 'x-request-id', 'expect'],
    ],
    random,
  );
  const value = pick(
    [...odd, 'gzip', 'br', 'deflate', 'application/x-ndjson', 'text/html'],
    random,
  );
  return { ...headers, [name]: value.replaceAll(/[^\u0020-\u007e]/g, '').slice(0, 4000) };
}

/** The status, or how the connection ended; `no answer` when nothing came at all. */
function outcomeOf(agent: Agent, url: string, sketch: Sketch, random: Random): Promise<string> {
  const { method, path, headers, body } = sketch;
  // Each comes from another client, for failures have a budget by address.
  const forwarded = 'x-forwarded-for' in headers ? {} : { 'x-forwarded-for': anyAddress(random) };
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      { method, path, agent, headers: { ...headers, 'content-length': body.length, ...forwarded } },
      (reply) => {
        reply.resume();
        reply.once('end', () => resolve(String(reply.statusCode)));
        reply.once('error', () => resolve('cut'));
      },
    );
    outgoing.setTimeout(ANSWER_MS, () => {
      resolve('no answer');
      outgoing.destroy();
    });
    outgoing.once('error', () => resolve('refused'));
    outgoing.end(body);
  });
}

function anyAddress(random: Random): string {
  const number = () => 1 + Math.floor(random() * 254);
  return `10.${number()}.${number()}.${number()}`;
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item;
}
