import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { noRules } from '../../../src/domain/findings/finding-rules.ts';
import type { TriageChange } from '../../../src/domain/findings/triage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import { keyless, records, wireEvent } from '../../support/events.ts';
import { analyse, compare, finding, footprint, subject } from './records.ts';

const x = subject('x');
const y = subject('y');
/** On the next day: what a storage has sealed goes with its day. */
const laterNs = 2n * 86_400_000_000_000n;

/** What every storage must do about the traces that pins keep. */
export function testPins(fresh: (t: TestContext) => Promise<Storage>): void {
  /** `a` and `b` race for `x`, and `b` with `c` for `y`; `d` races for nothing. */
  async function filled(t: TestContext): Promise<Storage> {
    const storage = await fresh(t);
    await append(storage, 'small', 'a', 'b', 'c', 'd');
    await analyse(storage, {
      b: { findings: [finding(x, ['a', 'b']), finding(y, ['b', 'c'])] },
    });
    await compare(storage);
    return storage;
  }

  async function append(storage: Storage, payload: string, ...traceIds: readonly string[]) {
    const kind = 'Custom';
    const events = traceIds.map((trace) =>
      wireEvent({ trace, kind, payload: { name: 'x', data: payload } }),
    );
    await storage.append(keyless(records(events)), 1_000_000_000n);
  }

  function judge({ derived }: Storage, about: typeof x, change: TriageChange) {
    return derived.triage.change(about.fingerprint, change, { by: 'ann', atMs: 2000 });
  }

  async function held({ derived }: Storage, about: typeof x) {
    const triage = (await derived.triage.of(about.fingerprint))?.triage;
    return [triage?.isPinned, triage?.pin?.traces.map(({ traceId }) => traceId).sort() ?? null];
  }

  async function left(storage: Storage): Promise<readonly string[]> {
    const ids = ['a', 'b', 'c', 'd'];
    const found = await Promise.all(ids.map((id) => storage.trace(id)));
    return ids.filter((_, place) => found[place] !== null);
  }

  test('retention leaves the witnesses of a pinned issue alone until it is let go', async (t) => {
    const storage = await filled(t);
    await judge(storage, x, { isPinned: true, note: 'look here' });
    assert.deepEqual(await held(storage, x), [true, ['a', 'b']]);
    // Of few at a time the first are not those that stay.
    while ((await storage.eraseExpired(laterNs, 1)).traces > 0);
    assert.deepEqual(await left(storage), ['a', 'b']);
    assert.equal((await storage.derived.issue(x.fingerprint))?.disposition.triage?.isPinned, true);
    const [pin, ...others] = await storage.derived.triage.pins();
    assert.deepEqual(pin?.traces.map(({ traceId }) => traceId).sort(), ['a', 'b']);
    assert.deepEqual(others, []);
    const { pinned } = await storage.statistics();
    assert.equal(pinned.traces, 2);
    assert.ok(pinned.bytes > 100);
    await judge(storage, x, { isPinned: false });
    assert.deepEqual(await held(storage, x), [false, null]);
    await storage.eraseExpired(laterNs, 10);
    assert.deepEqual(await left(storage), []);
    assert.deepEqual((await storage.statistics()).pinned, { traces: 0, bytes: 0 });
  });

  test('what two pins hold stays until both are gone, and counts once', async (t) => {
    const storage = await filled(t);
    await judge(storage, x, { isPinned: true });
    await judge(storage, y, { isPinned: true });
    assert.equal((await storage.statistics()).pinned.traces, 3);
    await judge(storage, x, { isPinned: false });
    await storage.eraseExpired(laterNs, 10);
    assert.deepEqual(await left(storage), ['b', 'c']);
    // What somebody says later lets nothing go.
    await judge(storage, y, { state: 'resolved', isPinned: true });
    assert.deepEqual(await held(storage, y), [true, ['b', 'c']]);
  });

  test('whoever erases a pinned trace erases it', async (t) => {
    const storage = await filled(t);
    await judge(storage, y, { isPinned: true });
    await storage.eraseTraces(['c']);
    assert.deepEqual(await left(storage), ['a', 'b', 'd']);
    assert.equal((await storage.statistics()).pinned.traces, 1);
    await storage.eraseTraces(['b']);
    assert.deepEqual(await left(storage), ['a', 'd']);
    assert.deepEqual((await storage.statistics()).pinned, { traces: 0, bytes: 0 });
  });

  test('what is pinned for an issue that is not found any more is let go, in time', async (t) => {
    const storage = await filled(t);
    await judge(storage, x, { isPinned: true });
    await append(storage, 'other', 'b');
    await storage.derived.triage.settle(3000, noRules);
    assert.deepEqual(await held(storage, x), [true, ['a', 'b']]);
    const footprints = [footprint('b', 'other', 1n)];
    await analyse(storage, { b: { findings: [finding(y, ['b', 'c'])], footprints } });
    await storage.derived.triage.settle(3000, noRules);
    await compare(storage);
    await storage.derived.triage.settle(4000, noRules);
    assert.equal((await storage.statistics()).pinned.traces, 0);
    await append(storage, 'again', 'b');
    await analyse(storage, { b: { findings: [finding(x, ['a', 'b'])] } });
    const found = await storage.derived.triage.of(x.fingerprint);
    assert.deepEqual(found?.history.at(-1), {
      atMs: 4000,
      by: null,
      cause: 'fingerprint',
      changed: { isPinned: false },
    });
  });

  test('what no trace shows is refused, and nothing is said then', async (t) => {
    const storage = await fresh(t);
    const doubtful = subject('z');
    await append(storage, 'small', 'a');
    const sites = [{ access_type: 'Read' }, {}] as const;
    await analyse(storage, { a: { footprints: [footprint('a', 'z', 1n, {}, sites)] } });
    await append(storage, 'small', 'b');
    await analyse(storage, { b: { footprints: [footprint('b', 'z', 1n, {}, sites)] } });
    await compare(storage);
    const page = await storage.derived.issues({ ...everyIssue, variable: 'z' });
    const [possible = null] = page.issues;
    assert.equal(possible?.evidence, 'E0');
    const about = { ...doubtful, fingerprint: possible.subject.fingerprint };
    await assert.rejects(judge(storage, about, { isPinned: true, note: 'said' }), {
      code: 'bad_request',
      message: 'pinned: no stored trace shows this race, so that there is nothing to keep',
    });
    assert.equal(await storage.derived.triage.of(about.fingerprint), null);
  });
}
