/** What the overview tells of a histogram and of anomalies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyList, TraceHistogram } from '../../web/src/api/types.ts';
import { durationBars, happened, medianBar, slowOperations } from '../../web/src/model/overview.ts';
import { bucketRows } from '../../web/src/model/trace/trace-picture.ts';

const histogram = {
  total: 6,
  edges_ms: [1, 2, 4, 8, 16],
  buckets: [
    { start: 't0', total: 5, raced: 1, failed: 0, odd: 0 },
    { start: 't1', total: 1, raced: 0, failed: 1, odd: 1 },
  ],
  cells: [
    { bucket: 0, row: 1, total: 2, raced: 1, failed: 0, odd: 0 },
    { bucket: 0, row: 2, total: 3, raced: 0, failed: 0, odd: 0 },
    { bucket: 1, row: 2, total: 1, raced: 0, failed: 1, odd: 1 },
  ],
} as unknown as TraceHistogram;

test('durations from the shortest to the longest, with the bar of the middle trace', () => {
  const bars = durationBars(histogram);
  assert.deepEqual(bars, [
    { fromMs: 2, toMs: 4, total: 2, odd: 0 },
    { fromMs: 4, toMs: 8, total: 4, odd: 1 },
  ]);
  assert.equal(medianBar(bars)?.fromMs, 4);
  assert.equal(medianBar([]), null);
  assert.deepEqual(durationBars({ ...histogram, cells: [] }), []);
  assert.deepEqual(happened(histogram), { raced: 1, failed: 1, odd: 1 });
  assert.deepEqual(bucketRows(histogram).at(-1), ['t1', '1', '0', '1', '1']);
  assert.equal(bucketRows(null).length, 1);
});

test('operations that were slow: once each by its worst, the furthest from usual in front', () => {
  const anomaly = (operation: string, took: number, usual: number, kind = 'slow') =>
    ({
      ...{ operation, service: 's', event_kind: 'k', kind },
      ...{ actual_duration_ms: took, p50_ms: usual, trace_id: `${took}`, event_id: 'e' },
    }) as unknown as AnomalyList['anomalies'][number];
  const found = slowOperations([
    anomaly('a', 20, 10),
    anomaly('b', 50, 5),
    anomaly('a', 40, 10),
    anomaly('c', 1, 50, 'fast'),
    anomaly('d', 9, 0),
  ]);
  assert.deepEqual(
    found.map(({ operation, times, factor, worst }) => [operation, times, factor, worst.trace_id]),
    [
      ['b', 1, 10, '50'],
      ['a', 2, 4, '40'],
      ['d', 1, 0, '9'],
    ],
  );
});
