import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { testApp } from '../../support/app.ts';
import { backends } from '../../support/backends.ts';
import { wireEvent } from '../../support/events.ts';
import { exactJson } from '../../support/exact-json.ts';
import { type HttpClient, type HttpReply, listening, sendBytes } from '../../support/http.ts';
import { acceptedBodies } from './accepted-bodies.ts';
import { rawRequests, slowRequests } from './raw-requests.ts';
import { refusedBodies } from './refused-bodies.ts';
import { refusedEvents } from './refused-events.ts';
import { refusedUrls } from './refused-urls.ts';

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const GROWTH_BYTES_MAX = 48 * 1024 * 1024;
const ROUNDS_MAX = 4;
const JSON_TYPE = { 'content-type': 'application/json' };

for (const { name, open } of backends) {
  test(`hostile requests on ${name}: a 4xx in the envelope each, and nothing stays behind`, async (t) => {
    const logLines: string[] = [];
    const { app } = await testApp(t, {
      storage: await open(),
      logLines,
      server: { max_body_bytes: BODY_BYTES_MAX },
    });
    const client = await listening(app);
    await store(client, [wireEvent({ trace: 'known' })]);
    await checkAccepted(client);
    await sendAll(client);
    const growth = await leastGrowth(() => sendAll(client));
    assert.ok(growth < GROWTH_BYTES_MAX, `${growth} bytes more after all of it again`);
    assertNoErrors(logLines);
    await assertHealthy(client);
  });
}

/** What looks hostile and is data. */
async function checkAccepted(client: HttpClient): Promise<void> {
  for (const { name, body, headers, path = '/events', comesBack } of acceptedBodies) {
    const sent = { ...JSON_TYPE, ...headers };
    const reply = await client.send({ method: 'POST', path, headers: sent, body });
    assert.equal(reply.status, 200, `${name}: ${reply.text}`);
    const { text } = await client.send({ path: '/api/traces/accepted/events' });
    const { data } = exactJson(text) as { data: { events: [{ kind: { Custom: object } }] } };
    assert.deepEqual(
      data.events[0].kind.Custom,
      { name: 'n', data: exactJson(comesBack) },
      `${name}: ${text.slice(0, 1000)}`,
    );
    await client.send({ method: 'DELETE', path: '/api/traces/accepted' });
  }
}

/** Everything that a client library can send. */
async function sendAll(client: HttpClient): Promise<void> {
  for (const { name, body, headers, status, code } of refusedBodies) {
    const sent = { ...JSON_TYPE, ...headers };
    const request = { method: 'POST', path: '/events', headers: sent, body };
    assertFailure(await client.send(request), status, code, name);
  }
  for (const [name, event, path] of refusedEvents) {
    const body = `{"events":[${event}]}`;
    const request = { method: 'POST', path: '/events', headers: JSON_TYPE, body };
    const reply = assertFailure(await client.send(request), 400, 'bad_request', name);
    const {
      rejected: [rejected],
    } = reply.details as { rejected: [{ errors: [{ path: string }] }] };
    assert.equal(rejected.errors[0].path, path, name);
  }
  for (const [method, path, status, code] of refusedUrls) {
    assertFailure(await client.send({ method, path }), status, code, `${method} ${path}`);
  }
}

describe('bytes on a socket', () => {
  test('T12: what is no request gets a 4xx in the envelope, if anything, and no host comes back', async (t) => {
    const logLines: string[] = [];
    // What announces a body and stops is waited for; the rest is answered at once.
    const { app } = await testApp(t, { logLines, requestTimeoutMs: 1000 });
    const client = await listening(app);
    await Promise.all(rawRequests.map((request) => checkRaw(client, request)));
    assertNoErrors(logLines);
    await assertHealthy(client);
  });

  test('what begins and does not end is told so', async (t) => {
    const logLines: string[] = [];
    const { app } = await testApp(t, { logLines, requestTimeoutMs: 200 });
    const client = await listening(app);
    await Promise.all(slowRequests.map((request) => checkRaw(client, request)));
    assertNoErrors(logLines);
    await assertHealthy(client);
  });
});

async function checkRaw(client: HttpClient, { name, bytes, status }: (typeof rawRequests)[number]) {
  const received = await sendBytes(client.port, bytes);
  const [head = '', body = ''] = received.split('\r\n\r\n');
  if (status === null) return assert.equal(received, '', name);
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), `${name}: ${received}`);
  assert.ok(!body.includes('evil.example'), name);
  if (status < 400) return;
  const reply = JSON.parse(body);
  assert.deepEqual([reply.success, reply.data], [false, null], name);
  assert.match(reply.error, /\w/, name);
  assert.match(head, /^x-request-id: \S/im, name);
}

/** A failure in its envelope; gives the parsed body. */
function assertFailure(
  { status, headers, text }: HttpReply,
  expected: number,
  code: string,
  name: string,
): { readonly details?: unknown } {
  assert.equal(status, expected, `${name}: ${text}`);
  assert.match(String(headers['x-request-id']), /\S/, name);
  if (text === '') return {};
  const body = JSON.parse(text);
  assert.deepEqual([body.success, body.data, body.code], [false, null, code], `${name}: ${text}`);
  assert.ok(typeof body.error === 'string' && body.error.length > 5, name);
  assert.ok(body.error.length < 2000, `${name}: too much of the input comes back`);
  return body;
}

function assertNoErrors(logLines: readonly string[]): void {
  const errors = logLines.filter((line) => JSON.parse(line).level >= 50);
  assert.deepEqual(errors, []);
}

async function store(client: HttpClient, events: readonly object[]): Promise<void> {
  const body = JSON.stringify({ events });
  const reply = await client.send({ method: 'POST', path: '/events', headers: JSON_TYPE, body });
  assert.equal(reply.status, 200, reply.text);
}

async function assertHealthy(client: HttpClient): Promise<void> {
  assert.equal((await client.send({ path: '/ready' })).status, 200);
  await store(client, [wireEvent({ trace: 'healthy' })]);
  const list = JSON.parse((await client.send({ path: '/api/traces?q=healthy' })).text).data;
  assert.equal(list.traces[0].event_count, 1);
  const { queue } = JSON.parse((await client.send({ path: '/status' })).text).data;
  assert.equal(queue.events, 0);
}

/** Bytes that stay behind each time; what only lags behind the collector does so once or twice. */
async function leastGrowth(work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= ROUNDS_MAX && least >= GROWTH_BYTES_MAX; round += 1) {
    const before = memoryInUse();
    await work();
    least = Math.min(least, memoryInUse() - before);
  }
  return least;
}

function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
