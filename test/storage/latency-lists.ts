import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { countOf } from '../../src/domain/latency/histogram.ts';
import type { OperationQuery, VerdictQuery } from '../../src/domain/latency/learnt.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type EventSketch, keyless, records, wireEvent } from '../support/events.ts';
import { call, HOUR_MS, receivedNs, steps } from './latency-contract.ts';

/** What every storage must tell of the durations of all traces. */
export function testLatencyLists(fresh: (t: TestContext) => Promise<Storage>): void {
  test('operations are listed with what is known of them, and found by service and text', async (t) => {
    const storage = await fresh(t);
    const named = (name: string, more: EventSketch = {}) =>
      steps(0, 3, { payload: { ...call, function_name: name }, trace: `of ${name}`, ...more });
    await storage.append(
      keyless([
        ...named('work'),
        ...named('Work2', { service: '__proto__' }),
        ...named('\uffff'),
        ...named('😀'),
      ]),
      receivedNs,
    );
    const page = async (query: Partial<OperationQuery>) => {
      const all = { service: null, operation: null, text: null, limit: 10, offset: 0 };
      const { operations, total } = await storage.learntOperations({ ...all, ...query });
      return [total, ...operations.map(({ key }) => `${key.service} ${key.operation}`)];
    };
    const own = ['web work', 'web \uffff', 'web 😀'];
    assert.deepEqual(await page({}), [4, '__proto__ Work2', ...own]);
    assert.deepEqual(await page({ offset: 1, limit: 2 }), [4, ...own.slice(0, 2)]);
    assert.deepEqual(await page({ offset: 9 }), [4]);
    assert.deepEqual(await page({ service: 'web' }), [3, ...own]);
    assert.deepEqual(await page({ text: 'wORK' }), [2, '__proto__ Work2', 'web work']);
    assert.deepEqual(await page({ operation: 'work' }), [1, 'web work']);
    assert.deepEqual(await page({ operation: 'WORK' }), [0]);
    const all = { service: null, operation: 'work', text: null, limit: 1, offset: 0 };
    const [known] = (await storage.learntOperations(all)).operations;
    assert.deepEqual(known?.key, {
      service: 'web',
      kind: 'FunctionCall',
      operation: 'work',
      status: 'ok',
    });
    assert.equal(known?.buckets.length, 2);
    for (const { learnt, flagged } of known?.buckets ?? []) {
      assert.deepEqual([countOf(learnt), flagged.size], [3, 0]);
    }
    await storage.eraseTraces(['of work', 'of Work2', 'of \uffff', 'of 😀']);
    assert.deepEqual(await page({}), [0]);
  });

  test('what was slow or fast lately, of all traces, the latest first', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(steps(0, 150)), receivedNs);
    const slow = (trace: string, at: number, more: EventSketch = {}) =>
      records([wireEvent({ trace, at: HOUR_MS + at, durationNs: 5e9, ...more })]);
    await storage.append(
      keyless([
        ...slow('b', 20),
        ...slow('a', 20),
        ...slow('c', 10, { environment: 'staging' }),
        ...slow('__proto__', 30),
      ]),
      receivedNs,
    );
    const list = async (query: Partial<VerdictQuery>) => {
      const names = { service: null, environment: null, operation: null };
      const all = { sinceNs: null, untilNs: null, ...names, before: null, limit: 10 };
      return storage.verdicts({ ...all, ...query });
    };
    const ids = (found: readonly { traceId: string }[]) =>
      found.map(({ traceId }) => traceId).join(' ');
    const all = await list({});
    assert.equal(ids(all), '__proto__ b a c');
    const [last] = (await storage.latencyVerdicts('c', 10)).verdicts;
    assert.deepEqual(all.at(-1), { traceId: 'c', ...last });
    assert.equal(ids(await list({ limit: 2 })), '__proto__ b');
    assert.equal(ids(await list({ before: all[1] ?? null })), 'a c');
    assert.equal(ids(await list({ sinceNs: all[2]?.timestampNs ?? 0n })), '__proto__ b a');
    assert.equal(ids(await list({ untilNs: all[2]?.timestampNs ?? 0n })), 'c');
    assert.equal(ids(await list({ service: 'web', operation: 'work' })), ids(all));
    assert.equal(ids(await list({ service: 'other' })), '');
    assert.equal(ids(await list({ operation: 'other' })), '');
    assert.equal(ids(await list({ environment: 'staging' })), 'c');
    assert.equal(ids(await list({ environment: 'test', limit: 2 })), '__proto__ b');
    assert.equal(ids(await list({ environment: 'nul\0' })), '');
    const odd = async (hasAnomalies: boolean) =>
      ids((await storage.listTraces({ ...everyTrace, limit: 20, hasAnomalies })).traces);
    assert.equal(await odd(true), '__proto__ b a c');
    assert.equal((await odd(false)).split(' ').length, 5);
    await storage.eraseTraces(['a', '__proto__']);
    assert.equal(ids(await list({})), 'b c');
    assert.equal(await odd(true), 'b c');
  });
}
