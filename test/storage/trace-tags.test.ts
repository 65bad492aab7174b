import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceTags } from '../../src/storage/memory/list/trace-tags.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { analyse, append } from './derived/records.ts';

test('tags take bytes as long as they are there, each text once', () => {
  const tags = new TraceTags();
  tags.write(0, ['user:1', 'tenant:a']);
  const one = tags.bytes;
  assert.ok(one > 0);
  tags.write(1, ['user:1', 'tenant:a']);
  assert.ok(tags.bytes < 2 * one);
  tags.write(1, ['user:1']);
  assert.equal(tags.test(['user:1'])(1), true);
  assert.equal(tags.test(['user:1', 'tenant:a'])(1), false);
  for (const slot of [0, 1]) tags.write(slot, []);
  assert.equal(tags.bytes, 0);
});

test('tags count as memory: traces are given up for those of others', async (t) => {
  const maxBytes = 1024 * 1024;
  const storage = openMemoryStorage({ maxBytes });
  t.after(() => storage.close());
  const traceIds = Array.from({ length: 20 }, (_, number) => `t${number}`);
  for (const traceId of traceIds) {
    await append(storage, traceId);
    const tags = Array.from(
      { length: 256 },
      (_, number) => `${traceId}-${number}:${'v'.repeat(200)}`,
    );
    await analyse(storage, { [traceId]: { tags } });
    const { bytes } = await storage.statistics();
    assert.ok(Number(bytes) <= maxBytes, String(bytes));
  }
  const { traceCount } = await storage.statistics();
  assert.ok(traceCount > 0 && traceCount < traceIds.length, String(traceCount));
});
