/** Clocks of hosts that disagree: shown, and used for geometry only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignClocks, type ClockSkew } from '../../../src/analysis/time/clock-skew.ts';
import { nestSpans } from '../../../src/analysis/time/span-tree.ts';
import { idOf, orderOf, pathOf, type SpanSketch, shares } from '../../support/spans.ts';

const caller: SpanSketch = { name: 'caller', at: 10, ms: 100, instance: 'a' };

function skewsOf(steps: readonly SpanSketch[], maxSkewMs?: number): readonly ClockSkew[] {
  const order = orderOf(steps);
  const limit = maxSkewMs === undefined ? undefined : maxSkewMs * 1e6;
  return alignClocks(order, nestSpans(order), limit).skews;
}

/** Milliseconds by which a callee on another host is moved. */
function moved(at: number, ms: number, more: Partial<SpanSketch> = {}): number {
  const callee: SpanSketch = { name: 'callee', in: 'caller', at, ms, instance: 'b', ...more };
  const [skew] = skewsOf([caller, callee]);
  if (skew === undefined) return 0;
  assert.deepEqual([skew.event_id, skew.warning], [idOf('callee'), null]);
  return skew.adjusted_us / 1000;
}

test('a callee that fits, or that outlasts its caller, stays where it is', () => {
  assert.equal(moved(20, 50), 0);
  assert.equal(moved(10, 100), 0);
  assert.equal(moved(20, 150), 0);
});

test('a callee that sticks out is put in the middle of its caller, a longer one at its start', () => {
  assert.equal(moved(0, 50), 35);
  assert.equal(moved(50, 70), -25);
  assert.equal(moved(0, 150), 10);
});

test('clocks of one host are never compared', () => {
  assert.equal(moved(0, 50, { instance: 'a' }), 0);
  const nameless = [caller, { name: 'callee', in: 'caller', at: 0, ms: 50 }].map((step) => ({
    ...step,
    instance: null,
  }));
  assert.deepEqual(skewsOf(nameless), []);
});

test('where nobody knows the host, or nobody waits, only what cannot be is moved', () => {
  assert.equal(moved(50, 70, { service: 'other', instance: null }), 0);
  assert.equal(moved(0, 50, { service: 'other', instance: null }), 10);
  assert.equal(moved(50, 70, { tags: { blocking: 'false' } }), 0);
  assert.equal(moved(0, 50, { tags: { blocking: 'false' } }), 10);
});

test('all spans of a host move together, and what they call starts from there', () => {
  const steps: SpanSketch[] = [
    caller,
    { name: 'callee', in: 'caller', at: 0, ms: 50, instance: 'b' },
    { name: 'inner', in: 'callee', at: 10, ms: 20, instance: 'b' },
    { name: 'third', in: 'inner', at: 46, ms: 10, instance: 'c' },
  ];
  assert.deepEqual(
    skewsOf(steps).map(({ event_id, adjusted_us }) => [event_id, adjusted_us]),
    [
      [idOf('callee'), 35_000],
      [idOf('inner'), 35_000],
    ],
  );
  assert.deepEqual(shares(steps), { caller: 50, callee: 30, inner: 10, third: 10 });
});

test('more than the limit is said and left', () => {
  const early: SpanSketch = { name: 'callee', in: 'caller', at: 0, ms: 50, instance: 'b' };
  const warnings = skewsOf([caller, early], 10);
  assert.deepEqual(
    warnings.map(({ event_id, adjusted_us }) => [event_id, adjusted_us]),
    [[idOf('callee'), 0]],
  );
  assert.match(warnings[0]?.warning ?? '', /35 ms behind .* 10 ms/);
  const late = skewsOf([caller, { ...early, at: 80 }], 10);
  assert.match(late[0]?.warning ?? '', /45 ms ahead .* 10 ms/);
});

test('a missing caller is named', () => {
  const [missing] = skewsOf([{ ...caller, in: 'gone' }]);
  assert.match(missing?.warning ?? '', new RegExp(`parent ${idOf('gone')} is not in the trace`));
  const [called] = skewsOf([{ ...caller, span: 's2', upstream: 's1' }]);
  assert.match(called?.warning ?? '', /the span s1 that called it is not in the trace/);
});

test('the path of a request shows what its callee on a wrong clock did', () => {
  const steps: SpanSketch[] = [
    caller,
    { name: 'callee', in: 'caller', at: -500, ms: 80, instance: 'b' },
  ];
  const path = pathOf(steps);
  assert.deepEqual(
    path.sections.map(({ event_id, start_us, end_us }) => [event_id, start_us, end_us]),
    [
      [idOf('caller'), 600_000, 610_000],
      [idOf('callee'), 520_000, 600_000],
      [idOf('caller'), 510_000, 520_000],
    ],
  );
  assert.deepEqual(path.clock_skew, [
    { event_id: idOf('callee'), adjusted_us: 520_000, warning: null },
  ]);
});
