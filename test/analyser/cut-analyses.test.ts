import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyser } from '../../src/analyser/analyser.ts';
import { ampleRoom } from '../../src/analysis/room.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { WorkerThread } from '../../src/worker/worker-thread.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { storageWith } from '../support/storage-with.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const switches = { races: true, spans: true };
const mebibyte = 1024 * 1024;

async function storageOf(counts: Readonly<Record<string, number>>) {
  const storage = openMemoryStorage({ maxBytes: 128 * mebibyte });
  for (const [trace, count] of Object.entries(counts)) {
    const events = Array.from({ length: count }, (_, at) =>
      wireEvent({ trace, at, kind: 'StateChange', payload: access(`db:${at % 7}`, 'Write') }),
    );
    await storage.append(keyless(records(events)), receivedNs);
  }
  let reads = 0;
  const watched = storageWith<Storage>(storage, {
    events(...request) {
      reads += 1;
      return storage.events(...request);
    },
  });
  return { storage: watched, readCount: () => reads };
}

const analysisOf = (report: { readonly analysis: string } | undefined) => {
  const { complete, truncated_by: limit } = JSON.parse(report?.analysis ?? '{}');
  return { complete, limit };
};

test('a trace that takes the memory of the thread is cut, once until it changes, and others go on', async () => {
  const { storage, readCount } = await storageOf({ huge: 40_000, small: 3 });
  const warnings: string[] = [];
  const log = {
    info: () => {},
    warn: (_: object, text: string) => warnings.push(text),
    error: assert.fail,
  };
  const thread = new WorkerThread({ heapBytes: 24 * mebibyte });
  const analyser = new Analyser(storage, switches, log, undefined, { usual: thread, long: thread });
  const cut = { complete: false, limit: 'analysis_memory' };
  assert.deepEqual(analysisOf((await analyser.read('huge'))?.report), cut);
  const deaths = thread.deaths;
  assert.ok(deaths >= 1);
  assert.equal(analyser.truncatedByMemory, deaths);
  const before = readCount();
  assert.deepEqual(analysisOf((await analyser.read('huge'))?.report), cut);
  assert.equal(readCount(), before);
  assert.deepEqual(analysisOf((await analyser.read('small'))?.report), {
    complete: true,
    limit: null,
  });
  await storage.append(keyless(records([wireEvent({ trace: 'huge' })])), receivedNs);
  assert.deepEqual(analysisOf((await analyser.read('huge'))?.report), cut);
  assert.ok(thread.deaths > deaths);
  analyser.start();
  assert.equal(await analyser.settle(60_000), false);
  assert.equal((await storage.derived.cuts(1)).truncatedBy, 'analysis_memory');
  await analyser.close();
  assert.ok(warnings.length > 0);
});

test('a trace is cut before it takes all memory, by a room that is less than the budgets', async () => {
  const { storage } = await storageOf({ large: 5000, small: 3 });
  const log = { info: () => {}, warn: assert.fail, error: assert.fail };
  const room = { ...ampleRoom, groupEvents: 3000 };
  const analyser = new Analyser(storage, switches, log, undefined, undefined, room);
  const report = (await analyser.read('large'))?.report;
  assert.deepEqual(analysisOf(report), { complete: false, limit: 'analysis_memory' });
  assert.equal(report?.timelineEvents.traces.length, 3000);
  await analyser.close();
});
