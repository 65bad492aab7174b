import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { scopes } from '../../src/domain/scope.ts';
import { doorFaults } from '../../src/http/door/doorkeeper.ts';
import { refusalReasons } from '../../src/http/metrics/ingest-metrics.ts';
import { post, testApp } from '../support/app.ts';
import { backends, memoryBackend } from '../support/backends.ts';
import { wireEvent } from '../support/events.ts';
import { storageWith } from '../support/storage-with.ts';

for (const { name, open } of backends) {
  test(`/status on ${name} has the real uptime and counts`, async (t) => {
    const startedMs = performance.now() - 90_500;
    const { app } = await testApp(t, { storage: await open(), startedMs });
    await post(app, [
      wireEvent({ trace: 'a' }),
      wireEvent({ trace: 'a' }),
      wireEvent({ trace: 'b' }),
    ]);
    const { data } = (await app.inject({ url: '/status' })).json();
    assert.deepEqual(
      [data.events_captured, data.traces_active, data.storage.backend],
      [3, 2, name],
    );
    assert.ok(data.uptime_seconds >= 90 && data.uptime_seconds < 900);
    assert.ok(data.storage.bytes > 0);
    assert.deepEqual(data.queue, { events: 0, capacity_events: 10_000 });
    assert.equal(data.auth_enabled, false);
  });
}

test('/ready is 503 while the storage is away, and /health is not', async (t) => {
  const { app, storage } = await testApp(t);
  assert.equal((await app.inject({ url: '/ready' })).statusCode, 200);
  await storage.close();
  for (const reply of [await app.inject({ url: '/ready' }), await post(app, [wireEvent()])]) {
    assert.deepEqual([reply.statusCode, reply.json().code], [503, 'unavailable']);
    assert.equal(reply.headers['retry-after'], '1');
  }
  assert.equal((await app.inject({ url: '/health' })).statusCode, 200);
  const metrics = (await app.inject({ url: '/metrics' })).body;
  assert.match(metrics, /^raceway_storage_up 0$/m);
  assert.match(metrics, /^raceway_ingest_refused_total\{reason="unavailable"\} 1$/m);
});

test('while the queue is full, /ready and POST are 503 and nothing of a request is taken', async (t) => {
  const storage = await memoryBackend.open();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  const { app } = await testApp(t, {
    bufferSize: 2,
    storage: storageWith(storage, {
      async append(...requests) {
        begun += 1;
        await held;
        return storage.append(...requests);
      },
    }),
  });
  const event = (trace: string) => wireEvent({ trace });
  // An injected request starts when somebody waits for it; they arrive in order.
  const statusOf = (traces: readonly string[]) =>
    post(app, traces.map(event)).then((reply) => reply.statusCode);
  const taken: Promise<number>[] = [];
  for (const trace of ['first', 'second']) {
    taken.push(statusOf([trace]));
    while (begun < taken.length) await nextTurn();
  }
  taken.push(statusOf(['third', 'fourth']));
  const refused = await post(app, [event('fifth')]);
  const ready = await app.inject({ url: '/ready' });
  for (const reply of [refused, ready]) {
    assert.deepEqual([reply.statusCode, reply.json().code], [503, 'overloaded']);
    assert.equal(reply.headers['retry-after'], '1');
    assert.equal(reply.json().retry_after, 1);
  }
  release();
  assert.deepEqual(await Promise.all(taken), [200, 200, 200]);
  assert.equal((await app.inject({ url: '/ready' })).statusCode, 200);
  assert.equal(await storage.trace('fifth'), null);
});

