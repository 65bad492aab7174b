import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventRecord, eventCharacters } from '../../src/domain/event/event.ts';
import { nothingRedacted } from '../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { plainEvent } from '../domain/otlp/plain.ts';
import { keyless } from '../support/events.ts';
import { recordedExports } from '../support/otlp-recordings.ts';

const mebibyte = 1024 * 1024;
const receivedNs = 2_000_000_000_000_000_000n;
const recording = ['node-default--pg-rmw', 'java-default--pg-rmw'].flatMap((name) =>
  recordedExports(name).filter(({ path }) => path === '/v1/traces'),
);

/** What came in, a request after the other; each reader is one of its own, as after a restart. */
function batches(): readonly (readonly EventRecord[])[] {
  return recording.map(
    ({ body, format }) => new OtlpReader(nothingRedacted).traces(body, format, null).events,
  );
}

function byTrace(events: readonly EventRecord[]): Map<string, EventRecord[]> {
  const traces = new Map<string, EventRecord[]>();
  for (const event of events) {
    traces.set(event.traceId, [...(traces.get(event.traceId) ?? []), event]);
  }
  return traces;
}

for (const unpackedBytesMax of [64 * mebibyte, 0]) {
  test(`what spans were sent as is read again with ${unpackedBytesMax} bytes unpacked`, async () => {
    const storage = openMemoryStorage({
      maxBytes: 64 * mebibyte,
      unpackedBytesMax,
      anomalyDetection: false,
    });
    const sent = batches();
    for (const events of sent) await storage.append(keyless(events), receivedNs);
    const traces = byTrace(sent.flat());
    for (const [traceId, events] of traces) {
      const stored = await storage.events(traceId, null, 1000);
      const expected = events.map(plainEvent);
      assert.deepEqual(
        new Map(stored.map((event) => [event.id, plainEvent(event)])),
        new Map(expected.map((event) => [event.id, event])),
      );
    }
    // What a process says of itself is kept once, however many traces it sends.
    const characters = sent.flat().reduce((sum, event) => sum + eventCharacters(event), 0);
    const bytes = (await storage.statistics()).bytes as number;
    assert.ok(2 * bytes < characters, `${bytes} bytes for ${characters} characters`);
    const again = await storage.append(keyless(sent.flat()), receivedNs);
    assert.equal(again[0]?.accepted, 0);
    await storage.eraseTraces([...traces.keys()]);
    assert.equal((await storage.statistics()).bytes, 0);
  });
}
