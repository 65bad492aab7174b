import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { RacewayError } from '../../src/domain/errors.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { ByteReader, ByteWriter } from '../../src/storage/bytes/byte-writer.ts';
import {
  AS_WRITTEN,
  timestampCode,
  timestampText,
} from '../../src/storage/bytes/timestamp-code.ts';
import { packAll } from '../../src/storage/memory/bytes/packing.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { memoryBackend } from '../support/backends.ts';
import { freshId, keyless, records, wireEvent } from '../support/events.ts';
import { storageContract } from './contract.ts';
import { derivedContract } from './derived/contract.ts';

const mebibyte = 1024 * 1024;
const receivedNs = 2_000_000_000_000_000_000n;

storageContract('memory', async () => openMemoryStorage({ maxBytes: 64 * mebibyte }));
storageContract('memory, all packed', async () =>
  openMemoryStorage({ maxBytes: 64 * mebibyte, unpackedBytesMax: 0 }),
);
storageContract('memory, packed elsewhere', async () =>
  openMemoryStorage({
    maxBytes: 64 * mebibyte,
    unpackedBytesMax: 4096,
    packElsewhere: async (bundle) => {
      await new Promise(setImmediate);
      return packAll(bundle);
    },
  }),
);

derivedContract(memoryBackend);

/** One event of about 20 KiB. */
function largeEvent(trace: string, at = 0): EventRecord {
  const payload = { name: 'large', data: 'x'.repeat(20_000) };
  return records([wireEvent({ trace, at, kind: 'Custom', payload })])[0] as EventRecord;
}

test('a full storage gives up whole traces, those written least recently first', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  const traceIds = Array.from({ length: 40 }, (_, index) => `t-${String(index).padStart(2, '0')}`);
  for (const traceId of traceIds) {
    await storage.append(keyless([largeEvent(traceId), largeEvent(traceId, 1)]), receivedNs);
    // Written again and again, by event times in the past of everybody else's.
    await storage.append(keyless([largeEventAt('kept', '1999-01-01T00:00:00Z')]), receivedNs);
  }
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 100 });
  const left = traces.map((trace) => trace.traceId).filter((traceId) => traceId !== 'kept');
  assert.deepEqual(left.sort(), traceIds.slice(-left.length));
  assert.ok(traces.every((trace) => trace.traceId === 'kept' || trace.eventCount === 2));
  const statistics = await storage.statistics();
  assert.ok((statistics.bytes as number) <= mebibyte);
  assert.equal(statistics.traceCount, traces.length);
  const stored = traces.reduce((sum, trace) => sum + trace.eventCount, 0);
  assert.equal(statistics.eventCount, stored);
  assert.equal(statistics.evictedEvents, 40 * 3 - stored);
  const [web] = await storage.services();
  assert.deepEqual(web, { name: 'web', eventCount: stored, traceCount: traces.length });
});

/** One event of about 20 KiB that packing leaves as long. */
function denseEvent(service: string, trace: string): EventRecord {
  const payload = { name: 'dense', data: randomBytes(15_000).toString('base64') };
  const [event] = records([wireEvent({ trace, service, kind: 'Custom', payload })]);
  return event as EventRecord;
}

test('a noisy service leaves to each other one half of an equal share', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  // Some 100 KiB each, of the 171 that are safe.
  for (let index = 0; index < 6; index += 1) {
    await storage.append(keyless([denseEvent('quiet', `quiet-${index}`)]), receivedNs);
    await storage.append(keyless([denseEvent('silent', `silent-${index}`)]), receivedNs);
  }
  for (let index = 0; index < 400; index += 1) {
    await storage.append(keyless([denseEvent('noisy', `noisy-${index}`)]), receivedNs);
    assert.ok(((await storage.statistics()).bytes as number) <= mebibyte);
  }
  const { evictedServices, evictedTraces, traceCount } = await storage.statistics();
  assert.ok(evictedTraces > 300);
  assert.deepEqual(evictedServices, [
    { service: 'noisy', traces: evictedTraces, events: evictedTraces },
  ]);
  assert.deepEqual(
    (await storage.services()).map(({ name, traceCount: count }) => [name, count]),
    [
      ['noisy', traceCount - 12],
      ['quiet', 6],
      ['silent', 6],
    ],
  );
  assert.equal(evictedTraces + traceCount, 412);
  // What goes beyond its share makes room like any other.
  for (let index = 0; index < 400; index += 1) {
    const service = index % 2 === 0 ? 'quiet' : 'noisy';
    await storage.append(keyless([denseEvent(service, `${service}-again-${index}`)]), receivedNs);
  }
  const later = await storage.services();
  assert.equal(later.find(({ name }) => name === 'silent')?.traceCount, 6);
  assert.ok((later.find(({ name }) => name === 'quiet')?.traceCount ?? 200) < 60);
});

