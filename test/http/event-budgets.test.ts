import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import { EventBudgets } from '../../src/http/front/event-budgets.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { post, testApp } from '../support/app.ts';
import { records, wireEvent } from '../support/events.ts';
import { namedKey } from '../support/keys.ts';
import { storageWith } from '../support/storage-with.ts';

const events = (count: number, service: string) =>
  Array.from({ length: count }, () => wireEvent({ service }));

test('a noisy service is answered 429 with its name, and the others are stored', async (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const { app } = await testApp(t, { server: { service_events_per_minute: 10 } });
  assert.equal((await post(app, events(8, 'noisy'))).statusCode, 200);
  nowMs += 20_000;
  const refused = await post(app, [...events(3, 'noisy'), ...events(1, 'quiet')]);
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'rate_limited']);
  assert.match(refused.json().error, /the service "noisy" may store 10 events a minute/);
  assert.deepEqual([refused.headers['retry-after'], refused.json().retry_after], ['40', 40]);
  assert.equal((await post(app, events(10, 'quiet'))).statusCode, 200);
  assert.equal((await post(app, events(2, 'noisy'))).statusCode, 200);
  assert.equal((await post(app, events(20, ''))).statusCode, 200);
  nowMs += 40_000;
  // More than the budget at once: taken when nothing was spent yet, or it would come for ever.
  assert.equal((await post(app, events(30, 'noisy'))).statusCode, 200);
  assert.equal((await post(app, events(1, 'noisy'))).statusCode, 429);
  const { over_budget: told } = (await app.inject('/status')).json().data;
  assert.deepEqual(told, [{ kind: 'service', name: 'noisy', requests: 2, events: 4 }]);
});

test('what was not stored costs nothing: after an outage nobody is refused for what was tried', async (t) => {
  const memory = openMemoryStorage({ maxBytes: 2 ** 20 });
  let isAway = true;
  const storage = storageWith(memory, {
    append: (requests, receivedNs) => {
      if (isAway) throw new RacewayError('unavailable', 'away');
      return memory.append(requests, receivedNs);
    },
  });
  const { app } = await testApp(t, { storage, server: { service_events_per_minute: 10 } });
  for (let tries = 0; tries < 3; tries += 1) {
    assert.equal((await post(app, events(8, 'patient'))).statusCode, 503);
  }
  isAway = false;
  assert.equal((await post(app, events(8, 'patient'))).statusCode, 200);
  assert.equal((await post(app, events(8, 'patient'))).statusCode, 429);
});

test('refusals of very many services are told of a hundred', () => {
  const budgets = new EventBudgets({
    keyEvents: null,
    keyBytes: null,
    serviceEvents: 1,
    serviceBytes: null,
  });
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 150; index += 1) {
      const sent = records(events(1, index === 7 ? 'others' : `service-${index}`));
      if (round === 0) budgets.spend(sent, null, 100);
      else assert.throws(() => budgets.spend(sent, null, 100), { code: 'rate_limited' });
    }
  }
  const { refused } = budgets;
  assert.equal(refused.length, 101);
  assert.deepEqual(refused.at(-1), { kind: 'service', name: '(others)', requests: 50, events: 50 });
});

test('a key has budgets of its own, in events and in bytes, over OTLP too', async (t) => {
  const [first, second] = [generateKey(), generateKey()];
  const { app } = await testApp(t, {
    server: {
      auth_enabled: true,
      keys: [
        namedKey(first, { name: 'first', scopes: ['ingest'] }),
        namedKey(second, { name: 'second', scopes: ['ingest'] }),
      ],
      key_bytes_per_minute: 5000,
    },
  });
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  let sent = 0;
  while ((await post(app, events(1, 'web'), as(first))).statusCode === 200) sent += 1;
  assert.ok(sent > 2 && sent < 20);
  const refused = await post(app, events(1, 'web'), as(first));
  assert.match(refused.json().error, /the key "first" may store 5000 bytes a minute/);
  const otlp = await app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { ...as(first), 'content-type': 'application/json' },
    payload: JSON.stringify(otlpTraces()),
  });
  assert.equal(otlp.statusCode, 429);
  assert.equal((await post(app, events(1, 'web'), as(second))).statusCode, 200);
});

function otlpTraces() {
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000100000000',
    attributes: [{ key: 'padding', value: { stringValue: 'x'.repeat(5000) } }],
  };
  const attributes = [{ key: 'service.name', value: { stringValue: 'web' } }];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] };
}
