import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { testApp } from '../support/app.ts';
import { backends, memoryBackend } from '../support/backends.ts';
import { freshId, keyless, records, wireEvent } from '../support/events.ts';
import { listening } from '../support/http.ts';
import { storageWith } from '../support/storage-with.ts';

const NDJSON = { accept: 'application/x-ndjson' };
const receivedNs = 2_000_000_000_000_000_000n;

/** A trace `big` of many events, each a nanosecond after the one before. */
async function fill(storage: Storage, count: number, textOf: (index: number) => string) {
  const payload = { name: 'n', data: '' };
  const [template] = records([wireEvent({ trace: 'big', kind: 'Custom', payload })]) as [
    EventRecord,
  ];
  const events = Array.from({ length: count }, (_, index) => ({
    ...template,
    id: freshId(),
    timestampNs: template.timestampNs + BigInt(index),
    payload: JSON.stringify({ ...payload, data: textOf(index) }),
  }));
  await storage.append(keyless(events), receivedNs);
}

/** Two kilobytes that are hard to pack. */
function noise(index: number): string {
  return createHash('shake256', { outputLength: 1024 }).update(String(index)).digest('hex');
}

for (const { name, open } of backends) {
  test(`a trace of more than 10,000 events on ${name}: cut and said so, paged, streamed`, async (t) => {
    const storage = await open();
    await fill(storage, 10_050, String);
    const { app } = await testApp(t, { storage });
    const client = await listening(app);
    const read = async (path: string, headers = {}) => {
      const reply = await client.send({ path, headers });
      assert.equal(reply.status, 200, reply.text);
      return reply;
    };
    const full = JSON.parse((await read('/api/traces/big')).text).data;
    assert.deepEqual(
      [full.event_count, full.events.length, full.complete, full.truncated_by],
      [10_050, 10_000, false, 'trace_events_max'],
    );
    const first = JSON.parse((await read('/api/traces/big/events?limit=10000')).text).data;
    const rest = `/api/traces/big/events?cursor=${first.next_cursor}`;
    const second = JSON.parse((await read(rest)).text).data;
    const ids = [...first.events, ...second.events].map((event) => event.id);
    assert.deepEqual([new Set(ids).size, second.next_cursor], [10_050, null]);
    for (const encoding of name === 'memory' ? ['identity', 'gzip'] : ['identity']) {
      const stream = await read('/api/traces/big/events', {
        ...NDJSON,
        'accept-encoding': encoding,
      });
      assert.match(String(stream.headers['content-type']), /^application\/x-ndjson\b/);
      const lines = stream.text.trimEnd().split('\n');
      assert.deepEqual(JSON.parse(lines.pop() ?? ''), { complete: true, count: 10_050 });
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).id),
        ids,
      );
    }
    const tail = await read(`${rest}&limit=10`, NDJSON);
    assert.match(tail.text, /\n\{"complete":true,"count":10\}\n$/);
  });
}

test('T1: a stream that is cut off has no last line, and its connection breaks', async (t) => {
  const storage = await memoryBackend.open();
  const faults: Record<string, () => unknown> = {
    'the storage fails': () => {
      throw new Error('away');
    },
    'the trace is erased': () => storage.eraseTrace('big'),
    'the database goes away': () => {
      throw new RacewayError('unavailable', 'away', { cause: new Error('ECONNRESET') });
    },
  };
  for (const [name, fault] of Object.entries(faults)) {
    // Analysis reads events, too: what counts begins when it has ended.
    let reads = Number.NEGATIVE_INFINITY;
    const logLines: string[] = [];
    const { app, analyser } = await testApp(t, {
      logLines,
      storage: storageWith(storage, {
        close: async () => {},
        async events(...place) {
          reads += 1;
          if (reads === 3) await fault();
          return storage.events(...place);
        },
      }),
    });
    const { port } = await listening(app);
    await analyser.close();
    for (const encoding of ['identity', 'gzip']) {
      await fill(storage, 5000, noise);
      reads = 0;
      const headers = { ...NDJSON, 'accept-encoding': encoding };
      const sent = http.get({ port, path: '/api/traces/big/events', headers });
      const [reply] = (await once(sent, 'response')) as [http.IncomingMessage];
      let text = '';
      reply.on('data', (part) => {
        text += part.toString('latin1');
      });
      const outcome = await Promise.race([
        once(reply, 'end').then(() => 'whole'),
        once(reply, 'error').then(() => 'cut'),
      ]).catch(() => 'cut');
      assert.equal(outcome, 'cut', `${name}, ${encoding}`);
      assert.ok(!text.includes('"complete"'), name);
      assert.ok(text.length > 1000, name);
    }
    const lines = logLines.map((line) => JSON.parse(line) as { level: number; msg: string });
    // A bug is told each time, an outage once for all requests, an erased trace is nobody's fault.
    assert.equal(
      lines.some(({ level }) => level >= 50),
      name === 'the storage fails',
      name,
    );
    const told = lines
      .filter(({ msg }) => msg.startsWith('the server reads'))
      .map(({ msg }) => msg);
    assert.deepEqual(told, name === 'the database goes away' ? ['the server reads nothing'] : []);
  }
});