test('among very many services the oldest trace goes, and evictions are told of a hundred', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  for (let index = 0; index < 400; index += 1) {
    const event = denseEvent(`service-${index}`, `trace-${index}`);
    await storage.append(keyless([event]), receivedNs);
  }
  const { evictedServices, evictedTraces } = await storage.statistics();
  assert.equal(evictedServices.length, 101);
  assert.deepEqual(evictedServices.slice(0, 2), [
    { service: 'service-0', traces: 1, events: 1 },
    { service: 'service-1', traces: 1, events: 1 },
  ]);
  assert.deepEqual(evictedServices.at(-1), {
    service: '(others)',
    traces: evictedTraces - 100,
    events: evictedTraces - 100,
  });
});

function largeEventAt(trace: string, at: string): EventRecord {
  const [event] = records([wireEvent({ trace, at })]);
  return event as EventRecord;
}

test('a trace that outgrows the storage alone begins again with its latest events', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  for (let at = 0; at < 100; at += 1) {
    await storage.append(keyless([largeEvent('only', at)]), receivedNs);
    assert.ok(((await storage.statistics()).bytes as number) <= mebibyte);
  }
  const { eventCount, evictedEvents } = await storage.statistics();
  assert.equal(eventCount + evictedEvents, 100);
  const events = await storage.events('only', null, 100);
  assert.equal(events.length, eventCount);
  assert.equal(events.at(-1)?.timestamp, '2024-01-01T12:00:00.099000Z');
});

test('many small traces at once do not go beyond the bound for a moment', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  for (let batch = 0; batch < 40; batch += 1) {
    const events = Array.from({ length: 100 }, (_, at) =>
      wireEvent({ trace: `t-${batch}-${at}`, at }),
    );
    await storage.append(keyless(records(events)), receivedNs);
    const { bytes, traceCount } = await storage.statistics();
    assert.ok((bytes as number) <= mebibyte, `${bytes} bytes of ${traceCount} traces`);
  }
});

test('packed traces take a fraction, also when they were read and added to meanwhile', async () => {
  const [plain, packed] = [undefined, 0].map((unpackedBytesMax) =>
    openMemoryStorage({
      maxBytes: 64 * mebibyte,
      ...(unpackedBytesMax === undefined ? {} : { unpackedBytesMax }),
    }),
  ) as [Storage, Storage];
  const bytes: number[] = [];
  for (const storage of [plain, packed]) {
    for (const part of [0, 1]) {
      for (let trace = 0; trace < 50; trace += 1) {
        const events = Array.from({ length: 20 }, (_, at) =>
          wireEvent({ trace: `t-${trace}`, at: part * 20 + at }),
        );
        await storage.append(keyless(records(events)), receivedNs);
        await storage.events(`t-${trace}`, null, 10);
      }
    }
    bytes.push((await storage.statistics()).bytes as number);
    await storage.eraseTraces(Array.from({ length: 50 }, (_, trace) => `t-${trace}`));
    assert.equal((await storage.statistics()).bytes, 0);
  }
  const [bytesPlain, bytesPacked] = bytes as [number, number];
  assert.ok(bytesPacked < bytesPlain / 2, `${bytesPacked} bytes of ${bytesPlain}`);
});

test('events that could never fit are refused before anything is given up', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  await storage.append(keyless([largeEvent('first')]), receivedNs);
  const tooMany = Array.from({ length: 60 }, (_, at) => largeEvent('many', at));
  await assert.rejects(
    storage.append(keyless(tooMany), receivedNs),
    (error) => error instanceof RacewayError && error.code === 'too_large',
  );
  assert.equal((await storage.statistics()).eventCount, 1);
});

