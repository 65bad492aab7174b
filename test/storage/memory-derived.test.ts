import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { analyseAll } from '../support/analyser.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const SITES = 32;
/** An issue takes more on the heap; see src/storage/memory/derived/issue-book.ts. */
const ISSUE_BYTES_LEAST = 500;

test('issues count towards the memory, and leave it with their traces', async () => {
  const storage = openMemoryStorage({ maxBytes: 64 * 1024 * 1024 });
  const bytes = async () => (await storage.statistics()).bytes ?? 0;
  const before = await bytes();
  const events = ['one', 'two'].flatMap((trace, when) =>
    Array.from({ length: SITES }, (_, place) =>
      wireEvent({
        trace,
        at: when * 60_000 + place,
        kind: 'StateChange',
        payload: access('db:x', 'Write', { location: `a.ts:${place}` }),
      }),
    ),
  );
  await storage.append(keyless(records(events.slice(0, SITES))), receivedNs);
  await analyseAll(storage);
  const alone = await bytes();
  await storage.append(keyless(records(events.slice(SITES))), receivedNs);
  await analyseAll(storage);
  const pairs = (SITES * (SITES + 1)) / 2;
  assert.ok((await bytes()) - alone > pairs * ISSUE_BYTES_LEAST);
  await storage.eraseTraces(['one', 'two']);
  assert.equal(await bytes(), before);
});

test('what is found out makes room for itself by giving up traces', async () => {
  const maxBytes = 1024 * 1024;
  const storage = openMemoryStorage({ maxBytes });
  for (let trace = 0; trace < 150; trace += 1) {
    const events = Array.from({ length: SITES }, (_, place) =>
      wireEvent({
        trace: `t-${trace}`,
        at: trace * 60_000 + place,
        kind: 'StateChange',
        payload: access(`db:${trace}.${place}`, 'Write', { location: `a.ts:${place}` }),
      }),
    );
    await storage.append(keyless(records(events)), receivedNs);
  }
  const before = await storage.statistics();
  assert.equal(before.evictedTraces, 0);
  await analyseAll(storage);
  const after = await storage.statistics();
  assert.ok((after.bytes as number) <= maxBytes, `${after.bytes} bytes are used`);
  assert.equal(after.evictedTraces + after.traceCount, 150);
  assert.ok(after.evictedTraces > 0, 'nothing was given up');
  assert.ok(after.traceCount > 0, 'no trace is left');
});
