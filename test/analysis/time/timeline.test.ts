import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findLockSets } from '../../../src/analysis/accesses/lock-sets.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import {
  layTimeline,
  type RowLocks,
  rowFlags,
  type Timeline,
} from '../../../src/analysis/time/timeline.ts';
import { largeTrace } from '../../browser/large-trace.ts';
import { Shop } from '../../browser/shop.ts';
import {
  access,
  freshId,
  traceEvents,
  uncheckedTraceEvents,
  wireEvent,
} from '../../support/events.ts';

const start = Date.UTC(2026, 0, 1);
const noRaces = new Uint8Array(0);
const noLocks: RowLocks = { sets: [[]], setOf: () => 0 };

/** The rows as they would be read: start, duration, indented name, value. */
function written({ tables, at, took, depth, name, value }: Timeline): string[] {
  let startUs = 0;
  return at.map((delta, row) => {
    startUs += delta;
    const words = tables.names[name[row] as number];
    const shown = value[row] === -1 ? '' : ` ${tables.values[value[row] as number]}`;
    return `${startUs} ${took[row]} ${'  '.repeat(depth[row] as number)}${words}${shown}`;
  });
}

test('a checkout: each step after the one that it was made in, accesses and locks in their places', () => {
  const events = traceEvents(new Shop(start).checkout(0));
  const { timeline, events: numbers } = layTimeline(analyseOrder(events), noRaces, noLocks);
  assert.deepEqual(written(timeline), [
    '0 14700 POST /checkout',
    '400 13500   checkout',
    '1000 12600     POST /reserve',
    '1100 12300       Reserve',
    '1700 -1         stock.sku-42 470',
    '7000 -1         stock.sku-42 470 → 469',
    '8000 5200         POST /charge',
    '8100 5000           charge',
    '8300 4500             ledger',
    '8800 -1             ledger.balance 12750',
    '12500 -1             ledger.balance 12750 → 12775',
  ]);
  assert.equal(numbers.length, timeline.rows);
  assert.deepEqual([timeline.base, timeline.start_us], ['2026-01-01T00:00:00.000000Z', 0]);
  const { critical, reads, writes, lock } = rowFlags;
  assert.deepEqual(timeline.flags, [
    ...[critical, critical, critical, critical, reads, writes, critical, critical],
    ...[lock, reads, writes],
  ]);
  // Web calls orders, which calls ledger; both answer. Codes are places in the lists of sources and confidences.
  assert.deepEqual(timeline.edges, [1, 2, 4, 0, 2, 0, 5, 1, 5, 6, 4, 0, 6, 2, 5, 1]);
  // The sections of the critical path cover the root, and no two of them lie over each other.
  const sections = Array.from({ length: timeline.sections.length / 3 }, (_, part) =>
    timeline.sections.slice(part * 3, part * 3 + 3),
  ) as [number, number, number][];
  assert.equal(
    sections.reduce((sum, [, from, to]) => sum + to - from, 0),
    14_700,
  );
});

test('locks that were held at an access stand at its row, and moved rows say by how much', () => {
  const events = traceEvents(new Shop(start).checkout(0)).map((event) => {
    // The clock of the ledger lags by ten milliseconds.
    if (event.metadata.service_name !== 'ledger') return event;
    return { ...event, timestampNs: event.timestampNs - 10_000_000n };
  });
  const order = analyseOrder(events);
  const { sets, setOf } = findLockSets(order);
  const { timeline } = layTimeline(order, noRaces, { sets, setOf });
  const { names, services } = timeline.tables;
  const rows = timeline.name.map((name, row) => ({
    name: names[name],
    service: services[timeline.service[row] as number],
    skew: timeline.skew[row] as number,
    held: timeline.lock_sets[timeline.locks[row] as number]?.map((lock) => lock.name),
  }));
  assert.deepEqual(
    rows.flatMap(({ name, held }) => (held?.length === 0 ? [] : [`${name}: ${held}`])),
    ['ledger.balance: ledger', 'ledger.balance: ledger'],
  );
  // It is moved forward, into the call that caused it.
  for (const { service, skew } of rows) assert.equal(skew > 1000, service === 'ledger');
});

test('a function of which nobody told the file stands at no place', () => {
  const payload = { function_name: 'handle', module: 'm', args: null, file: '', line: 0 };
  const events = traceEvents([wireEvent({ kind: 'FunctionCall', payload, durationNs: 5_000_000 })]);
  const { timeline } = layTimeline(analyseOrder(events), noRaces, noLocks);
  assert.deepEqual(timeline.tables.places, ['']);
});

test('what races is marked, errors are, and long values are cut', () => {
  const events = traceEvents([
    wireEvent({
      kind: 'StateChange',
      payload: access('x', 'Write', { new_value: 'y'.repeat(500) }),
    }),
    wireEvent({
      at: 1,
      kind: 'Error',
      payload: { error_type: 'Timeout', message: 'm', stack_trace: [] },
    }),
  ]);
  const { timeline } = layTimeline(analyseOrder(events), Uint8Array.of(1, 0), noLocks);
  assert.deepEqual(timeline.flags, [rowFlags.races | rowFlags.writes, rowFlags.error]);
  assert.ok((timeline.tables.values[0] ?? '').length <= 60);
});

test('the order of arrival changes nothing', () => {
  const events = traceEvents([...new Shop(start).checkout(0), ...new Shop(start).refund(3)]);
  const expected = layTimeline(analyseOrder(events), noRaces, noLocks).timeline;
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
      assert.deepEqual(layTimeline(analyseOrder(shuffled), noRaces, noLocks).timeline, expected);
    }),
    { numRuns: 30 },
  );
});

test('a chain of 50,000 calls is laid out without recursion', () => {
  let parent: string | null = null;
  const events = Array.from({ length: 50_000 }, (_, number) => {
    const id = freshId();
    const event = wireEvent({
      id,
      parent,
      at: number / 1000,
      durationNs: 100_000_000 - number * 1000,
    });
    parent = id;
    return event;
  });
  const { timeline } = layTimeline(analyseOrder(uncheckedTraceEvents(events)), noRaces, noLocks);
  assert.equal(timeline.rows, 50_000);
  assert.equal(timeline.depth.at(-1), 49_999);
});

test('a hundred thousand events are far fewer bytes than their events', () => {
  const events = largeTrace('large', 100_000, start).flat() as Record<string, unknown>[];
  const { timeline } = layTimeline(analyseOrder(uncheckedTraceEvents(events)), noRaces, noLocks);
  assert.equal(timeline.rows, 100_000);
  assert.ok(JSON.stringify(timeline).length < JSON.stringify(events).length / 10);
  const { at, took, depth, kind, service, name, place, thread, value, flags } = timeline;
  for (const column of [at, took, depth, kind, service, name, place, thread, value, flags]) {
    assert.equal(column.length, timeline.rows);
  }
});
