/** What pins keep in a memory that is full, and in one that a folder keeps. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { keptFolder, openKept } from '../support/kept-memory.ts';
import { analyse, compare, finding, subject } from './derived/records.ts';

const x = subject('x');
const receivedNs = 1_000_000_000n;
const author = { by: 'ann', atMs: 2000 };

/** One event of some KiB that packing leaves as long. */
function denseEvent(trace: string, kibibytes: number): EventRecord {
  const data = randomBytes(kibibytes * 768).toString('base64');
  const [event] = records([wireEvent({ trace, kind: 'Custom', payload: { name: 'dense', data } })]);
  return event as EventRecord;
}

async function pinned(storage: Storage, kibibytes: number): Promise<Storage> {
  await storage.append(keyless([denseEvent('a', kibibytes), denseEvent('b', 1)]), receivedNs);
  await analyse(storage, { b: { findings: [finding(x, ['a', 'b'])] } });
  await compare(storage);
  await storage.derived.triage.change(x.fingerprint, { isPinned: true }, author);
  return storage;
}

async function fill(storage: Storage, from: number): Promise<void> {
  for (let index = from; index < from + 200; index += 1) {
    await storage.append(keyless([denseEvent(`later-${index}`, 20)]), receivedNs);
  }
}

const isThere = async (storage: Storage, ...ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await storage.trace(id)) !== null));

test('a memory that is full gives up what is not pinned', async (t) => {
  const storage = await pinned(openMemoryStorage({ maxBytes: 1024 * 1024 }), 20);
  t.after(() => storage.close());
  await fill(storage, 0);
  assert.deepEqual(await isThere(storage, 'a', 'b', 'later-0'), [true, true, false]);
  assert.equal((await storage.derived.issue(x.fingerprint))?.witnesses.length, 1);
  const { bytes } = await storage.statistics();
  assert.ok((bytes ?? 0) <= 1024 * 1024);
  await storage.derived.triage.change(x.fingerprint, { isPinned: false }, author);
  await fill(storage, 200);
  assert.deepEqual(await isThere(storage, 'a', 'b'), [false, false]);
});

test('pins hold a quarter of a small memory, and what grows beyond goes like any other', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 1024 * 1024 });
  t.after(() => storage.close());
  await assert.rejects(pinned(storage, 300), /pinned: there is no room .* 256 KiB may be kept/);
  await storage.eraseTraces(['a', 'b']);
  await pinned(storage, 200);
  await fill(storage, 0);
  assert.deepEqual(await isThere(storage, 'a', 'b'), [true, true]);
  for (let n = 0; n < 6; n += 1) {
    await storage.append(keyless([denseEvent('a', 20)]), receivedNs);
  }
  await fill(storage, 200);
  assert.deepEqual(await isThere(storage, 'a'), [false]);
  assert.ok((await storage.statistics()).pinned.traces <= 1);
});

test('an append that fits beside no pin is refused with a sentence', async (t) => {
  const storage = await pinned(openMemoryStorage({ maxBytes: 1024 * 1024 }), 200);
  t.after(() => storage.close());
  const large = keyless(Array.from({ length: 46 }, () => denseEvent('large', 20)));
  await assert.rejects(storage.append(large, receivedNs), {
    code: 'too_large',
    message: /of which pinned traces take \d+\)$/,
  });
});

test('a folder that keeps the memory keeps its pins', async (t) => {
  const directory = keptFolder();
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  let storage = await pinned(await openKept(directory), 1);
  await storage.close();
  storage = await openKept(directory);
  assert.equal((await storage.statistics()).pinned.traces, 2);
  await storage.eraseExpired(receivedNs + 1n, 10);
  assert.deepEqual(await isThere(storage, 'a', 'b'), [true, true]);
  await storage.close();
});
