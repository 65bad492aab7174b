import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  baselineHistogram,
  bucketsOf,
  type LatencyBucket,
  mergeBuckets,
} from '../../src/domain/latency/buckets.ts';
import { binOf, type Histogram, mergeHistograms } from '../../src/domain/latency/histogram.ts';
import { describeBaseline, judge } from '../../src/domain/latency/judge.ts';
import { thresholds } from '../../src/domain/latency/thresholds.ts';

function histogramOf(values: readonly number[]): Histogram {
  return mergeHistograms(values.map((value) => new Map([[binOf(value), 1]])));
}

/** What is told of a duration after others. */
function told(before: readonly number[], durationMs: number): string {
  const found = judge(describeBaseline(histogramOf(before)), durationMs);
  return typeof found === 'string' ? found : `${found.kind} ${found.severity}`;
}

/** 100 ms, give or take `spread` percent, `count` times. */
function steady(count: number, spread = 10): number[] {
  return Array.from({ length: count }, (_, n) => 100 + spread * (((n * 8) % 21) / 10 - 1));
}

describe('judging a duration', () => {
  test('of few spans nothing is told', () => {
    assert.equal(told([], 5), 'insufficient_baseline');
    assert.equal(told(steady(29), 100_000), 'insufficient_baseline');
    assert.notEqual(told(steady(30), 100_000), 'insufficient_baseline');
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

  test('one outlier in the past does not hide the next, two in a hundred do', () => {
    const outliers = (count: number) => [...steady(2000 - count), ...Array(count).fill(1000)];
    assert.equal(told(outliers(1), 700), 'slow Critical');
    assert.equal(told(outliers(40), 700), 'normal');
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
  const lesson = (hour: number, learnt: readonly number[], flagged: readonly number[] = []) => ({
    key: { service: 's', kind: 'FunctionCall' as const, operation: 'f', status: 'ok' as const },
    keyText: '',
    hour,
    learnt: histogramOf(learnt),
    flagged: histogramOf(flagged),
  });

  function learnAll(lessons: readonly ReturnType<typeof lesson>[]): LatencyBucket[] {
    const slots = new Map<number, LatencyBucket>();
    for (const bucket of lessons.flatMap(bucketsOf)) {
      const before = slots.get(bucket.slot);
      slots.set(bucket.slot, before === undefined ? bucket : mergeBuckets(before, bucket));
    }
    return [...slots.values()];
  }

  test('a baseline is of hours that are over, today and on the 13 days before', () => {
    const day = 20_000 * 24;
    const lessons = [day - 14 * 24, day - 13 * 24, day - 1, day, day + 1, day + 2].map((hour, n) =>
      lesson(hour, [10 ** n]),
    );
    const known = (hour: number) => baselineHistogram(learnAll(lessons), hour);
    assert.deepEqual(known(day + 2), histogramOf([10, 100, 1000, 10_000]));
    assert.deepEqual(known(day), histogramOf([10, 100]));
    assert.deepEqual(known(day + 24), histogramOf([100, 1000, 10_000, 100_000]));
    assert.deepEqual(known(day + 24 * 14), new Map());
    assert.deepEqual(known(day - 13 * 24), new Map(), 'given up for a later day');
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
      return baselineHistogram(bucketsOf(lesson(hour, learnt, Array(flagged).fill(900))), hour + 1);
    };
    const { shiftSpansMin } = thresholds;
    assert.equal(after(shiftSpansMin * 0.3, shiftSpansMin).size, 1);
    assert.equal(after(shiftSpansMin * 0.3 + 1, shiftSpansMin).size, 2);
    assert.equal(after(shiftSpansMin - 1, shiftSpansMin - 1).size, 0);
  });
});
