/** What holds of the critical path of any tree of steps, however deep or wide. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { budgets } from '../../../src/analysis/budgets.ts';
import { type Steps, walkCriticalPath } from '../../../src/analysis/time/critical-walk.ts';
import { selfTimes } from '../../../src/analysis/time/self-times.ts';
import { assertProperty } from '../../support/properties.ts';
import { pathOf, type SpanSketch } from '../../support/spans.ts';

const tree = fc.array(
  fc.record({
    parent: fc.nat(),
    at: fc.integer({ min: 0, max: 120 }),
    ms: fc.integer({ min: 1, max: 100 }),
    awaited: fc.integer({ min: 0, max: 9 }).map((die) => die > 0),
    host: fc.constantFrom('a', 'a', 'b'),
  }),
  { minLength: 1, maxLength: 40 },
);

function sketches(list: typeof tree extends fc.Arbitrary<infer List> ? List : never): SpanSketch[] {
  return list.map(({ parent, at, ms, awaited, host }, place) => ({
    name: `s${place}`,
    at,
    ms,
    instance: host,
    tags: awaited ? {} : { blocking: 'false' },
    ...(place === 0 ? {} : { in: `s${parent % place}` }),
  }));
}

function stepsOf(list: readonly SpanSketch[]): Steps {
  const children = list.map(() => [] as number[]);
  list.forEach(({ in: parent }, place) => {
    if (parent !== undefined) children[Number(parent.slice(1))]?.push(place);
  });
  return {
    start: Float64Array.from(list, ({ at }) => at),
    end: Float64Array.from(list, ({ at, ms = 0 }) => at + ms),
    childrenOf: (step) => Int32Array.from(children[step] ?? []),
    isAwaited: list.map(({ tags }) => !('blocking' in (tags ?? {}))),
  };
}

test('sections cut the root into parts that lie in their steps', (t) => {
  assertProperty(
    t,
    1500,
    fc.property(tree.map(sketches), (list) => {
      const steps = stepsOf(list);
      const { sections, visited } = walkCriticalPath(0, steps);
      let time = steps.end[0];
      for (const { step, start, end } of sections) {
        assert.equal(end, time);
        assert.ok(start < end);
        assert.ok((steps.start[step] as number) <= start && end <= (steps.end[step] as number));
        assert.ok(visited.some((met) => met.step === step));
        // Nobody waits for a step while a child that it waits for is the last to end.
        for (const child of steps.childrenOf(step)) {
          const ends = steps.end[child] as number;
          assert.ok(!steps.isAwaited[child] || ends <= start || ends >= end);
        }
        time = start;
      }
      assert.equal(time, steps.start[0]);
    }),
  );
});

test('percentages add up to 100, times to the time of the root, whatever clocks say', (t) => {
  assertProperty(
    t,
    300,
    fc.property(tree.map(sketches), (list) => {
      const { path, sections, total_duration_ms, self_times } = pathOf(list);
      const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
      assert.ok(Math.abs(sum(path.map(({ percentage }) => percentage)) - 100) < 1e-6);
      const shares = sum(path.map((step) => step.on_critical_path_ms));
      assert.ok(Math.abs(shares - total_duration_ms) < 1e-6);
      const parts = sum(sections.map(({ start_us, end_us }) => end_us - start_us));
      assert.ok(Math.abs(parts / 1000 - total_duration_ms) < 1e-6);
      assert.ok(self_times.every(({ self_time_ms }) => self_time_ms >= 0));
    }),
  );
});

test('a step was busy itself when no child that it waited for was', (t) => {
  assertProperty(
    t,
    500,
    fc.property(tree.map(sketches), (list) => {
      const steps = stepsOf(list);
      selfTimes(steps).forEach((own, step) => {
        const children = steps.childrenOf(step).filter((child) => steps.isAwaited[child] === true);
        let moments = 0;
        for (let at = steps.start[step] as number; at < (steps.end[step] as number); at += 1) {
          const isIn = (child: number) =>
            (steps.start[child] as number) <= at && at < (steps.end[child] as number);
          if (!children.some(isIn)) moments += 1;
        }
        assert.equal(own, moments);
      });
    }),
  );
});

test('100,000 steps in each other or side by side need no recursion', () => {
  const count = 100_000;
  const deep: Steps = {
    start: Float64Array.from({ length: count }, (_, step) => step),
    end: Float64Array.from({ length: count }, (_, step) => 2 * count - step),
    childrenOf: (step) => Int32Array.from(step + 1 < count ? [step + 1] : []),
    isAwaited: new Array<boolean>(count).fill(true),
  };
  assert.equal(walkCriticalPath(0, deep).sections.length, 2 * count - 1);
  const all = Int32Array.from({ length: count - 1 }, (_, step) => step + 1);
  const wide: Steps = {
    ...deep,
    end: Float64Array.from({ length: count }, (_, step) => (step === 0 ? count : step + 1)),
    childrenOf: (step) => (step === 0 ? all : new Int32Array()),
  };
  assert.equal(walkCriticalPath(0, wide).sections.length, count);
});

test('a path with too many steps says that it is cut', () => {
  const count = budgets.criticalPathEntries + 1;
  const list = Array.from(
    { length: count },
    (_, place): SpanSketch => ({
      name: `s${place}`,
      at: place,
      ms: 2 * (count - place),
      ...(place === 0 ? {} : { in: `s${place - 1}` }),
    }),
  );
  const { path_events, path, complete, truncated_by } = pathOf(list);
  assert.deepEqual(
    [path_events, path.length, complete, truncated_by],
    [count, count - 1, false, 'critical_path_entries'],
  );
});
