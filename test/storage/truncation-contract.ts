import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RecordLimit } from '../../src/domain/trace-record.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../support/events.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const empty = { findings: [], subjects: [] };

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
  async function analyse({ derived }: Storage, cuts: Readonly<Record<string, RecordLimit>>) {
    const claims = await derived.claimTraces('me', 10);
    const analysed = claims.map((claim) => ({
      ...claim,
      ...empty,
      group: [claim.traceId],
      ownSpans: [],
      missingSpans: [],
      footprints: [],
      calls: [],
      truncatedBy: cuts[claim.traceId] ?? null,
    }));
    await derived.recordTraces('me', analysed);
  }

  async function compare({ derived }: Storage, cuts: Readonly<Record<string, RecordLimit>>) {
    const claims = await derived.claimComparisons('me', 10);
    const compared = claims.map(({ traceId, mark }) => ({
      ...empty,
      traceId,
      mark,
      truncatedBy: cuts[traceId] ?? null,
    }));
    await derived.recordComparisons('me', compared, []);
  }

  test('a storage of whole analyses is not cut', async (t) => {
    const storage = await filled(t, ['a', 'b']);
    assert.equal(await storage.derived.truncatedBy(), null);
    await analyse(storage, {});
    await compare(storage, {});
    assert.equal(await storage.derived.truncatedBy(), null);
  });

  test('of several budgets that cut something the first by name is told', async (t) => {
    const storage = await filled(t, ['a', 'b', 'c']);
    await analyse(storage, { a: 'race_pairs', b: 'race_pairs' });
    assert.equal(await storage.derived.truncatedBy(), 'race_pairs');
    await compare(storage, { a: 'neighbours_before', c: 'cycle_traces' });
    assert.equal(await storage.derived.truncatedBy(), 'cycle_traces');
    await storage.eraseTrace('c');
    assert.equal(await storage.derived.truncatedBy(), 'neighbours_before');
    await storage.eraseTraces(['a']);
    assert.equal(await storage.derived.truncatedBy(), 'race_pairs');
    await storage.eraseTraces(['b']);
    assert.equal(await storage.derived.truncatedBy(), null);
  });

  test('a later analysis or comparison takes the place of one that was cut', async (t) => {
    const storage = await filled(t, ['a', 'b']);
    await analyse(storage, { a: 'group_events' });
    await compare(storage, { a: 'neighbours_after' });
    await append(storage, ['a']);
    assert.equal(await storage.derived.truncatedBy(), 'group_events', 'it is still what is known');
    await analyse(storage, {});
    assert.equal(await storage.derived.truncatedBy(), 'neighbours_after');
    await compare(storage, {});
    assert.equal(await storage.derived.truncatedBy(), null);
  });

  test('what a lost claim brings is not told', async (t) => {
    const storage = await filled(t, ['a']);
    const [claim] = await storage.derived.claimTraces('me', 10);
    await storage.derived.releaseClaims('me');
    const record = { ...empty, group: ['a'], ownSpans: [], missingSpans: [], footprints: [] };
    await storage.derived.recordTraces('me', [
      {
        traceId: 'a',
        eventCount: 1,
        mark: 0,
        ...claim,
        ...record,
        calls: [],
        truncatedBy: 'race_pairs',
      },
    ]);
    assert.equal(await storage.derived.truncatedBy(), null);
  });
}
