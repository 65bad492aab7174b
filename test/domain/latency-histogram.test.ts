import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DDSketch } from '@datadog/sketches-js';
import fc from 'fast-check';
import {
  BIN_WIDTH,
  binMs,
  binOf,
  countOf,
  type Histogram,
  logDeviation,
  mergeHistograms,
  quantileBin,
} from '../../src/domain/latency/histogram.ts';
import { assertProperty } from '../support/properties.ts';

const RUNS = 300;
/** A hair more than 1 %, for the rounding of doubles. */
const ACCURACY = 0.01 + 1e-9;

/** From a microsecond to a year, evenly on a logarithmic scale. */
const duration = fc
  .double({ min: Math.log(0.001), max: Math.log(3e10), noNaN: true })
  .map((logarithm) => Math.max(0.001, Math.exp(logarithm)));
const durations = fc.array(duration, { minLength: 1, maxLength: 200 });

function histogramOf(values: readonly number[]): Histogram {
  return mergeHistograms(values.map((value) => new Map([[binOf(value), 1]])));
}

function near(actual: number, expected: number, accuracy = ACCURACY): boolean {
  return Math.abs(actual - expected) <= accuracy * expected;
}

test('every duration is within 1 % of its bin', (t) => {
  assertProperty(
    t,
    RUNS,
    fc.property(duration, (value) => near(binMs(binOf(value)), value)),
  );
  assert.deepEqual([0, 0.0001, 0.001].map(binOf), [0, 0, 0]);
  assert.equal(binOf(1e300), binOf(1e13));
});

test('P14: histograms merge in any order and any grouping, without a trace of it', (t) => {
  assertProperty(
    t,
    RUNS,
    fc.property(durations, durations, durations, (a, b, c) => {
      const [x, y, z] = [a, b, c].map(histogramOf) as [Histogram, Histogram, Histogram];
      const whole = histogramOf([...a, ...b, ...c]);
      assert.deepEqual(mergeHistograms([x, y, z]), whole);
      assert.deepEqual(mergeHistograms([z, x, y]), whole);
      assert.deepEqual(mergeHistograms([mergeHistograms([x, y]), z]), whole);
      assert.deepEqual(mergeHistograms([x, mergeHistograms([z, y])]), whole);
      assert.deepEqual(mergeHistograms([x, new Map()]), x);
      assert.equal(countOf(whole), a.length + b.length + c.length);
    }),
  );
});

test('P14: every quantile is within 1 % of the exact one, and of the reference sketch', (t) => {
  assertProperty(
    t,
    RUNS,
    fc.property(durations, durations, (a, b) => {
      const merged = mergeHistograms([histogramOf(a), histogramOf(b)]);
      const sorted = [...a, ...b].sort((x, y) => x - y);
      const reference = new DDSketch({ relativeAccuracy: 0.01 });
      for (const value of sorted) reference.accept(value);
      const count = sorted.length;
      sorted.forEach((exact, place) => {
        const value = binMs(quantileBin(merged, (place + 0.5) / count));
        assert.ok(near(value, exact), `${value} for ${exact}`);
        // Its ranks lie between 0 and count - 1.
        const quantile = Math.min(1, (place + 0.25) / Math.max(1, count - 1));
        assert.ok(near(value, reference.getValueAtQuantile(quantile), 2.1 * ACCURACY));
      });
      assert.ok(near(binMs(quantileBin(merged, 0)), sorted[0] as number));
      assert.ok(near(binMs(quantileBin(merged, 1)), sorted.at(-1) as number));
    }),
  );
});

test('the deviation of logarithms is the exact one to the width of two bins', (t) => {
  assertProperty(
    t,
    RUNS,
    fc.property(durations, (values) => {
      const middle = (list: readonly number[]) =>
        list.toSorted((a, b) => a - b)[Math.ceil(list.length / 2) - 1] as number;
      const logarithms = values.map(Math.log);
      const median = middle(logarithms);
      const exact = middle(logarithms.map((logarithm) => Math.abs(logarithm - median)));
      return Math.abs(logDeviation(histogramOf(values)) - exact) <= 2 * BIN_WIDTH;
    }),
  );
});
