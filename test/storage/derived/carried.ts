import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TriageChange } from '../../../src/domain/findings/triage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { finding, stored, subject } from './records.ts';

const x = subject('x');
const y = subject('y');

/** What every storage must do about what was said on another server. */
export function testCarriedTriage(fresh: (t: TestContext) => Promise<Storage>): void {
  const say = ({ derived }: Storage, about: typeof x, change: TriageChange, atMs: number) =>
    derived.triage.change(about.fingerprint, change, { by: 'ann', atMs });
  const stateOf = async ({ derived }: Storage, about: typeof x) =>
    (await derived.issue(about.fingerprint))?.disposition.state;
  const author = { by: 'importer', atMs: 9000 };

  async function judged(t: TestContext): Promise<Storage> {
    const storage = await fresh(t);
    await stored(storage, { a: { findings: [finding(x, ['a']), finding(y, ['a'])] } });
    return storage;
  }

  test('what was said goes to another storage, whether the issue is known there or comes later', async (t) => {
    const from = await judged(t);
    await say(from, x, { state: 'ignored', note: 'known', isPinned: true }, 2000);
    await say(from, y, { state: 'resolved' }, 3000);
    const records = await from.derived.triage.records('', 10);
    const names = [x, y].map(({ fingerprint }) => fingerprint).sort();
    assert.deepEqual(
      records.map(({ fingerprint }) => fingerprint),
      names,
    );
    assert.deepEqual(await from.derived.triage.records(names[0] ?? '', 10), records.slice(1));
    assert.deepEqual(await from.derived.triage.records('', 1), records.slice(0, 1));

    const to = await fresh(t);
    await stored(to, { a: { findings: [finding(x, ['a'])] } });
    assert.equal(await to.derived.triage.merge(records, author), 2);
    assert.equal(await stateOf(to, x), 'ignored');
    assert.equal((await to.trace('a'))?.raceCount, 0);
    const taken = await to.derived.triage.of(x.fingerprint);
    assert.deepEqual([taken?.triage.note, taken?.triage.isPinned], ['known', false]);
    assert.deepEqual(taken?.history.at(-1), { ...author, cause: 'import', changed: {} });
    await to.derived.triage.merge(records, { ...author, atMs: 9999 });
    assert.deepEqual(await to.derived.triage.of(x.fingerprint), taken, 'again changes nothing');
    await stored(to, { b: { findings: [finding(y, ['b'])] } });
    const later = (await to.derived.issue(y.fingerprint))?.disposition;
    // Received after it was resolved there, and here.
    assert.deepEqual([later?.state, (later?.triage?.regressedMs ?? 0) > 9000], ['open', true]);
  });

  test('of two that were said the one that was changed last holds', async (t) => {
    const from = await judged(t);
    await say(from, x, { state: 'acknowledged' }, 5000);
    const records = await from.derived.triage.records('', 10);
    const to = await judged(t);
    await say(to, x, { state: 'ignored', isPinned: true }, 4000);
    assert.equal(await to.derived.triage.merge(records, author), 1);
    const { triage } = (await to.derived.issue(x.fingerprint))?.disposition ?? {};
    assert.deepEqual([triage?.state, triage?.isPinned], ['acknowledged', true]);
    await say(to, x, { state: 'open' }, 6000);
    assert.equal(await to.derived.triage.merge(records, author), 0);
    assert.equal(await stateOf(to, x), 'open');
  });
}
