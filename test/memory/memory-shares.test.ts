import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roomWithin } from '../../src/analysis/room.ts';
import { dealMemory } from '../../src/memory/memory-shares.ts';

const mebibyte = 1024 * 1024;
const bodyBytesMax = 16 * mebibyte;

test('all shares together fit into the memory of the process, and a report has a third at most', () => {
  const demands = fc.record({
    processMebibytes: fc.integer({ min: 768, max: 65_536 }),
    stored: fc.constantFrom(undefined, null, 64, 800, 100_000),
  });
  fc.assert(
    fc.property(demands, ({ processMebibytes, stored }) => {
      const processBytes = processMebibytes * mebibyte;
      const storedBytes = typeof stored === 'number' ? stored * mebibyte : stored;
      const shares = dealMemory({
        processBytes,
        bodyBytesMax,
        ...(storedBytes === undefined ? {} : { storedBytes }),
      });
      const { storedBytes: kept, analysisBytes, bodyBytes, replyBytes } = shares;
      const sum = kept + analysisBytes + 4 * bodyBytes + 3 * replyBytes;
      assert.ok(sum <= processBytes * 0.875, `${sum} of ${processBytes}`);
      assert.ok(analysisBytes <= processBytes / 3);
      assert.ok(bodyBytes > bodyBytesMax);
      assert.equal(kept === 0, storedBytes === undefined);
    }),
  );
});

test('what a small process cannot hold is less, and what a large one could is no more than it needs', () => {
  const small = dealMemory({ processBytes: 512 * mebibyte, bodyBytesMax, storedBytes: null });
  const large = dealMemory({ processBytes: 65_536 * mebibyte, bodyBytesMax, storedBytes: null });
  assert.ok(small.storedBytes < 128 * mebibyte);
  assert.equal(large.storedBytes, 512 * mebibyte);
  assert.deepEqual([small.heapGrowthPercent !== null, large.heapGrowthPercent], [true, null]);
  const room = roomWithin(small.analysisBytes);
  assert.ok(room.heapBytes < small.analysisBytes);
  assert.ok(room.groupEvents < 20_000);
  assert.equal(roomWithin(large.analysisBytes).groupEvents, 200_000);
});

test('an operator may have more or fewer events kept, within half of what the program leaves', () => {
  const deal = (storedBytes: number) =>
    dealMemory({ processBytes: 1024 * mebibyte, bodyBytesMax, storedBytes }).storedBytes;
  assert.equal(deal(10 * mebibyte), 10 * mebibyte);
  assert.equal(deal(380 * mebibyte), 380 * mebibyte);
  assert.equal(deal(900 * mebibyte), 380 * mebibyte);
});
