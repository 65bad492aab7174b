import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { nothingRedacted } from '../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import { metadataIn, readWritten } from '../../src/storage/memory/bytes/written-events.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { recordedExports } from '../support/otlp-recordings.ts';
import { hostileEvents } from './hostile-events.ts';

const mebibyte = 1024 * 1024;
const receivedNs = 2_000_000_000_000_000_000n;

function opened(unpackedBytesMax = 64 * mebibyte) {
  return openMemoryStorage({ maxBytes: 64 * mebibyte, unpackedBytesMax, anomalyDetection: false });
}

function analysed({ service: _, ...event }: EventRecord) {
  return event;
}

test('another thread reads of the bytes of a trace what the storage reads', async () => {
  const storage = opened();
  const idOf = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
  const chain = [1, 2, 3].map((id) =>
    wireEvent({ id: idOf(id), trace: 'chain', at: 3 - id, parent: id === 1 ? null : idOf(1) }),
  );
  const sent = [...hostileEvents(), ...records(chain)];
  // In two requests, so that what the second has in common with the first is found in front of it.
  for (const part of [sent.slice(0, -1), sent.slice(-1)]) {
    await storage.append(keyless(part), receivedNs);
  }
  for (const traceId of new Set(sent.map((event) => event.traceId))) {
    const written = storage.writtenEvents?.(traceId);
    assert.ok(written);
    const copied = structuredClone(written);
    const stored = await storage.events(traceId, null, 10_000);
    assert.equal(copied.count, stored.length);
    assert.deepEqual(readWritten(copied).map(analysed), stored.map(analysed));
    assert.deepEqual(new Set(metadataIn(copied)), new Set(stored.map(({ metadata }) => metadata)));
  }
  assert.equal(storage.writtenEvents?.('unknown'), null);
  await storage.close();
});

test('bytes that do not tell all by themselves are not given away', async () => {
  const storage = opened();
  const [first] = recordedExports('node-default--pg-rmw').filter(
    ({ path }) => path === '/v1/traces',
  );
  assert.ok(first !== undefined);
  const { events } = new OtlpReader(nothingRedacted).traces(first.body, first.format, null);
  await storage.append(keyless(events), receivedNs);
  assert.equal(storage.writtenEvents?.(events[0]?.traceId ?? ''), null);
  await storage.close();
  const packing = opened(0);
  for (const trace of ['one', 'two', 'three']) {
    await packing.append(keyless(records([wireEvent({ trace })])), receivedNs);
  }
  const [one] = records([wireEvent({ trace: 'one' })]);
  assert.equal(packing.writtenEvents?.(one?.traceId ?? ''), null);
  assert.equal((await packing.events(one?.traceId ?? '', null, 10)).length, 1);
  await packing.close();
});
