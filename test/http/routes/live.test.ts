/** Following what is stored: as lines, as events of a browser, and to the end of a server. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LiveMessage } from '../../../src/http/routes/live.ts';
import { generateKey } from '../../../src/keys/key-format.ts';
import { post, type TestApp, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';
import { namedKey } from '../../support/keys.ts';
import { recordedTraces } from '../../support/recordings.ts';

const lines = { accept: 'application/x-ndjson' };

async function listening(t: TestContext, options = {}): Promise<TestApp & { url: string }> {
  const served = await testApp(t, options);
  const url = await served.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...served, url };
}

/** The lines of a stream, one after the other; ended with the test. */
async function follow(
  t: TestContext,
  url: string,
  headers: Record<string, string> = {},
): Promise<AsyncGenerator<LiveMessage, void>> {
  const controller = new AbortController();
  t.after(() => controller.abort());
  const reply = await fetch(url, {
    headers: { ...lines, ...headers },
    signal: controller.signal,
  });
  assert.equal(reply.status, 200);
  return messagesOf(reply);
}

async function* messagesOf(reply: Response): AsyncGenerator<LiveMessage, void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) yield JSON.parse(line) as LiveMessage;
  }
}

/** The next message that is wanted; streams say every two seconds that they are there. */
async function next<Type extends LiveMessage['type']>(
  messages: AsyncGenerator<LiveMessage, void>,
  type: Type,
  isWanted: (message: Message<Type>) => boolean = () => true,
): Promise<Message<Type>> {
  for (;;) {
    const { value } = await messages.next();
    assert.ok(value, `the stream ended before a ${type}`);
    if (value.type === type && isWanted(value as Message<Type>)) return value as Message<Type>;
  }
}

type Message<Type> = Extract<LiveMessage, { type: Type }>;

const recently = (trace: string, service = 'web') =>
  wireEvent({ trace, service, at: new Date().toISOString() });

test('a trace is told of once it has settled, as a list shows it, with what was stored', async (t) => {
  const { app, url } = await listening(t);
  const messages = await follow(t, `${url}/api/live?service=web`);
  assert.equal((await messages.next()).value?.type, 'stats');
  await post(app, [recently('one'), recently('other', 'db')]);
  // Which comes first, the trace or the sums, is up to the clock.
  const sums = { events: 0, traces: 0 };
  let one: Message<'trace'> | null = null;
  while (one === null || sums.traces < 2) {
    const { value: message } = await messages.next();
    assert.ok(message);
    if (message.type === 'trace') one = message;
    if (message.type !== 'stats') continue;
    sums.events += message.data.events;
    sums.traces += message.data.traces;
  }
  const { data, id } = one;
  assert.deepEqual(sums, { events: 2, traces: 2 });
  const { traces } = (await app.inject({ url: '/api/traces?q=one' })).json().data;
  assert.deepEqual(data, traces[0]);
  await post(app, [recently('two')]);
  assert.equal((await next(messages, 'trace')).data.trace_id, 'two');
  // Whoever comes back goes on where it was, and a place of another process is none.
  const resumed = await follow(t, `${url}/api/live?service=web`, { 'last-event-id': id });
  assert.equal((await next(resumed, 'trace')).data.trace_id, 'two');
  const foreign = await follow(t, `${url}/api/live`, { 'last-event-id': 'deadbeef-0' });
  await post(app, [recently('three')]);
  assert.equal((await next(foreign, 'trace')).data.trace_id, 'three');
});

test('only what was slow or fast for its operation is told of where that is asked for', async (t) => {
  const { app, url } = await listening(t);
  const hourMs = 3_600_000;
  const call = (trace: string, startMs: number, tookMs: number) =>
    wireEvent({
      ...{ trace, service: 'web', at: new Date(startMs).toISOString(), durationNs: tookMs * 1e6 },
      payload: { function_name: 'work', module: 'm', args: null, file: 'w.ts', line: 1 },
    });
  const before = Date.now() - 2 * hourMs;
  await post(
    app,
    Array.from({ length: 200 }, (_, place) => call('usual', before + place * 10, 100)),
  );
  const messages = await follow(t, `${url}/api/live?has_anomalies=true`);
  await messages.next();
  await post(app, [call('as ever', Date.now(), 100), call('slow', Date.now(), 5000)]);
  assert.equal((await next(messages, 'trace')).data.trace_id, 'slow');
});

