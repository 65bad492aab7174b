/** A disk that fails for a while, and a folder that is opened with less memory. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readBatch } from '../../src/domain/event/batch.ts';
import { limits } from '../../src/domain/limits.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { everything } from '../../src/domain/trace/trace-selection.ts';
import { selectedTraces } from '../../src/storage/erasure.ts';
import { entryBytes, readEntry } from '../../src/storage/memory/journal/entry-code.ts';
import { SharedTurns } from '../../src/storage/shared-turns.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { keptFolder, openFailing, openKept } from '../support/kept-memory.ts';
import { recordedTraces } from '../support/recordings.ts';

const mebibyte = 1024 * 1024;
const unavailable = { code: 'unavailable' };

function folder(t: TestContext): string {
  const directory = keptFolder();
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function one(trace: string) {
  return keyless(records([wireEvent({ trace })]));
}

async function tracesOf(storage: Storage): Promise<readonly string[]> {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 1000 });
  return traces.map(({ traceId }) => traceId).sort();
}

for (const how of ['eraseTrace', 'eraseExpired'] as const) {
  test(`${how}: what the disk did not let go is let go with the next that it takes`, async (t) => {
    const directory = folder(t);
    const { storage, disk } = await openFailing(directory);
    await storage.append(one('gone'), 1n);
    await storage.append(one('stays'), 5n);
    disk.fails = true;
    const erasing =
      how === 'eraseTrace' ? storage.eraseTrace('gone') : storage.eraseExpired(2n, 10);
    await assert.rejects(erasing, unavailable);
    // Who tries again by selection is told that it is not done, and not that there is nothing.
    await assert.rejects(selectedTraces(storage, everything).next(), unavailable);
    await assert.rejects(storage.ready(), unavailable);
    await assert.rejects(storage.append(one('refused'), 6n), unavailable);
    disk.fails = false;
    await storage.ready();
    await storage.append(one('later'), 7n);
    await storage.close();
    const reopened = await openKept(directory);
    assert.deepEqual(await tracesOf(reopened), ['later', 'stays']);
    await reopened.close();
  });
}

test('an erasure that fails leaves what comes after it', async (t) => {
  const directory = folder(t);
  const { storage, disk } = await openFailing(directory);
  await storage.append(one('trace'), 1n);
  disk.fails = true;
  await assert.rejects(storage.eraseTrace('trace'), unavailable);
  disk.fails = false;
  const events = records([wireEvent({ trace: 'trace', at: 9 })]);
  await storage.append(keyless(events), 2n);
  await storage.close();
  const reopened = await openKept(directory);
  assert.equal((await reopened.events('trace', null, 10)).length, 1);
  await reopened.close();
});

test('what was said of an issue while the disk failed is kept later, and hinders no erasure', async (t) => {
  const directory = folder(t);
  const { storage, disk } = await openFailing(directory);
  for (const events of recordedTraces('ts-race')) {
    await storage.append(keyless(records(events)), 1n);
  }
  await analyseAll(storage);
  const [issue] = (await storage.derived.issues(everyIssue)).issues;
  assert.ok(issue !== undefined);
  const author = { by: 'ann', atMs: 1_700_000_000_000 };
  const change = { state: 'ignored', note: 'by design' } as const;
  disk.fails = true;
  await assert.rejects(
    storage.derived.triage.change(issue.fingerprint, change, author),
    unavailable,
  );
  disk.fails = false;
  assert.equal(await storage.eraseTrace('no such trace'), null);
  const said = await storage.derived.triage.of(issue.fingerprint);
  await storage.close();
  const reopened = await openKept(directory);
  await analyseAll(reopened);
  assert.deepEqual(await reopened.derived.triage.of(issue.fingerprint), said);
  await reopened.close();
});

test('opened with less memory: what fits of a large append is there, the rest is given up for good', async (t) => {
  const directory = folder(t);
  const storage = await openKept(directory);
  const sized = (trace: string, characters: number) => {
    const payload = { name: 'x', data: 'y'.repeat(characters) };
    return records([wireEvent({ trace, kind: 'Custom', payload })]);
  };
  const large = [...sized('large', 900_000), ...sized('large', 900_000)];
  const append = keyless(sized('first', 300_000), large, sized('last', 300_000));
  await storage.append(append, 1n);
  await storage.close();
  const small = await openKept(directory, { maxBytes: mebibyte });
  const left = await tracesOf(small);
  assert.ok(left.includes('last') && !left.includes('large'), left.join());
  await small.append(one('new'), 2n);
  const before = await tracesOf(small);
  await small.close();
  const reopened = await openKept(directory);
  assert.deepEqual(await tracesOf(reopened), before);
  await reopened.close();
});

test('an event of as many values as a request may hold is read again, said in full', () => {
  const data = '0,'.repeat(limits.valuesPerRequest - 22);
  const { causality_vector: _vector, lock_set: _locks, ...bare } = wireEvent({ kind: 'Custom' });
  const event = { ...bare, kind: { Custom: { name: 'x', data: 0 } } };
  const body = JSON.stringify({ events: [event] }).replace('"data":0', `"data":[${data}0]`);
  const events = readBatch(Buffer.from(body))?.events ?? [];
  assert.equal(events.length, 1);
  const bytes = entryBytes({ place: 0, receivedNs: 1n, keyName: null, events });
  assert.equal(readEntry(bytes).events[0]?.payload, events[0]?.payload);
});

test('turns never overlap, and who asks during one is told of one that began later', async () => {
  const begun: (() => void)[] = [];
  const turns = new SharedTurns(() => new Promise<void>((resolve) => begun.push(resolve)));
  const settled: string[] = [];
  const first = turns.take().then(() => settled.push('first'));
  await Promise.resolve();
  await Promise.resolve();
  const others = [turns.take(), turns.take()].map((turn) => turn.then(() => settled.push('other')));
  await new Promise(setImmediate);
  assert.equal(begun.length, 1);
  begun[0]?.();
  await first;
  await new Promise(setImmediate);
  assert.deepEqual([begun.length, ...settled], [2, 'first']);
  begun[1]?.();
  await Promise.all(others);
});
