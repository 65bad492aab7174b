/** A trace that grows is not analysed from the start for each batch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyser } from '../../src/analyser/analyser.ts';
import { REST_MS_MAX } from '../../src/storage/derived.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { memoryBackend } from '../support/backends.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { storageWith } from '../support/storage-with.ts';

const BATCHES = 40;
const EVENTS_PER_BATCH = 250;
const RECEIVED_NS = 1_900_000_000_000_000_000n;

const silent = { info: () => {}, warn: () => {}, error: () => {} };

test('the events read for analyses of a growing trace are a few times those that it has', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) });
  const storage = await memoryBackend.open();
  let eventsRead = 0;
  const counting = storageWith<Storage>(storage, {
    events: async (...asked) => {
      const events = await storage.events(...asked);
      eventsRead += events.length;
      return events;
    },
  });
  const settle = async () => {
    const analyser = new Analyser(counting, { races: true, spans: true }, silent);
    analyser.start();
    const isStale = await analyser.settle(60_000);
    await analyser.close();
    return isStale;
  };
  const stale: boolean[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const events = Array.from({ length: EVENTS_PER_BATCH }, (_, place) =>
      wireEvent({
        at: batch * EVENTS_PER_BATCH + place,
        kind: 'StateChange',
        payload: access('x', 'Write'),
      }),
    );
    await storage.append(keyless(records(events)), RECEIVED_NS);
    stale.push(await settle());
  }
  const count = BATCHES * EVENTS_PER_BATCH;
  assert.ok(eventsRead <= 3 * count, `${eventsRead} events were read of ${count}`);
  // At 250, 500, 750 and 1,000 events, and whenever there were twice as many as before.
  const analysedAfter = stale.flatMap((isStale, place) => (isStale ? [] : [place + 1]));
  assert.deepEqual(analysedAfter, [1, 2, 3, 4, 8, 16, 32]);
  assert.equal(await settle(), true);
  t.mock.timers.tick(REST_MS_MAX);
  assert.equal(await settle(), false);
  await storage.close();
});
