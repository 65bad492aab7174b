import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { keyless, records, wireEvent } from '../support/events.ts';

const mebibyte = 1024 * 1024;
const receivedNs = 2_000_000_000_000_000_000n;
const EVENTS = 20;

test('nothing is packed before half of the memory is filled, and then as much as it takes', async () => {
  let packed = 0;
  const storage = openMemoryStorage({
    maxBytes: 2 * mebibyte,
    anomalyDetection: false,
    packElsewhere: (bundle) => {
      packed += bundle.lengths.length;
      return new Promise(() => {});
    },
  });
  const bytes = async () => (await storage.statistics()).bytes as number;
  let traces = 0;
  const append = async () => {
    const trace = `t-${traces}`;
    const events = Array.from({ length: EVENTS }, (_, at) => wireEvent({ trace, at }));
    await storage.append(keyless(records(events)), receivedNs);
    traces += 1;
  };
  while ((await bytes()) < 0.9 * mebibyte) await append();
  assert.equal(packed, 0);
  while ((await bytes()) < 1.2 * mebibyte && traces < 10_000) await append();
  assert.ok(packed > 0, 'the other thread was asked to pack');
  const inHalf = traces;
  // It never answers: what it falls behind with is packed on the spot, and nothing is given up for it.
  for (let more = 0; more < inHalf; more += 1) await append();
  assert.equal((await storage.statistics()).traceCount, traces);
});