test('a stream that fails before anything of it was sent is answered as any failure is', async (t) => {
  const storage = await memoryBackend.open();
  await fill(storage, 3, () => 'little');
  const faults = [
    new RacewayError('unavailable', 'away', { cause: new Error('ECONNREFUSED') }),
    new Error('a bug'),
  ];
  for (const fault of faults) {
    let looks = Number.NEGATIVE_INFINITY;
    const logLines: string[] = [];
    const { app, analyser } = await testApp(t, {
      logLines,
      storage: storageWith(storage, {
        close: async () => {},
        async trace(traceId) {
          looks += 1;
          if (looks === 2) throw fault;
          return storage.trace(traceId);
        },
      }),
    });
    await analyser.close();
    looks = 0;
    const reply = await app.inject({
      url: '/api/traces/big/events',
      headers: { ...NDJSON, 'accept-encoding': 'gzip' },
    });
    const isAway = fault instanceof RacewayError;
    assert.equal(looks, 2);
    assert.equal(reply.statusCode, isAway ? 503 : 500);
    assert.equal(reply.headers['content-encoding'], undefined);
    assert.equal(reply.json().code, isAway ? 'unavailable' : 'internal');
    assert.equal(reply.headers['retry-after'] !== undefined, isAway);
    const lines = logLines.map((line) => JSON.parse(line) as { level: number; msg: string });
    assert.equal(
      lines.some(({ level }) => level >= 50),
      !isAway,
    );
    const told = lines.filter(({ msg }) => msg.startsWith('the server reads'));
    assert.equal(told.length, isAway ? 1 : 0);
  }
});

test('a client that hangs up in the middle of a stream leaves nothing running', async (t) => {
  const storage = await memoryBackend.open();
  await fill(storage, 10_000, noise);
  for (const encoding of ['identity', 'gzip']) {
    let hangUp = () => {};
    const hungUp = new Promise<void>((resolve) => {
      hangUp = resolve;
    });
    // Analysis reads events, too: what counts begins when it has ended.
    let reads = Number.NEGATIVE_INFINITY;
    const { app, analyser } = await testApp(t, {
      storage: storageWith(storage, {
        close: async () => {},
        async events(...place) {
          reads += 1;
          if (reads === 3) await hungUp;
          return storage.events(...place);
        },
      }),
    });
    app.server.on('connection', (socket) => socket.once('close', hangUp));
    const { port } = await listening(app);
    await analyser.close();
    reads = 0;
    const headers = { ...NDJSON, 'accept-encoding': encoding };
    const sent = http.get({ port, path: '/api/traces/big/events', headers, agent: false });
    sent.on('error', () => {});
    const [reply] = (await once(sent, 'response')) as [http.IncomingMessage];
    reply.on('error', () => {});
    await once(reply, 'data');
    reply.destroy();
    await hungUp;
    for (let turn = 0; turn < 5; turn += 1) await app.inject({ url: '/api/traces' });
    assert.ok(reads <= 3, `${reads} reads, ${encoding}`);
  }
});
