import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeBaseline, isOutgrown } from '../../src/domain/latency/baseline.ts';
import {
  bucketsOf,
  durationsKnown,
  type LatencyBucket,
  mergeBuckets,
} from '../../src/domain/latency/buckets.ts';
import { binOf, type Histogram, mergeHistograms } from '../../src/domain/latency/histogram.ts';
import { judge } from '../../src/domain/latency/judge.ts';
import { thresholds } from '../../src/domain/latency/thresholds.ts';

function histogramOf(values: readonly number[]): Histogram {
  return mergeHistograms(values.map((value) => new Map([[binOf(value), 1]])));
}

function lesson(hour: number, learnt: readonly number[], flagged: readonly number[] = []) {
  return {
    key: { service: 's', kind: 'FunctionCall' as const, operation: 'f', status: 'ok' as const },
    keyText: '',
    hour,
    learnt: histogramOf(learnt),
    flagged: histogramOf(flagged),
  };
}

function learnAll(lessons: readonly ReturnType<typeof lesson>[]): LatencyBucket[] {
  const slots = new Map<number, LatencyBucket>();
  for (const bucket of lessons.flatMap(bucketsOf)) {
    const before = slots.get(bucket.slot);
    slots.set(bucket.slot, before === undefined ? bucket : mergeBuckets(before, bucket));
  }
  return [...slots.values()];
}

const HOUR = 480_000;

/** What is known after durations of the hour before, and of the same hour. */
function knownAfter(before: readonly number[], sameHour: readonly number[] = []) {
  return describeBaseline(learnAll([lesson(HOUR - 1, before), lesson(HOUR, sameHour)]), HOUR);
}

/** What is told of a duration after others. */
function told(before: readonly number[], durationMs: number, sameHour: readonly number[] = []) {
  const found = judge(knownAfter(before, sameHour), durationMs);
  return typeof found === 'string' ? found : `${found.kind} ${found.severity}`;
}

/** 100 ms, give or take `spread` percent, `count` times. */
function steady(count: number, spread = 10): number[] {
  return Array.from({ length: count }, (_, n) => 100 + spread * (((n * 8) % 21) / 10 - 1));
}

describe('judging a duration', () => {
  test('of few spans nothing is told', () => {
    assert.equal(told([], 5), 'learning');
    assert.equal(told(steady(29), 100_000), 'learning');
    assert.notEqual(told(steady(30), 100_000), 'learning');
  });

  test('slow and fast are told apart, by how far they are off', () => {
    const before = steady(500);
    assert.equal(told(before, 100), 'normal');
    assert.equal(told(before, 195), 'normal', 'beyond everything, but not twice the median');
    assert.equal(told(before, 205), 'slow Warning');
    assert.equal(told(before, 500), 'slow Critical');
    assert.equal(told(before, 52), 'normal');
    assert.equal(told(before, 48), 'fast Warning');
    assert.equal(told(before, 0), 'fast Critical');
    assert.equal(told(steady(500, 45), 260), 'slow Minor');
  });

  test('a small change is none, whatever its factor', () => {
    const before = steady(500).map((ms) => ms / 20);
    assert.equal(told(before, 24.5), 'normal');
    assert.equal(told(before, 25.5), 'slow Critical');
    assert.equal(told(before, 0), 'normal');
  });

  test('strays in the past do not hide the next, three in a hundred do', () => {
    const strays = (count: number, ms: number) => [
      ...steady(1000 - count),
      ...Array(count).fill(ms),
    ];
    for (const [count, usual, other] of [
      [20, 'slow Critical', 'fast Critical'],
      [30, 'normal', 'normal'],
    ] as const) {
      assert.equal(told(strays(count, 1000), 950), usual);
      assert.equal(told(strays(count, 5), 6), other);
    }
    assert.equal(told(strays(20, 600), 550), 'normal', 'not far from what is usual');
    assert.equal(told([...steady(59), 1000], 950), 'slow Critical');
    assert.equal(told([...steady(39), 1000], 950), 'normal');
  });

  test('an hour that is not over judges once a hundred spans of it are known', () => {
    assert.equal(told([], 1000, steady(99)), 'learning');
    assert.equal(told([], 1000, steady(100)), 'slow Critical');
    assert.equal(told([], 210, steady(100)), 'slow Warning');
    assert.equal(told([], 190, steady(100)), 'normal');
    assert.equal(told([], 20, steady(100)), 'fast Critical');
    assert.equal(told(steady(20), 1000, steady(80)), 'slow Critical', 'with those of hours before');
    assert.equal(told(steady(20), 1000, steady(79)), 'learning');
    const slow = [...steady(98), 300, 600];
    assert.equal(told([], 290, slow), 'slow Critical', 'two in a hundred are not usual');
    const tail = [...steady(90), ...[150, 180, 220, 270, 330, 400, 500, 600, 730, 900]];
    assert.equal(told([], 950, tail), 'normal', 'a heavy tail goes beyond what was seen');
    assert.equal(told([], 1400, tail), 'slow Critical');
  });

  test('hours that are over are enough by themselves', () => {
    assert.equal(told(steady(100), 500, Array(1000).fill(500)), 'slow Critical');
  });

  test('how far learning has come is known, and when a baseline is outgrown', () => {
    assert.deepEqual([knownAfter(steady(20), steady(31)).count, knownAfter([]).count], [51, 0]);
    const outgrown = (before: number, sameHour: number, added: number) =>
      isOutgrown(knownAfter(steady(before), steady(sameHour)), added);
    assert.deepEqual([outgrown(0, 50, 0), outgrown(0, 50, 1)], [false, true]);
    assert.deepEqual([outgrown(40, 10, 0), outgrown(40, 10, 1)], [false, true]);
    assert.deepEqual([outgrown(0, 200, 19), outgrown(0, 200, 20)], [false, true]);
    assert.deepEqual([outgrown(100, 0, 1e6)], [false]);
  });

  test('between 30 and 100 spans the rule is stricter', () => {
    assert.equal(told(steady(40), 290), 'normal');
    assert.equal(told(steady(40), 310), 'slow Critical');
    assert.equal(told(steady(40), 35), 'normal');
    assert.equal(told(steady(40), 30), 'fast Critical');
    assert.equal(told([...steady(40), 300], 440), 'normal');
    assert.equal(told([...steady(40), 300], 460), 'slow Critical');
  });
});

