import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Cut, RecordLimit } from '../../src/domain/trace/trace-record.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { footprint } from './derived/records.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const empty = { findings: [], subjects: [] };

/** By trace one limit that concerns all of it, or cuts. */
type Cuts = Readonly<Record<string, RecordLimit | readonly Cut[]>>;

function listOf(cuts: RecordLimit | readonly Cut[] = []): readonly Cut[] {
  return typeof cuts === 'string' ? [{ limit: cuts, variable: null }] : cuts;
}

async function truncatedBy({ derived }: Storage): Promise<RecordLimit | null> {
  return (await derived.cuts(0)).truncatedBy;
}

/** What every storage must do about analyses and comparisons that a budget cut. */
export function testCuts(fresh: (t: TestContext) => Promise<Storage>): void {
  async function filled(t: TestContext, traceIds: readonly string[]): Promise<Storage> {
    const storage = await fresh(t);
    await append(storage, traceIds);
    return storage;
  }

  async function append(storage: Storage, traceIds: readonly string[]) {
    await storage.append(
      keyless(records(traceIds.map((trace) => wireEvent({ trace })))),
      receivedNs,
    );
  }

  /** Analyses what is marked; each trace is cut as said, or whole. */
  async function analyse({ derived }: Storage, cuts: Cuts) {
    const claims = await derived.claimTraces('me', 10, null);
    const analysed = claims.map((claim) => ({
      ...claim,
      ...empty,
      group: [claim.traceId],
      environments: [],
      ownSpans: [],
      missingSpans: [],
      tags: [],
      footprints: [footprint(claim.traceId, 'db:x', 1n)],
      calls: [],
      cuts: listOf(cuts[claim.traceId]),
    }));
    await derived.recordTraces('me', analysed);
  }

  async function compare({ derived }: Storage, cuts: Cuts) {
    const claims = await derived.claimComparisons('me', 10, null);
    const compared = claims.map(({ traceId, mark }) => ({
      ...empty,
      traceId,
      mark,
      cuts: listOf(cuts[traceId]),
    }));
    await derived.recordComparisons('me', compared, []);
  }

  test('a storage of whole analyses is not cut', async (t) => {
    const storage = await filled(t, ['a', 'b']);
    assert.equal(await truncatedBy(storage), null);
    await analyse(storage, {});
    await compare(storage, {});
    assert.equal(await truncatedBy(storage), null);
  });

  test('of several budgets that cut something the first by name is told', async (t) => {
    const storage = await filled(t, ['a', 'b', 'c']);
    await analyse(storage, { a: 'race_pairs', b: 'race_pairs' });
    assert.equal(await truncatedBy(storage), 'race_pairs');
    await compare(storage, { a: 'neighbours_before', c: 'cycle_traces' });
    assert.equal(await truncatedBy(storage), 'cycle_traces');
    await storage.eraseTrace('c');
    assert.equal(await truncatedBy(storage), 'neighbours_before');
    await storage.eraseTraces(['a']);
    assert.equal(await truncatedBy(storage), 'race_pairs');
    await storage.eraseTraces(['b']);
    assert.equal(await truncatedBy(storage), null);
  });

  test('cuts name the trace and the variable, and only open ones leave lists less than whole', async (t) => {
    const storage = await filled(t, ['b', 'a', '😀', '\uffff']);
    const hostile = 'db:"x\',(--';
    await analyse(storage, {
      b: [{ limit: 'footprint_accesses', variable: hostile }],
      a: [
        { limit: 'signatures_per_variable', variable: 'x' },
        { limit: 'footprint_accesses', variable: 'y' },
      ],
      '😀': [{ limit: 'footprint_signatures', variable: '__proto__' }],
    });
    await compare(storage, { a: [{ limit: 'neighbours_before', variable: 'x' }] });
    const expected = [
      { traceId: 'a', limit: 'signatures_per_variable', variable: 'x' },
      { traceId: 'a', limit: 'footprint_accesses', variable: 'y' },
      { traceId: 'a', limit: 'neighbours_before', variable: 'x' },
      { traceId: 'b', limit: 'footprint_accesses', variable: hostile },
      { traceId: '😀', limit: 'footprint_signatures', variable: '__proto__' },
    ];
    const { cuts } = storage.derived;
    const told = (limit: number) => cuts.call(storage.derived, limit);
    const sums = { count: 5, truncatedBy: 'neighbours_before' };
    assert.deepEqual(await told(20), { cuts: expected, ...sums });
    assert.deepEqual(await told(2), { cuts: expected.slice(0, 2), ...sums });
    assert.deepEqual(await told(0), { cuts: [], ...sums });
    await storage.eraseTraces(['a']);
    const left = { cuts: expected.slice(3), count: 2, truncatedBy: null };
    assert.deepEqual(await told(20), left);
    await append(storage, ['b']);
    await analyse(storage, { b: [{ limit: 'locks_per_set', variable: null }] });
    assert.deepEqual(await told(1), {
      cuts: [{ traceId: 'b', limit: 'locks_per_set', variable: null }],
      count: 2,
      truncatedBy: 'locks_per_set',
    });
  });

  test('a later analysis or comparison takes the place of one that was cut', async (t) => {
    const storage = await filled(t, ['a', 'b']);
    await analyse(storage, { a: 'group_events' });
    await compare(storage, { a: 'neighbours_after' });
    await append(storage, ['a']);
    assert.equal(await truncatedBy(storage), 'group_events', 'it is still what is known');
    await analyse(storage, {});
    assert.equal(await truncatedBy(storage), 'neighbours_after');
    await compare(storage, {});
    assert.equal(await truncatedBy(storage), null);
  });

  test('what a lost claim brings is not told', async (t) => {
    const storage = await filled(t, ['a']);
    const [claim] = await storage.derived.claimTraces('me', 10, null);
    await storage.derived.releaseClaims('me');
    const record = {
      ...empty,
      group: ['a'],
      environments: [],
      ownSpans: [],
      missingSpans: [],
      tags: [],
      footprints: [],
    };
    await storage.derived.recordTraces('me', [
      {
        traceId: 'a',
        eventCount: 1,
        mark: 0,
        ...claim,
        ...record,
        calls: [],
        cuts: listOf('race_pairs'),
      },
    ]);
    assert.equal(await truncatedBy(storage), null);
  });
}