test('a race that begins while somebody follows is told of, without values', async (t) => {
  const { app, url } = await listening(t);
  const messages = await follow(t, `${url}/api/live`);
  const [first] = recordedTraces('ts-race').flat() as { timestamp: string }[];
  const shiftMs = Date.now() + 1000 - Date.parse(first?.timestamp ?? '');
  const events = (recordedTraces('ts-race').flat() as { timestamp: string }[]).map((event) => ({
    ...event,
    timestamp: new Date(Date.parse(event.timestamp) + shiftMs).toISOString(),
  }));
  await post(app, events);
  // A trace that was told of before it was analysed is told of again.
  let race: Message<'race'> | null = null;
  let isMarked = false;
  while (race === null || !isMarked) {
    const { value: message } = await messages.next();
    assert.ok(message);
    if (message.type === 'race') race = message;
    if (message.type === 'trace') isMarked ||= message.data.has_races;
  }
  const { witnesses } = race.data as { witnesses: { steps: object[] }[] };
  assert.equal(witnesses.length, 1);
  assert.ok(witnesses[0]?.steps.every((step) => !('new_value' in step)));
});

test('events of a browser are the same messages', async (t) => {
  const { app, url } = await listening(t);
  const controller = new AbortController();
  t.after(() => controller.abort());
  const reply = await fetch(`${url}/api/live`, {
    headers: { accept: 'text/event-stream' },
    signal: controller.signal,
  });
  assert.equal(reply.headers.get('content-type'), 'text/event-stream');
  assert.equal(reply.headers.get('content-encoding'), null);
  await post(app, [recently('line\nbreak')]);
  let text = '';
  for await (const bytes of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString();
    if (text.includes('event: trace')) break;
  }
  assert.match(text, /^event: stats\ndata: \{.*\}\n\n/);
  assert.match(text, /id: [0-9a-f]{8}-1\nevent: trace\ndata: \{"trace_id":"line\\nbreak"/);
});

test('who asks for neither is told so, and 64 follow at once', async (t) => {
  const { app, url, live } = await listening(t);
  const plain = await app.inject({ url: '/api/live' });
  assert.equal(plain.statusCode, 400);
  assert.match(plain.json().error, /text\/event-stream/);
  const ends = Array.from({ length: 64 }, () => live.follow({ tell() {}, end() {} }, null));
  const full = await fetch(`${url}/api/live`, { headers: lines });
  assert.deepEqual(
    [full.status, ((await full.json()) as { code: string }).code],
    [503, 'overloaded'],
  );
  for (const end of ends) end();
});

test('a stream ends with its key, and with the server', async (t) => {
  const key = generateKey();
  const { app, url, keys, live } = await listening(t, {
    server: { auth_enabled: true, keys: [namedKey(key, { scopes: ['read', 'ingest'] })] },
  });
  const authorization = `Bearer ${key}`;
  const messages = await follow(t, `${url}/api/live`, { authorization });
  await post(app, [recently('one')], { authorization });
  await next(messages, 'trace');
  keys.replace([], true);
  for (;;) if ((await messages.next()).done === true) break;
  await live.close();
  keys.replace([], false);
  assert.equal(live.isClosed, true);
});

test('nothing is kept while nobody follows', async (t) => {
  const { app, live } = await testApp(t);
  await post(app, [recently('one')]);
  let told = 0;
  const end = live.follow({ tell: () => (told += 1), end() {} }, null);
  assert.equal(told, 0);
  let ended = false;
  live.follow({ tell() {}, end: () => (ended = true) }, null);
  end();
  await live.close();
  assert.ok(ended);
});
