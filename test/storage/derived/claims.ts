import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RESTING_EVENTS } from '../../../src/storage/derived.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { Backend } from '../../support/backends.ts';
import { keyless, records, wireEvent } from '../../support/events.ts';
import {
  analyse,
  append,
  compare,
  comparisonRecord,
  EVERYTHING,
  finding,
  footprint,
  subject,
  traceRecord,
} from './records.ts';

/** Each trace of a letter accesses the same variable, so that it has something to be compared with. */
const accesses = new Map(
  [...'abcdefgh'].map((id) => [id, { footprints: [footprint(id, 'db:x', 1n)] }]),
);

type Ids = readonly { readonly traceId: string }[];

/** Which traces are claimed; the order of claims is not promised. */
function idsOf(claims: Ids): string {
  return claims
    .map(({ traceId }) => traceId)
    .sort()
    .join('');
}

/** What every storage must do about who analyses and compares what. */
export function testClaims(backend: Backend, fresh: (t: TestContext) => Promise<Storage>): void {
  async function marked(t: TestContext, ...traceIds: readonly string[]) {
    const storage = await fresh(t);
    await append(storage, ...traceIds);
    return { storage, derived: storage.derived };
  }

  test('each marked trace is handed out once, with what there is of it', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b', 'b', 'c');
    const first = await derived.claimTraces('me', 2, null);
    assert.equal(first.length, 2);
    const rest = await derived.claimTraces('you', EVERYTHING, null);
    assert.deepEqual(await derived.claimTraces('me', EVERYTHING, null), []);
    const claims = [...first, ...rest].sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
    assert.deepEqual(
      claims.map(({ traceId, eventCount }) => [traceId, eventCount]),
      [
        ['a', 1],
        ['b', 2],
        ['c', 1],
      ],
    );
    assert.deepEqual(await derived.claimTraces('me', 0, null), []);
    await storage.eraseTraces(['a', 'b', 'c']);
    assert.deepEqual(await derived.claimTraces('me', EVERYTHING, null), []);
  });

  test('traces of more events than asked for are left alone', async (t) => {
    const { derived } = await marked(t, 'a', 'b', 'b', 'b', 'c', 'c');
    assert.equal(idsOf(await derived.claimTraces('me', EVERYTHING, 2)), 'ac');
    assert.equal(idsOf(await derived.claimTraces('me', EVERYTHING, null)), 'b');
  });

  test('traces to compare are chosen by the variables that they accessed', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b', 'c');
    await analyse(storage, {
      a: { footprints: [footprint('a', 'db:x', 1n)] },
      b: { footprints: [footprint('b', 'db:x', 1n), footprint('b', 'db:y', 1n)] },
      c: { footprints: [footprint('c', 'db:x', 1n)] },
    });
    const choice = (hasOne: boolean) => ({ variables: ['db:y', 'db:unknown'], hasOne });
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, choice(true))), 'b');
    assert.equal(idsOf(await derived.claimComparisons('me', 1, choice(false))).length, 1);
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, choice(false))).length, 1);
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, null)), '');
  });

  test('claims come back from those who give them back, and from nobody else', async (t) => {
    const { derived } = await marked(t, 'a', 'b', 'c');
    const mine = await derived.claimTraces('me', 2, null);
    const yours = await derived.claimTraces('__proto__', EVERYTHING, null);
    await derived.releaseClaims('unknown');
    assert.deepEqual(await derived.claimTraces('me', EVERYTHING, null), []);
    await derived.releaseClaims('__proto__');
    assert.equal(idsOf(await derived.claimTraces('third', EVERYTHING, null)), idsOf(yours));
    await derived.recordTraces(
      'me',
      mine.map((claim) => traceRecord(claim, accesses.get(claim.traceId))),
    );
    await derived.recordTraces(
      '__proto__',
      yours.map((claim) => traceRecord(claim, accesses.get(claim.traceId))),
    );
    await derived.releaseClaims('third');
    assert.equal(idsOf(await derived.claimTraces('me', EVERYTHING, null)), idsOf(yours));
  });

  test('a claim that runs out is handed out again, and what its first holder brings is left out', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b');
    const mine = await derived.claimTraces('me', EVERYTHING, null);
    await backend.letClaimsRunOut(storage, t);
    const yours = await derived.claimTraces('you', EVERYTHING, null);
    assert.equal(idsOf(yours), 'ab');
    const records = mine.map((claim) => traceRecord(claim, { ownSpans: ['late'] }));
    assert.deepEqual(await derived.recordTraces('me', records), {
      spans: [],
      traceIds: [],
      left: [],
    });
    assert.equal(await derived.backlog(EVERYTHING), 2);
    assert.deepEqual(await derived.linkedTraces('c', { own: [], missing: ['late'] }), []);
    await derived.recordTraces(
      'you',
      yours.map((claim) => traceRecord(claim, accesses.get(claim.traceId))),
    );
    const compared = await derived.claimComparisons('me', EVERYTHING, null);
    await backend.letClaimsRunOut(storage, t);
    assert.equal(idsOf(await derived.claimComparisons('you', EVERYTHING, null)), 'ab');
    await derived.recordComparisons(
      'me',
      compared.map((claim) => comparisonRecord(claim)),
      [],
    );
    assert.equal(await derived.backlog(EVERYTHING), 2);
  });

  test('a claim that ran out still holds while nobody else has it', async (t) => {
    const { storage, derived } = await marked(t, 'a');
    const claims = await derived.claimTraces('me', EVERYTHING, null);
    await backend.letClaimsRunOut(storage, t);
    await derived.recordTraces(
      'me',
      claims.map((claim) => traceRecord(claim, accesses.get(claim.traceId))),
    );
    assert.deepEqual(await derived.claimTraces('me', EVERYTHING, null), []);
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, null)), 'a');
  });

  test('what changes while it is analysed is analysed again', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b', 'c');
    const claims = await derived.claimTraces('me', EVERYTHING, null);
    await append(storage, 'a');
    await derived.regroup({ spans: [], traceIds: ['b', 'unknown'] });
    await derived.recordTraces(
      'me',
      claims.map((claim) => traceRecord(claim, accesses.get(claim.traceId))),
    );
    // What is to be analysed again is not compared before.
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, null)), 'c');
    const again = await derived.claimTraces('me', EVERYTHING, null);
    assert.equal(idsOf(again), 'ab');
    assert.equal(again.find(({ traceId }) => traceId === 'a')?.eventCount, 2);
    await derived.recordTraces(
      'me',
      again.map((claim) => traceRecord(claim, accesses.get(claim.traceId))),
    );
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, null)), 'ab');
  });

  test('a large trace rests between two analyses, is compared meanwhile, and is behind', async (t) => {
    const { storage, derived } = await marked(t);
    const grow = (count: number) => append(storage, ...Array.from({ length: count }, () => 'a'));
    const claims = async () =>
      (await derived.claimTraces('me', EVERYTHING, null)).map(({ eventCount }) => eventCount);
    const compares = async () => idsOf(await derived.claimComparisons('me', EVERYTHING, null));
    await grow(RESTING_EVENTS);
    await analyse(storage, accesses);
    await grow(1);
    assert.deepEqual(await claims(), []);
    assert.equal(await derived.backlog(EVERYTHING), 2);
    await compare(storage);
    assert.deepEqual(await claims(), []);
    assert.equal(await derived.backlog(EVERYTHING), 1);
    await backend.letClaimsRunOut(storage, t);
    assert.deepEqual(await claims(), [RESTING_EVENTS + 1]);
    await derived.releaseClaims('me');
    await analyse(storage, accesses);
    // A changed group does not wait, and it is not compared before.
    await derived.regroup({ spans: [], traceIds: ['a'] });
    assert.equal(await compares(), '');
    await analyse(storage, accesses);
    await compare(storage);
    // What has grown to twice its size does not wait either.
    await grow(RESTING_EVENTS);
    assert.deepEqual(await claims(), []);
    await grow(1);
    assert.equal(await compares(), '');
    assert.deepEqual(await claims(), [2 * (RESTING_EVENTS + 1)]);
    // Given back, it may be taken at once.
    await derived.releaseClaims('me');
    assert.deepEqual(await claims(), [2 * (RESTING_EVENTS + 1)]);
  });

  test('a record that names an erased trace is left out whole, however much it holds', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b');
    const claims = await derived.claimTraces('me', EVERYTHING, null);
    await storage.eraseTraces(['b']);
    const sites = Array.from({ length: 200 }, (_, place) => ({ location: `a.ts:${place}` }));
    const left = {
      group: ['a', 'b'],
      ownSpans: ['s'],
      footprints: ['x', 'y'].map((variable) => footprint('a', variable, 1n, {}, sites)),
    };
    const records = claims.map((claim) => traceRecord(claim, left));
    assert.deepEqual(await derived.recordTraces('me', records), {
      spans: [],
      traceIds: [],
      left: [],
    });
    assert.deepEqual(await derived.footprints(['a']), []);
    assert.deepEqual(await derived.topVariables(EVERYTHING), []);
    assert.equal(idsOf(await derived.claimTraces('you', EVERYTHING, null)), 'a');
  });

  test('an analysed trace is compared, and those that met it when they did not see it', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b');
    await analyse(storage, accesses);
    const spreading = await derived.claimComparisons('me', EVERYTHING, null);
    assert.deepEqual(
      spreading.map(({ spreads }) => spreads),
      [true, true],
    );
    // Both had been analysed before the comparisons were claimed: neither is new to the other.
    await derived.recordComparisons(
      'me',
      spreading.map((claim) => comparisonRecord(claim)),
      [
        { traceIds: ['a'], changedIds: ['b'] },
        { traceIds: ['b'], changedIds: ['a'] },
      ],
    );
    assert.equal(await derived.backlog(EVERYTHING), 0);
    await append(storage, 'b');
    await analyse(storage, accesses);
    await compare(storage, {}, [
      { traceIds: ['a'], changedIds: ['b'] },
      { traceIds: ['unknown'], changedIds: ['b'] },
      { traceIds: ['a'], changedIds: ['unknown'] },
    ]);
    const met = await derived.claimComparisons('me', EVERYTHING, null);
    assert.deepEqual(
      met.map(({ traceId, spreads }) => [traceId, spreads]),
      [['a', false]],
    );
    // Meetings alone mark too, and a mark that moved on meanwhile stays.
    await append(storage, 'b');
    await analyse(storage, accesses);
    await derived.recordComparisons('me', [], [{ traceIds: ['a'], changedIds: ['b'] }]);
    await derived.recordComparisons(
      'me',
      met.map((claim) => comparisonRecord(claim)),
      [],
    );
    assert.equal(idsOf(await derived.claimComparisons('me', EVERYTHING, null)), 'ab');
  });

  test('what came last is handed out first, and some of what waits longest', async (t) => {
    const { storage, derived } = await marked(t);
    for (const [place, trace] of [...'abcdefgh'].entries()) {
      const events = records([wireEvent({ trace, at: place })]);
      await storage.append(keyless(events), BigInt(place + 1) * 1_000_000_000n);
    }
    assert.equal(idsOf(await derived.claimTraces('me', 4, null)), 'afgh');
    assert.equal(idsOf(await derived.claimTraces('me', 2, null)), 'de');
    await derived.releaseClaims('me');
    assert.equal(idsOf(await derived.claimTraces('me', EVERYTHING, null)), 'abcdefgh');
    await derived.releaseClaims('me');
    await analyse(storage, accesses);
    assert.equal(idsOf(await derived.claimComparisons('me', 4, null)).length, 4);
  });

  test('a trace without variables is not compared, but for what a comparison left of it', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b', 'c', 'd');
    const compares = async () => idsOf(await derived.claimComparisons('me', EVERYTHING, null));
    await analyse(storage);
    assert.deepEqual(await derived.waiting(), { traces: 0, oldestMs: null });
    assert.equal(await derived.backlog(EVERYTHING), 0);
    assert.equal(await compares(), '');
    await append(storage, 'a', 'b', 'c');
    await analyse(storage, accesses);
    await compare(storage, {
      b: { findings: [finding(subject('db:x'), ['b', 'c'])] },
      c: { cuts: [{ limit: 'cycle_traces', variable: null }] },
    });
    assert.equal(await derived.backlog(EVERYTHING), 0);
    await append(storage, 'a', 'b', 'c', 'd');
    await analyse(storage);
    assert.equal((await derived.waiting()).traces, 2);
    assert.equal(await compares(), 'bc');
    await derived.releaseClaims('me');
    await compare(storage);
    assert.equal(await derived.backlog(EVERYTHING), 0);
    await append(storage, 'b', 'c');
    await analyse(storage);
    assert.deepEqual(await derived.waiting(), { traces: 0, oldestMs: null });
  });

  test('all that waits is counted once, with the time since when', async (t) => {
    const { storage, derived } = await marked(t);
    assert.deepEqual(await derived.waiting(), { traces: 0, oldestMs: null });
    await append(storage, 'a', 'b', 'c');
    const { traces, oldestMs } = await derived.waiting();
    assert.equal(traces, 3);
    await analyse(storage, accesses);
    assert.deepEqual(
      await derived.waiting(),
      { traces: 3, oldestMs },
      'as long as they are compared',
    );
    await append(storage, 'b');
    assert.equal((await derived.waiting()).traces, 3, 'one waits for both');
    await analyse(storage, accesses);
    await compare(storage);
    assert.deepEqual(await derived.waiting(), { traces: 0, oldestMs: null });
  });

  test('the backlog counts what waits for either, up to a limit', async (t) => {
    const { storage, derived } = await marked(t, 'a', 'b', 'c');
    assert.equal(await derived.backlog(EVERYTHING), 3);
    assert.equal(await derived.backlog(2), 2);
    assert.equal(await derived.backlog(0), 0);
    await derived.claimTraces('me', 1, null);
    assert.equal(await derived.backlog(EVERYTHING), 3, 'a claim is no answer');
    await derived.releaseClaims('me');
    await analyse(storage, accesses);
    assert.equal(await derived.backlog(EVERYTHING), 3, 'all are to be compared');
    await compare(storage);
    assert.equal(await derived.backlog(EVERYTHING), 0);
    await derived.recordTraces('me', []);
    await derived.recordComparisons('me', [], []);
    await derived.regroup({ spans: [], traceIds: [] });
    assert.equal(await derived.backlog(EVERYTHING), 0);
  });
}