test('labels of /metrics come from closed sets, whatever is asked for', async (t) => {
  const { app } = await testApp(t);
  for (const url of [
    '/canary',
    '/api/traces/canary',
    '/api/services/canary/traces?q=canary',
    '/%',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS'] as const) {
      await app.inject({ method, url });
    }
  }
  await post(app, [{ canary: 1 }, { ...wireEvent(), canary: '\ud800' }, { id: 'canary' }, 5]);
  await post(app, [wireEvent()]);
  const text = (await app.inject({ url: '/metrics' })).body;
  assert.ok(!text.includes('canary'));
  const allowed: Record<string, RegExp> = {
    method: new RegExp(`^(?:${METHODS.join('|')})$`),
    route: /^(?:unknown|\/events|\/metrics|\/api\/[a-z/:A-Z-]+)$/,
    status: /^\d{3}$/,
    outcome: /^(?:accepted|duplicate|rejected|committed|failed)$/,
    reason: new RegExp(
      `^(?:|id|trace_id|kind|other|${[...refusalReasons, ...doorFaults].join('|')})$`,
    ),
    scope: new RegExp(`^(?:${scopes.join('|')})$`),
    origin: /^other$/,
    budget: /^(?:global|failures)$/,
    le: /^(?:[\d.]+|\+Inf)$/,
  };
  const labels = [...text.matchAll(/[{,](\w+)="([^"]*)"/g)];
  assert.ok(labels.length > 100);
  for (const [, label = '', value = ''] of labels) {
    assert.match(value, allowed[label] ?? /^never$/, label);
  }
  assert.match(text, /^raceway_events_total\{outcome="accepted",reason=""\} 1$/m);
  assert.match(text, /^raceway_events_total\{outcome="rejected",reason="id"\} 2$/m);
  assert.match(text, /^raceway_events_total\{outcome="rejected",reason="other"\} 2$/m);
});

test('replies of more than a kibibyte are packed for those who can read that', async (t) => {
  const { app } = await testApp(t);
  await post(
    app,
    Array.from({ length: 20 }, (_, at) => wireEvent({ trace: `t-${at}`, at })),
  );
  const plain = await app.inject({ url: '/api/traces' });
  const packed = await app.inject({ url: '/api/traces', headers: { 'accept-encoding': 'gzip' } });
  assert.ok(plain.rawPayload.length > 1024);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.deepEqual(JSON.parse(gunzipSync(packed.rawPayload).toString()), plain.json());
  assert.match(String(packed.headers['vary']), /accept-encoding/i);
  const small = await app.inject({ url: '/health', headers: { 'accept-encoding': 'gzip' } });
  assert.equal(small.headers['content-encoding'], undefined);
});

test('a request id that is fit for a log comes back, another is replaced', async (t) => {
  const { app } = await testApp(t);
  const idFor = async (id: string) =>
    (await app.inject({ url: '/none', headers: { 'x-request-id': id } })).headers['x-request-id'];
  assert.equal(await idFor('proxy-1.2_3'), 'proxy-1.2_3');
  for (const junk of ['', 'a b', 'x'.repeat(65), '{"json":1}', 'é']) {
    assert.match(String(await idFor(junk)), /^[0-9a-f-]{36}$/, junk);
  }
});

test('T13: a POST that a redirect turned into GET is told so', async (t) => {
  const { app } = await testApp(t);
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
    const reply = await app.inject({ method, url: '/events' });
    assert.equal(reply.statusCode, 405);
    assert.equal(reply.headers['allow'], 'POST');
    if (method !== 'HEAD') {
      assert.match(reply.json().error, /a redirect turned your POST into GET: use the https URL/);
    }
  }
});

test('every reply of the API is not sniffed, and stored by a browser alone, which asks again', async (t) => {
  const { app } = await testApp(t);
  for (const url of ['/health', '/api/traces', '/none', '/metrics', '/openapi.json']) {
    const { headers } = await app.inject({ url });
    const isTagged = url === '/api/traces' || url === '/openapi.json';
    assert.equal(headers['cache-control'], isTagged ? 'private, no-cache' : 'no-store', url);
    assert.equal(headers.etag !== undefined, isTagged, url);
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
  }
});
