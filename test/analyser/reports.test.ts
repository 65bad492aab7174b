import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyser } from '../../src/analyser/analyser.ts';
import { StatementReader } from '../../src/analysis/statements/statement-reader.ts';
import { traceReport } from '../../src/analysis/trace-report.ts';
import { decodeEvents } from '../../src/domain/event/event-parts.ts';
import { namedRaces } from '../../src/domain/findings/issue.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { storageWith } from '../support/storage-with.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const switches = { races: true, spans: false };
const log = { info: () => {}, warn: () => {}, error: () => {} };

test('reports asked for at once are made two by two, and none after the end', async () => {
  const traces = Array.from({ length: 8 }, (_, place) => `t-${place}`);
  const storage = openMemoryStorage({ maxBytes: 16 * 1024 * 1024 });
  await storage.append(keyless(records(traces.map((trace) => wireEvent({ trace })))), receivedNs);
  let loading = 0;
  let most = 0;
  const watched = storageWith<Storage>(storage, {
    writtenEvents: () => null,
    async events(traceId, after, limit) {
      loading += 1;
      most = Math.max(most, loading);
      const found = await storage.events(traceId, after, limit);
      await new Promise(setImmediate);
      loading -= 1;
      return found;
    },
  });
  const analyser = new Analyser(watched, switches, log);
  const reports = await Promise.all(traces.map((trace) => analyser.read(trace)));
  assert.equal(reports.filter((report) => report !== null).length, traces.length);
  assert.equal(most, 2);
  await analyser.close();
  await storage.append(keyless(records([wireEvent({ trace: 'late' })])), receivedNs);
  await assert.rejects(analyser.read('late'), { code: 'unavailable' });
});

test('a trace that goes to the analysis thread in parts is analysed as a whole', async () => {
  const storage = openMemoryStorage({ maxBytes: 16 * 1024 * 1024 });
  const events = records(
    Array.from({ length: 2500 }, (_, at) =>
      wireEvent({
        trace: 'long',
        at,
        thread: `thread-${at % 3}`,
        kind: 'StateChange',
        payload: access(`db:${at % 7}`, at % 5 === 0 ? 'Write' : 'Read'),
      }),
    ),
  );
  await storage.append(keyless(events), receivedNs);
  const analyser = new Analyser(storage, switches, log);
  const reading = await analyser.read('long');
  await analyser.close();
  const report = traceReport(
    'long',
    decodeEvents(events),
    switches,
    null,
    namedRaces([]),
    new StatementReader(null),
  );
  assert.deepEqual(reading?.report, report);
});