test('a trace of 100,000 events is appended to, polled and paged without redoing it', async () => {
  const storage = openMemoryStorage({ maxBytes: 256 * mebibyte });
  const [template] = records([wireEvent({ trace: 'big' })]) as readonly [EventRecord];
  const count = 100_000;
  const batch = 4000;
  const events = Array.from({ length: count }, (_, index) => ({
    ...template,
    id: freshId(),
    timestampNs: template.timestampNs + BigInt((index * 7919) % count),
  }));
  for (let start = 0; start < count; start += batch) {
    const part = events.slice(start, start + batch);
    const [outcome] = await storage.append(keyless([...part, ...part]), receivedNs);
    assert.deepEqual(outcome, { accepted: batch, duplicates: batch });
    assert.equal((await storage.events('big', null, 1)).length, 1);
  }
  assert.deepEqual(await storage.append(keyless(events), receivedNs), [
    { accepted: 0, duplicates: count },
  ]);
  let last: EventRecord | null = null;
  let seen = 0;
  for (;;) {
    const page: EventRecord[] = await storage.events('big', last, batch);
    if (page.length === 0) break;
    for (const event of page) {
      assert.ok(last === null || event.timestampNs > last.timestampNs);
      last = event;
    }
    seen += page.length;
  }
  assert.equal(seen, count);
});

test('what the byte writer wrote, the reader reads', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.record({ count: fc.nat() }),
          fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 300 }) }),
          fc.record({ uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
          fc.record({ uuid: fc.uuid() }),
        ),
      ),
      (items) => {
        const writer = new ByteWriter();
        for (const item of items) {
          if ('count' in item) writer.count(item.count);
          else if ('text' in item) writer.text(item.text.toWellFormed());
          else if ('uint64' in item) writer.uint64(item.uint64);
          else writer.uuid(item.uuid);
        }
        const reader = new ByteReader(writer.bytes, 0);
        for (const item of items) {
          if ('count' in item) assert.equal(reader.count(), item.count);
          else if ('text' in item) assert.equal(reader.text(), item.text.toWellFormed());
          else if ('uint64' in item) assert.equal(reader.uint64(), item.uint64);
          else assert.equal(reader.uuid(), item.uuid);
        }
        assert.equal(reader.position, writer.length);
      },
    ),
  );
});

test('timestamps of SDKs follow from one byte, others are kept', () => {
  const coded = [
    '2026-11-23T10:47:43.794502Z',
    '2026-11-23T10:48:19.122317+00:00',
    '2026-11-23T10:48:19+00:00',
    '2026-11-23T10:48:52.938181556Z',
    '2026-11-23T10:48:52.9Z',
    '1970-01-01T00:00:00Z',
    '2261-12-31T23:59:59.999999999+00:00',
  ];
  for (const text of coded) {
    const instant = parseTimestamp(text) as bigint;
    const code = timestampCode(text);
    assert.notEqual(code, AS_WRITTEN, text);
    assert.equal(timestampText(code, instant), text);
  }
  const kept = [
    '2026-11-23t10:47:43Z',
    '2026-11-23 10:47:43Z',
    '2026-11-23T10:47:43z',
    '2026-11-23T10:47:43-00:00',
    '2026-11-23T12:47:43+02:00',
    '2026-11-23T10:47:43.1234567891Z',
    '2016-12-31T23:59:60Z',
  ];
  for (const text of kept) {
    assert.equal(timestampCode(text), AS_WRITTEN, text);
  }
});

test('others have their turns while much is packed', async () => {
  const storage = openMemoryStorage({
    maxBytes: 64 * mebibyte,
    unpackedBytesMax: 0,
    // A thread that is busy with something else.
    packElsewhere: () => new Promise(() => {}),
  });
  const events = Array.from({ length: 200 }, (_, index) => largeEvent(`packed-${index}`));
  let isStored = false;
  const stored = storage.append(keyless(events), receivedNs).then(() => {
    isStored = true;
  });
  let turns = 0;
  for (; !isStored; turns += 1) await new Promise(setImmediate);
  await stored;
  assert.ok(turns >= 5, `${turns} turns`);
  await storage.close();
});
