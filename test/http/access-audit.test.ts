import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { newChain } from '../../src/audit/chain.ts';
import { StreamSink } from '../../src/audit/stream-sink.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { KEY, post, testApp } from '../support/app.ts';
import { auditedApp } from '../support/audited-app.ts';
import { wireEvent } from '../support/events.ts';
import { namedKey } from '../support/keys.ts';

test('one line for each access: who, what, which trace, from where, how it ended', async (t) => {
  const key = generateKey();
  const { app, accesses } = await auditedApp(t, {
    server: {
      auth_enabled: true,
      api_keys: [KEY],
      keys: [namedKey(key, { name: 'checkout', scopes: ['ingest'] })],
      cors_origins: ['https://app.example'],
    },
  });
  const plain = { authorization: `Bearer ${KEY}` };
  const checkout = { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.9' };
  await post(app, [wireEvent({ trace: 'one' }), wireEvent({ trace: 'one' }), {}], checkout);
  await post(app, [wireEvent({ trace: 'one' }), wireEvent({ trace: 'two' })], checkout);
  await app.inject({ url: '/api/traces/one?q=secret', headers: plain });
  await app.inject({ url: '/api/traces/one', headers: checkout });
  await app.inject({ url: '/api/traces/one' });
  await app.inject({ method: 'DELETE', url: '/api/traces/one', headers: plain });
  await app.inject({ url: '/nothing', headers: plain });
  await app.inject({ url: '/events', headers: plain });
  await app.inject({ url: '/health', headers: plain });
  await app.inject({ url: '/ready' });
  await app.inject({
    method: 'OPTIONS',
    url: '/events',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  });
  const rows = accesses().map((line) => [
    line['key'],
    line['scope'],
    `${line['method']} ${line['route']}`,
    line['trace_id'],
    line['client'],
    line['status'],
    line['outcome'],
    line['counts'],
  ]);
  const local = '127.0.0.1';
  const one = '/api/traces/:traceId';
  const counts = { accepted: 2, duplicates: 0, traces: 1, rejected: 1 };
  assert.deepEqual(rows, [
    ['checkout', 'ingest', 'POST /events', 'one', '203.0.113.9', 200, 'allowed', counts],
    [
      'checkout',
      'ingest',
      'POST /events',
      null,
      '203.0.113.9',
      200,
      'allowed',
      { ...counts, traces: 2, rejected: 0 },
    ],
    ['api_keys[0]', 'read', `GET ${one}`, 'one', local, 400, 'refused', null],
    ['checkout', 'read', `GET ${one}`, 'one', '203.0.113.9', 403, 'forbidden', null],
    [null, 'read', `GET ${one}`, 'one', local, 401, 'unauthenticated', null],
    ['api_keys[0]', 'delete', `DELETE ${one}`, 'one', local, 200, 'allowed', { deleted_events: 3 }],
    ['api_keys[0]', null, 'GET unknown', null, local, 404, 'refused', null],
    ['api_keys[0]', null, 'GET /events', null, local, 405, 'refused', null],
  ]);
  assert.ok(accesses().every(({ request_id: id }) => typeof id === 'string' && id !== ''));
});

test('a request that goes on without its client has a line with its counts', async (t) => {
  const memory = openMemoryStorage({ maxBytes: 2 ** 20 });
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const storage = new Proxy(memory, {
    get: (target, name) => {
      const member = Reflect.get(target, name);
      if (name !== 'append') return typeof member === 'function' ? member.bind(target) : member;
      return async (...args: Parameters<typeof memory.append>) => {
        begin();
        await held;
        return memory.append(...args);
      };
    },
  });
  const { app, accesses } = await auditedApp(t, { storage });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}/api/services`)).text();
  while (accesses().length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(accesses()[0]?.['delivered'], true);
  const closed = new Promise<void>((resolve) => {
    app.server.once('connection', (socket) => socket.once('close', () => resolve()));
  });
  const client = connect(port, '127.0.0.1');
  const body = JSON.stringify({ events: [wireEvent({ trace: 'gone' })] });
  client.write(
    `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  await begun;
  client.destroy();
  await closed;
  assert.equal(accesses().length, 1);
  goOn();
  while (accesses().length === 1) await new Promise((resolve) => setImmediate(resolve));
  const [, line] = accesses();
  assert.deepEqual(
    [line?.['delivered'], line?.['client'], line?.['trace_id'], line?.['counts']],
    [false, '127.0.0.1', 'gone', { accepted: 1, duplicates: 0, traces: 1, rejected: 0 }],
  );
});

test('audit.on_failure = refuse: no request is served without its line, and /ready says so', async (t) => {
  let isStalled = false;
  const output = { write: () => !isStalled };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const audit = new AuditLog(new StreamSink(output), newChain(), log, 'refuse');
  t.after(() => audit.close());
  const { app } = await testApp(t, { audit });
  const statuses = async () => {
    const replies = [await post(app, [wireEvent()]), await app.inject('/api/traces')];
    replies.push(await app.inject('/ready'), await app.inject('/health'));
    audit.flush();
    return replies.map(({ statusCode }) => statusCode);
  };
  assert.deepEqual(await statuses(), [200, 200, 200, 200]);
  isStalled = true;
  await statuses();
  assert.deepEqual(await statuses(), [503, 503, 503, 200]);
  isStalled = false;
  audit.flush();
  assert.deepEqual(await statuses(), [200, 200, 200, 200]);
});
