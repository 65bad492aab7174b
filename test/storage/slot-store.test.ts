import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Slot, SlotStore } from '../../src/storage/memory/bytes/slot-store.ts';
import { TextStore } from '../../src/storage/memory/bytes/text-store.ts';

test('entries are read as they were put, whatever is freed and put between', () => {
  const sizes = fc.oneof(fc.nat(300), fc.nat(20_000));
  const steps = fc.array(fc.record({ size: sizes, freed: fc.option(fc.nat()) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const store = new SlotStore();
      const kept: { slot: Slot; entry: Buffer }[] = [];
      for (const [step, { size, freed }] of list.entries()) {
        const entry = Buffer.alloc(size, step);
        kept.push({ slot: store.put(entry), entry });
        if (freed === null) continue;
        const [gone] = kept.splice(freed % kept.length, 1);
        if (gone !== undefined) store.free(gone.slot);
      }
      for (const { slot, entry } of kept) assert.deepEqual(store.read(slot), entry);
      for (const { slot } of kept) store.free(slot);
      assert.equal(store.bytes, 0);
    }),
  );
});

test('a freed place is used again, and counts little more than what is in it', () => {
  const store = new SlotStore();
  const first = store.put(Buffer.alloc(1000));
  const second = store.put(Buffer.alloc(1000));
  const { bytes } = store;
  assert.ok(bytes < 2 * 1200, `${bytes} bytes are counted`);
  store.free(first);
  const third = store.put(Buffer.alloc(1000));
  assert.equal(third.page, second.page);
  assert.equal(third.at, first.at);
  assert.equal(store.bytes, bytes);
});

test('texts are read as they were put', () => {
  const store = new TextStore(() => true);
  const texts = ['', 'ascii', 'ä€😀', '{"a":"\\n"}'.repeat(2000)];
  const slot = store.put(texts);
  assert.deepEqual(store.read(slot), texts);
  assert.ok(store.bytes < 1000, `${store.bytes} bytes are counted`);
  store.free(slot);
  assert.equal(store.bytes, 0);
  assert.deepEqual(store.read(store.put([])), []);
});
