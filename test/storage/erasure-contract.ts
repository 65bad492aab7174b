import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { everything, type TraceSelection } from '../../src/domain/trace/trace-selection.ts';
import { eraseSelection } from '../../src/storage/erasure.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, derivedSnapshot } from '../support/analyser.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const noPause = async () => {};

/** Events of some traces: two services, tags of several types, accesses that race. */
function sample() {
  const trace = (id: string, at: number, service: string, tags: object) => [
    wireEvent({
      trace: id,
      at,
      service,
      kind: 'StateChange',
      payload: access('db:x', 'Read', { new_value: 1 }),
    }),
    wireEvent({
      trace: id,
      at: at + 5,
      service,
      tags,
      kind: 'StateChange',
      payload: access('db:x', 'Write', { old_value: 1, new_value: 2 }),
    }),
  ];
  return records([
    ...trace('a', 0, 'web', { user: '42', n: 7 }),
    ...trace('b', 2, 'web', { user: '4', o: { p: [1, null] } }),
    ...trace('c', 4, 'stock', { 'we.ird "key"': 'x', user: null }),
    ...trace('d', 60_000, 'stock', { user: '42', big: true }),
  ]);
}

/** What every storage must do about selections and erasures. */
export function testErasure(fresh: (t: TestContext) => Promise<Storage>): void {
  async function filled(t: TestContext): Promise<Storage> {
    const storage = await fresh(t);
    await storage.append(keyless(sample()), receivedNs);
    return storage;
  }

  async function selected(storage: Storage, selection: Partial<TraceSelection>, limit = 100) {
    const found: string[] = [];
    let after: string | null = null;
    do {
      const step = await storage.scanTraces({ ...everything, ...selection }, after, limit);
      for (const { traceId, eventCount } of step.traces) {
        assert.equal(eventCount, 2);
        found.push(traceId);
      }
      after = step.next;
    } while (after !== null);
    return found.join('');
  }

  test('a selection takes what its parts let through, in steps of any size', async (t) => {
    const storage = await filled(t);
    const at = (ms: number) => BigInt(Date.UTC(2024, 0, 1, 12) + ms) * 1_000_000n;
    const tag = (key: string, value: string) => ({ key, value });
    const expectations: readonly (readonly [Partial<TraceSelection>, string])[] = [
      [{}, 'abcd'],
      [{ traceIds: ['d', 'a', 'a', 'none', 'nu\0l'] }, 'ad'],
      [{ traceIds: [] }, ''],
      [{ service: 'web' }, 'ab'],
      [{ service: 'none' }, ''],
      [{ sinceNs: at(7), untilNs: at(60_005) }, 'bc'],
      [{ sinceNs: at(60_005) }, 'd'],
      [{ tags: [tag('user', '42')] }, 'ad'],
      [{ tags: [tag('user', '42'), tag('n', '7')] }, 'a'],
      [{ tags: [tag('n', '7.0')] }, ''],
      [{ tags: [tag('o', '{"p":[1,null]}')] }, 'b'],
      [{ tags: [tag('we.ird "key"', 'x')] }, 'c'],
      [{ tags: [tag('user', 'null')] }, ''],
      [{ tags: [tag('big', 'true')] }, 'd'],
      [{ tags: [tag('nul\0', 'x')] }, ''],
      [{ tags: [tag('user', '42')], service: 'web', traceIds: ['a', 'b', 'd'] }, 'a'],
      [{ minEvents: 3 }, ''],
    ];
    for (const [selection, expected] of expectations) {
      for (const limit of [1, 2, 100]) {
        assert.equal(await selected(storage, selection, limit), expected, JSON.stringify(expected));
      }
    }
  });

  test('a key wrote to a trace when a request of it stored an event there', async (t) => {
    const storage = await fresh(t);
    const events = sample();
    const some = (...indexes: number[]) => events.filter((_, index) => indexes.includes(index));
    const [a, b, c, d] = [some(0, 1), some(2, 3), some(4, 5), some(6, 7)];
    const sent = (events: readonly EventRecord[], keyName: string | null) => ({ events, keyName });
    await storage.append(
      [sent(some(0, 2), 'alpha'), sent(b, 'beta'), sent(some(4), null)],
      receivedNs,
    );
    await storage.append(
      [sent(some(1), 'beta'), sent(some(0, 5), 'alpha'), sent(d, null)],
      receivedNs,
    );
    await storage.append([sent([...b, ...c, ...d], 'delta')], receivedNs);
    const expectations: readonly (readonly [Partial<TraceSelection>, string])[] = [
      [{ keyName: 'alpha' }, 'abc'],
      [{ keyName: 'beta' }, 'ab'],
      [{ keyName: 'delta' }, ''],
      [{ keyName: 'Alpha' }, ''],
      [{ keyName: 'nul\0' }, ''],
      [{ keyName: 'alpha', service: 'stock' }, 'c'],
      [{ keyName: 'alpha', tags: [{ key: 'user', value: '42' }] }, 'a'],
      [{ keyName: 'beta', traceIds: ['b', 'c'] }, 'b'],
    ];
    for (const [selection, expected] of expectations) {
      for (const limit of [1, 2, 100]) {
        assert.equal(
          await selected(storage, selection, limit),
          expected,
          JSON.stringify(selection),
        );
      }
    }
    await storage.eraseTraces(['a', 'b']);
    await storage.append([sent(a, 'gamma')], receivedNs);
    assert.equal(await selected(storage, { keyName: 'alpha' }), 'c');
    assert.equal(await selected(storage, { keyName: 'beta' }), '');
    assert.equal(await selected(storage, { keyName: 'gamma' }), 'a');
  });

  test('what was erased by a selection is as if it had never been, and a dry run changes nothing', async (t) => {
    const storage = await filled(t);
    await analyseAll(storage);
    const before = await derivedSnapshot(storage, storage);
    const selection = { ...everything, service: 'web' };
    const dry = await eraseSelection(storage, selection, true, noPause);
    assert.deepEqual([dry.matchedTraces, dry.matchedEvents, dry.erased.events], [2, 4, 0]);
    assert.deepEqual(await derivedSnapshot(storage, storage), before);

    const erased = await eraseSelection(storage, selection, false, noPause);
    assert.deepEqual([erased.matchedTraces, erased.matchedEvents], [2, 4]);
    const { events, traces, services, findings, footprints } = erased.erased;
    assert.deepEqual({ events, traces, services }, { events: 4, traces: 2, services: 2 });
    assert.ok(findings > 0);
    assert.ok(footprints >= 2);
    assert.equal(await selected(storage, {}), 'cd');
    const others = await storage.derived.footprints(['a', 'b']);
    assert.deepEqual(others, []);
    await analyseAll(storage);
    const expected = await fresh(t);
    await expected.append(
      keyless(sample().filter(({ service }) => service === 'stock')),
      receivedNs,
    );
    await analyseAll(expected);
    assert.deepEqual(
      await derivedSnapshot(storage, storage),
      await derivedSnapshot(expected, expected),
    );

    const again = await eraseSelection(storage, selection, false, noPause);
    assert.deepEqual([again.matchedTraces, again.erased.events], [0, 0]);
    assert.deepEqual(await storage.eraseTraces(['a', 'none', 'nu\0l', 'a']), again.erased);
  });

  test('a finding that names a trace erased meanwhile is not stored', async (t) => {
    const storage = await filled(t);
    const { derived } = storage;
    const claims = await derived.claimTraces('me', 10, null);
    const record = (traceId: string, group: readonly string[]) => ({
      traceId,
      eventCount: 0,
      mark: 0,
      ...claims.find((claim) => claim.traceId === traceId),
      group,
      environments: [],
      ownSpans: [],
      missingSpans: [],
      tags: [],
      footprints: [],
      findings: [],
      subjects: [],
      calls: [],
      cuts: [],
    });
    await storage.eraseTraces(['b']);
    await derived.recordTraces('me', [record('a', ['a', 'b']), record('c', ['c'])]);
    const due = await derived.claimTraces('me', 10, null);
    assert.deepEqual(
      due.map(({ traceId }) => traceId),
      ['a'],
    );
  });

  test('traces expire by the receipt of their last event, the earliest first', async (t) => {
    const storage = await fresh(t);
    // By whole days: what a storage has sealed goes with its day.
    const dayNs = 86_400_000_000_000n;
    const received = (days: bigint) => receivedNs + days * dayNs;
    assert.deepEqual((await storage.receipts()).newestNs, null);
    // A clock in 1970, one in the future, and one that is right.
    const at = ['1970-01-01T00:00:05Z', '2090-01-01T00:00:00Z', '2024-01-01T12:00:00Z'];
    for (const [index, trace] of ['c', 'b', 'a', 'd'].entries()) {
      const event = wireEvent({ trace, at: at[index % 3] as string });
      await storage.append(keyless(records([event])), received(BigInt(index)));
    }
    // Something new comes for the first; what is there already is nothing new.
    const again = records([wireEvent({ trace: 'c', at: at[0] as string })]);
    await storage.append(keyless(again), received(10n));
    await storage.append(keyless(again), received(20n));
    assert.deepEqual((await storage.receipts()).newestNs, received(10n));
    const listed = async () => {
      const { traces } = await storage.listTraces(everyTrace);
      return traces.map(({ traceId }) => traceId).toSorted();
    };
    assert.equal((await storage.eraseExpired(received(1n), 10)).traces, 0);
    assert.equal((await storage.eraseExpired(received(4n), 2)).traces, 2);
    assert.deepEqual(await listed(), ['c', 'd']);
    assert.equal((await storage.eraseExpired(received(10n), 2)).traces, 1);
    assert.deepEqual(await listed(), ['c']);
    assert.equal((await storage.eraseExpired(received(11n), 2)).traces, 1);
    assert.deepEqual(await listed(), []);
  });
}
