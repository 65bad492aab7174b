import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bundle, packAll } from '../../src/storage/memory/bytes/packing.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { WorkerThread } from '../../src/worker/worker-thread.ts';
import { keyless, records, wireEvent } from '../support/events.ts';

const mebibyte = 1024 * 1024;
const receivedNs = 2_000_000_000_000_000_000n;
const traceIds = Array.from({ length: 40 }, (_, index) => `t-${index}`);
const EVENTS = 20;
/** What some ten of these traces take unpacked. */
const UNPACKED_BYTES = 32 * 1024;

/** A thread that packs when it is told to. */
class Elsewhere {
  readonly #waiting: { bundle: Bundle; answer: (packed: Bundle) => void; fail: () => void }[] = [];

  readonly pack = (bundle: Bundle): Promise<Bundle> =>
    new Promise((answer, reject) => {
      this.#waiting.push({ bundle, answer, fail: () => reject(new Error('it ended')) });
    });

  /** Bundles that wait for an answer. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Answers until nothing more comes. */
  async answer(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next.answer(packAll(next.bundle));
      await new Promise(setImmediate);
    }
  }

  async fail(): Promise<void> {
    this.#waiting.shift()?.fail();
    await new Promise(setImmediate);
  }
}

function open(elsewhere: Elsewhere | null, unpackedBytesMax = UNPACKED_BYTES) {
  const packing = elsewhere === null ? {} : { packElsewhere: elsewhere.pack };
  const storage = openMemoryStorage({ maxBytes: 64 * mebibyte, unpackedBytesMax, ...packing });
  return {
    storage,
    async append(ids: readonly string[], part = 0) {
      for (const trace of ids) {
        const events = Array.from({ length: EVENTS }, (_, at) =>
          wireEvent({ trace, at: part * EVENTS + at }),
        );
        await storage.append(keyless(records(events)), receivedNs);
      }
    },
    bytes: async () => (await storage.statistics()).bytes as number,
    count: async (trace: string) => (await storage.events(trace, null, 1000)).length,
  };
}

test('what is packed elsewhere takes as little as what is packed on the spot', async () => {
  const elsewhere = new Elsewhere();
  const [there, here, plain] = [open(elsewhere), open(null), open(null, mebibyte)];
  const ids = traceIds.slice(0, 15);
  for (const { append } of [there, here, plain]) await append(ids);
  assert.equal(await there.bytes(), await plain.bytes(), 'it counts as unpacked until it is back');
  assert.equal(elsewhere.count, 1, 'one bundle is on its way at a time');
  await elsewhere.answer();
  const [bytesThere, bytesHere] = [await there.bytes(), await here.bytes()];
  const difference = Math.abs(bytesThere - bytesHere);
  assert.ok(difference < 1024, `${bytesThere} bytes, ${bytesHere} packed on the spot`);
  assert.ok(bytesThere < (await plain.bytes()), 'it takes less than unpacked');
  for (const trace of ids) assert.equal(await there.count(trace), EVENTS, `${trace} is whole`);
});

test('what is used or erased while it is packed elsewhere stays as it is', async () => {
  const elsewhere = new Elsewhere();
  const { storage, append, bytes, count } = open(elsewhere);
  await append(traceIds.slice(0, 15));
  assert.equal(elsewhere.count, 1, 'a bundle is on its way');
  const unpacked = await bytes();
  assert.equal(await count('t-0'), EVENTS, 'it is read');
  await append(['t-1'], 1);
  await storage.eraseTraces(['t-2']);
  await append(['t-2'], 2);
  await elsewhere.answer();
  assert.ok((await bytes()) < unpacked, 'the others are packed');
  assert.equal(await count('t-0'), EVENTS, 'as it was read');
  assert.equal(await count('t-1'), 2 * EVENTS, 'with what was added');
  const events = await storage.events('t-2', null, 100);
  assert.equal(events.length, EVENTS, 'without what was erased');
  assert.equal(events[0]?.timestamp, '2024-01-01T12:00:00.040000Z', 'what came after');
  await elsewhere.answer();
  await storage.eraseTraces(traceIds);
  assert.equal(await bytes(), 0, 'nothing is left in the count');
});

test('packing that falls behind is done on the spot', async () => {
  const elsewhere = new Elsewhere();
  const [behind, plain] = [open(elsewhere), open(null, mebibyte)];
  for (const { append } of [behind, plain]) await append(traceIds);
  assert.equal(elsewhere.count, 1, 'nothing came back');
  const saved = (await plain.bytes()) - (await behind.bytes());
  assert.ok(saved > UNPACKED_BYTES, `${saved} bytes less than unpacked`);
  await elsewhere.answer();
  for (const trace of traceIds) assert.equal(await behind.count(trace), EVENTS, trace);
});

test('a full storage gives up what is being packed', async () => {
  const elsewhere = new Elsewhere();
  const maxBytes = 256 * 1024;
  const storage = openMemoryStorage({ maxBytes, packElsewhere: elsewhere.pack });
  const ids = Array.from({ length: 400 }, (_, at) => `t-${at}`);
  for (const [at, trace] of ids.entries()) {
    await storage.append(keyless(records([wireEvent({ trace })])), receivedNs);
    const { bytes } = await storage.statistics();
    assert.ok((bytes as number) <= maxBytes, `${bytes} bytes`);
    if (at % 150 === 149) await elsewhere.answer();
  }
  assert.ok((await storage.statistics()).evictedTraces > 0, 'some were given up');
  await storage.eraseTraces(ids);
  await elsewhere.answer();
  assert.equal((await storage.statistics()).bytes, 0, 'nothing is left in the count');
});

test('packing goes on when the other thread ended, and ends with the storage', async () => {
  const elsewhere = new Elsewhere();
  const { storage, append, bytes } = open(elsewhere);
  await append(traceIds.slice(0, 15));
  await elsewhere.fail();
  assert.equal(elsewhere.count, 0, 'it is left alone until more comes');
  await append(traceIds.slice(15, 16));
  const before = await bytes();
  await elsewhere.answer();
  assert.ok((await bytes()) < before, 'the next bundle is packed');
  await append(traceIds.slice(16, 30));
  assert.equal(elsewhere.count, 1, 'a bundle is on its way');
  await storage.close();
  await elsewhere.answer();
  assert.equal(elsewhere.count, 0, 'nothing more is sent');
});

test('the thread of the analysis packs', async () => {
  const thread = new WorkerThread();
  const bytes = new Uint8Array(new SharedArrayBuffer(3000));
  bytes.set(Buffer.from('abc'.repeat(1000)));
  const bundle = { bytes, lengths: [1000, 2000] };
  try {
    const packed = await thread.run({ kind: 'pack', bundle }, true);
    const expected = packAll(bundle);
    assert.deepEqual(packed.lengths, expected.lengths, 'as long as on the spot');
    assert.equal(Buffer.compare(packed.bytes, expected.bytes), 0, 'and the same bytes');
  } finally {
    await thread.close();
  }
});