describe('buckets of an operation', () => {
  test('a baseline is of hours that are over, today and on the 13 days before', () => {
    const day = 20_000 * 24;
    const lessons = [day - 14 * 24, day - 13 * 24, day - 1, day, day + 1, day + 2].map((hour, n) =>
      lesson(hour, [10 ** n]),
    );
    const known = (hour: number) => durationsKnown(learnAll(lessons), hour).closed;
    assert.deepEqual(known(day + 2), histogramOf([10, 100, 1000, 10_000]));
    assert.deepEqual(known(day), histogramOf([10, 100]));
    assert.deepEqual(known(day + 24), histogramOf([100, 1000, 10_000, 100_000]));
    assert.deepEqual(known(day + 24 * 14), new Map());
    assert.deepEqual(known(day - 13 * 24), new Map(), 'given up for a later day');
    const open = (hour: number) => durationsKnown(learnAll(lessons), hour).open;
    assert.deepEqual(open(day + 1), histogramOf([10_000]));
    assert.deepEqual(open(day + 3), new Map());
  });

  test('the order of lessons does not matter', () => {
    const lessons = Array.from({ length: 400 }, (_, n) =>
      lesson(480_000 + ((n * 131) % 400), [n + 1]),
    );
    const bySlot = (buckets: readonly LatencyBucket[]) =>
      buckets.toSorted((a, b) => a.slot - b.slot);
    const expected = bySlot(learnAll(lessons));
    assert.equal(expected.length, 38);
    assert.deepEqual(bySlot(learnAll(lessons.toReversed())), expected);
    assert.deepEqual(bySlot(learnAll(lessons.toSorted((a, b) => a.hour - b.hour))), expected);
  });

  test('an hour in which many were flagged shows how the operation is now', () => {
    const hour = 480_000;
    const after = (flagged: number, all: number) => {
      const learnt = Array(all - flagged).fill(100);
      const buckets = bucketsOf(lesson(hour, learnt, Array(flagged).fill(900)));
      return durationsKnown(buckets, hour + 1).closed;
    };
    const { shiftSpansMin } = thresholds;
    assert.equal(after(shiftSpansMin * 0.3, shiftSpansMin).size, 1);
    assert.equal(after(shiftSpansMin * 0.3 + 1, shiftSpansMin).size, 2);
    assert.equal(after(shiftSpansMin - 1, shiftSpansMin - 1).size, 0);
  });
});
