import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { budgets } from '../../../src/analysis/budgets.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { findLockOverlaps } from '../../../src/analysis/time/lock-overlaps.ts';
import {
  type EventSketch,
  traceEvents,
  uncheckedTraceEvents,
  wireEvent,
} from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';

/** What one strand does with a lock: when it takes it and gives it back, in ms. */
interface Held {
  readonly thread: string;
  readonly from: number;
  readonly until: number | null;
  readonly lock?: string;
  readonly type?: string;
  readonly more?: EventSketch;
}

function steps(holds: readonly Held[]): Record<string, unknown>[] {
  return holds.flatMap(({ thread, from, until, lock = 'L', type = 'Mutex', more }) => {
    const payload = { lock_id: lock, lock_type: type, location: 'here' };
    const taken = wireEvent({ kind: 'LockAcquire', payload, thread, at: from, ...more });
    if (until === null) return [taken];
    return [taken, wireEvent({ kind: 'LockRelease', payload, thread, at: until, ...more })];
  });
}

const overlapsOf = (holds: readonly Held[]) =>
  findLockOverlaps(analyseOrder(traceEvents(steps(holds))));

test('two exclusive holds of one lock at the same time are told with both holds', () => {
  const { overlaps, count } = overlapsOf([
    { thread: 'a', from: 0, until: 10 },
    { thread: 'b', from: 4, until: 30 },
    { thread: 'c', from: 40, until: 50 },
  ]);
  assert.equal(count, 1);
  const [overlap] = overlaps;
  assert.deepEqual(
    [overlap?.lock, overlap?.service, overlap?.instance, overlap?.overlap_ms],
    ['L', 'web', 'web-1', 6],
  );
  assert.deepEqual(
    overlap?.holds.map(({ thread, from, until }) => [
      thread,
      from.slice(17, 23),
      until.slice(17, 23),
    ]),
    [
      ['a', '00.000', '00.010'],
      ['b', '00.004', '00.030'],
    ],
  );
});

test('what may be a jitter of clocks, two readers, two locks or a lost release is no overlap', () => {
  const none = (...holds: Held[]) => assert.equal(overlapsOf(holds).count, 0);
  const a: Held = { thread: 'a', from: 0, until: 10 };
  none(a, { thread: 'b', from: 9, until: 20 });
  none({ ...a, type: 'RwLock::Read' }, { thread: 'b', from: 2, until: 8, type: 'RwLock::Read' });
  none(a, { thread: 'b', from: 2, until: 8, lock: 'M' });
  none({ ...a, until: null }, { thread: 'b', from: 2, until: 8 });
  none(a, { thread: 'a', from: 2, until: 8 });
  none(a, { thread: 'b', from: 2, until: 8, more: { instance: 'web-2' } });
  none(
    { ...a, more: { instance: null } },
    { thread: 'b', from: 2, until: 8, more: { instance: null } },
  );
});

test('the Go SDK announces a lock, which it may have to wait for', () => {
  const go = { tags: { sdk_language: 'go' } };
  const waiting = steps([
    { thread: 'a', from: 0, until: 10, more: go },
    { thread: 'b', from: 2, until: 20, more: go },
  ]);
  waiting.push(wireEvent({ thread: 'b', at: 11, ...go }), wireEvent({ thread: 'a', at: 1, ...go }));
  assert.equal(findLockOverlaps(analyseOrder(traceEvents(waiting))).count, 0);
});

test('a hold is told with the one it overlaps longest, as brute force finds it', (t) => {
  const held = fc.record({
    thread: fc.nat(4).map((number) => `t${number}`),
    from: fc.nat(50),
    length: fc.integer({ min: 1, max: 30 }),
    lock: fc.constantFrom('L', 'M'),
  });
  assertProperty(
    t,
    300,
    fc.property(fc.array(held, { maxLength: 25 }), (list) => {
      /** One hold after the other on each thread; ends differ so that no two are equal. */
      const ends = new Map<string, number>();
      const holds = list.map(({ thread, from, length, lock }, place) => {
        const start = Math.max(from, Math.ceil(ends.get(thread) ?? 0) + 1) + place / 100;
        const until = start + length;
        ends.set(thread, until);
        return { thread, from: start, until, lock };
      });
      const found = findLockOverlaps(analyseOrder(uncheckedTraceEvents(steps(holds))));
      const expected = holds
        .map((second) => {
          const lengths = holds
            .filter((first) => first.lock === second.lock && first.thread !== second.thread)
            .filter((first) => first.from < second.from)
            .map((first) => Math.min(first.until, second.until) - second.from);
          return Math.round(Math.max(0, ...lengths) * 1000) / 1000;
        })
        .filter((length) => length > 1)
        .sort((a, b) => b - a);
      assert.deepEqual(
        found.overlaps.map(({ overlap_ms }) => overlap_ms),
        expected,
      );
    }),
  );
});

test('only the longest overlaps are listed, and all are counted', () => {
  const many = budgets.lockOverlaps + 7;
  const { overlaps, count } = overlapsOf(
    Array.from({ length: many + 1 }, (_, number) => ({
      thread: `t${number}`,
      from: number / 10,
      until: 1000 + number / 10,
    })),
  );
  assert.deepEqual([overlaps.length, count], [budgets.lockOverlaps, many]);
});
