import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analysisCases } from '../../bench/analysis-cases.ts';
import { budgets } from '../../src/analysis/budgets.ts';
import { analyseOrder } from '../../src/analysis/order/order.ts';
import { findLockOverlaps } from '../../src/analysis/time/lock-overlaps.ts';
import { searchRaces } from '../../src/analysis/within/races.ts';
import { access, traceEvents, wireEvent } from '../support/events.ts';
import { findRaces } from '../support/races.ts';

/** What cuts each case of the benchmark at the size below; null: the answer is whole. */
const expected: Readonly<Record<string, readonly [size: number, truncatedBy: string | null]>> = {
  'one chain': [100_000, null],
  'traces of 50 events': [1000, null],
  'tasks in rounds of 200': [20_000, null],
  'readers, then writers': [20_000, null],
  'chain from thread to thread': [20_000, null],
  'unordered writers of one variable': [5000, 'race_pairs'],
  'as many places in the code': [5000, 'signatures_per_variable'],
  'as many variables': [12_000, 'race_details'],
  'as many locks, all held': [3000, 'locks_per_set'],
  'lock sets of 1024': [5, 'locks_per_set'],
  'spans in circles': [5000, 'race_pairs'],
  'spans of one name': [20_000, null],
  'events that are their own parent': [5000, 'race_pairs'],
  'vectors of 1024 components': [200, null],
  'tasks with an await each': [2000, null],
  'tasks of one name': [20_000, null],
  'aborts in one strand': [5000, 'race_pairs'],
  'everyone hears from everyone': [2000, null],
};

for (const { name, traces } of analysisCases) {
  test(`${name}: analysis ends, and says what cut its answer`, () => {
    const [size, truncatedBy] = expected[name] ?? [0, null];
    assert.ok(size > 0, 'a case of the benchmark that is not listed here');
    for (const events of traces(size)) {
      const order = analyseOrder(events);
      assert.equal(order.sequence.length, events.length);
      const { complete, truncated_by, race_details, potential_races } = findRaces(order);
      assert.deepEqual([complete, truncated_by], [truncatedBy === null, truncatedBy]);
      const counted = race_details.reduce((sum, { pair_count }) => sum + pair_count, 0);
      if (complete) assert.equal(counted, potential_races);
      assert.ok(findLockOverlaps(order).count >= 0);
    }
  });
}

test('a write that is not compared with all before it from its value is told', () => {
  const search = (writers: number) => {
    const write = { kind: 'StateChange' as const };
    const payload = access('db:stock', 'Write', { old_value: 10, new_value: 9 });
    const events = Array.from({ length: writers }, (_, at) => wireEvent({ ...write, at, payload }));
    return searchRaces(analyseOrder(traceEvents(events)));
  };
  const whole = search(budgets.staleWriters + 1);
  assert.deepEqual([whole.truncatedBy, whole.eventPairs], [null, (64 * 65) / 2]);
  const cut = search(budgets.staleWriters + 2);
  assert.deepEqual([cut.truncatedBy, cut.eventPairs], ['stale_writers', (64 * 65) / 2 + 64]);
  assert.ok(!cut.variables.some(({ isWhole }) => isWhole));
});
