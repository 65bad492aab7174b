import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { RecentOperations } from '../../src/storage/recent-operations.ts';
import { keyless } from '../support/events.ts';
import { probe, step, steps } from './latency-contract.ts';

const mebibyte = 1024 * 1024;
const receivedNs = 2_000_000_000_000_000_000n;

test('what is learnt stays within its share of the memory', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  for (let n = 0; n < 400; n += 1) {
    const service = `s-${n % 150}`;
    const durations = Array.from({ length: 10 }, (_, k) => 1e6 * 1.3 ** ((n + k) % 40));
    const events = durations.map((durationNs, k) => step(n % 5, k, { service, durationNs }));
    await storage.append(keyless(events), receivedNs);
    assert.ok(((await storage.statistics()).bytes as number) <= mebibyte);
  }
  // Room for the operations that were used last.
  await storage.append(keyless(steps(0, 40, { service: 'last' })), receivedNs);
  assert.equal((await probe(storage, 1, { service: 'last' }))?.baselineCount, 40);
});

test('events that are given up for room have been learnt all the same', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte });
  for (let part = 0; part < 40; part += 1) {
    const tags = { text: 'x'.repeat(2000) };
    const events = Array.from({ length: 20 }, (_, n) => step(0, part * 20 + n, { tags }));
    await storage.append(keyless(events), receivedNs);
  }
  assert.ok((await storage.statistics()).evictedTraces > 0);
  assert.equal((await probe(storage, 1))?.baselineCount, 800);
});

test('switched off, memory judges and learns nothing', async () => {
  const storage = openMemoryStorage({ maxBytes: mebibyte, anomalyDetection: false });
  await storage.append(keyless(steps(0, 40)), receivedNs);
  assert.equal(await probe(storage, 1), null);
  assert.equal((await storage.latencyVerdicts('probe-1', 10)).unjudgedCount, 0);
});

test('too many operations: a new one waits until an old one is out of use', () => {
  const operations = new RecentOperations<string>(2);
  const use = (key: string, hour: number) => operations.use(key, hour, () => `of ${key}`);
  assert.equal(use('a', 100), 'of a');
  assert.equal(use('b', 100), 'of b');
  assert.equal(use('c', 100), null);
  assert.equal(use('a', 300), 'of a');
  assert.equal(use('c', 435), null);
  assert.equal(use('c', 436), 'of c', 'nobody used b for 14 days');
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => operations.get(key)),
    ['of a', null, 'of c'],
  );
  assert.equal(use('b', 436), null);
});
