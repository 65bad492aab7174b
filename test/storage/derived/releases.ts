import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Finding } from '../../../src/domain/findings/finding.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { keyless } from '../../support/events.ts';
import { analyse, compare, eventsOf, finding, subject } from './records.ts';

const x = subject('x');

/** A finding whose two events say so of the releases of their services. */
function released(
  traceId: string,
  atNs: bigint,
  ...said: readonly (string | undefined)[]
): Finding {
  const found = finding(x, [traceId], { atNs });
  const [one, two] = found.witness.events.map((event, place) => {
    const release = said[place];
    return release === undefined ? event : { ...event, service: `s${place}`, release };
  });
  assert.ok(one !== undefined && two !== undefined);
  return { ...found, witness: { ...found.witness, events: [one, two] } };
}

/** What every storage must say of the releases in which an issue was seen. */
export function testReleases(fresh: (t: TestContext) => Promise<Storage>): void {
  async function add(storage: Storage, atMs: number, found: Readonly<Record<string, Finding>>) {
    const traceIds = Object.keys(found);
    await storage.append(keyless(eventsOf(traceIds)), BigInt(atMs) * 1_000_000n);
    const parts = Object.entries(found).map(([id, one]) => [id, { findings: [one] }] as const);
    await analyse(storage, new Map(parts));
    await compare(storage);
  }

  async function seen({ derived }: Storage) {
    const issue = await derived.issue(x.fingerprint);
    const textOf = (releases: readonly { service: string; release: string }[] = []) =>
      releases.map(({ service, release }) => `${service} ${release}`).join(', ');
    return [textOf(issue?.firstReleases), textOf(issue?.lastReleases)];
  }

  test('an issue has the releases of its first finding and of its last one', async (t) => {
    const storage = await fresh(t);
    await add(storage, 1000, { b: released('b', 20n, '1.1', '7') });
    assert.deepEqual(await seen(storage), ['s0 1.1, s1 7', 's0 1.1, s1 7']);
    await add(storage, 1000, {
      a: released('a', 10n, '1.0'),
      c: released('c', 30n, '2.0', '__proto__'),
    });
    assert.deepEqual(await seen(storage), ['s0 1.0', 's0 2.0, s1 __proto__']);
    // Of two at one time the owner decides, in every storage alike.
    await add(storage, 1000, { d: released('d', 30n, '3.0'), aa: released('aa', 10n, '4.0') });
    assert.deepEqual(await seen(storage), ['s0 1.0', 's0 3.0']);
    await storage.eraseTraces(['a', 'd']);
    assert.deepEqual(await seen(storage), ['s0 4.0', 's0 2.0, s1 __proto__']);
    await add(storage, 1000, { e: released('e', 40n) });
    assert.deepEqual((await seen(storage))[1], '');
    const [listed] = await storage.derived.issuesOfTraces(['c'], 1);
    assert.deepEqual(listed, {
      ...(await storage.derived.issue(x.fingerprint)),
      witnesses: listed?.witnesses,
    });
  });

  test('what was resolved says in which release it came back', async (t) => {
    const storage = await fresh(t);
    await add(storage, 1000, { a: released('a', 10n, '1.0') });
    const author = { by: 'ann', atMs: 2000 };
    await storage.derived.triage.change(x.fingerprint, { state: 'resolved' }, author);
    await add(storage, 3000, { b: released('b', 20n, '1.4', '7') });
    const triage = (await storage.derived.issue(x.fingerprint))?.disposition.triage;
    assert.deepEqual(
      [triage?.state, triage?.regressedMs, triage?.regressedReleases],
      [
        'open',
        3000,
        [
          { service: 's0', release: '1.4' },
          { service: 's1', release: '7' },
        ],
      ],
    );
  });
}
