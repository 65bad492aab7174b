/** Two traces side by side, services as a map, steps summed up and as a flame. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nodesMax, serviceMap } from '../../web/src/model/service-map.ts';
import { csvOf, jsonOf, markdownOf } from '../../web/src/model/table-text.ts';
import { compareTimelines, filterSteps } from '../../web/src/model/trace/comparison.ts';
import { flameRowAt } from '../../web/src/model/trace/flame.ts';
import { medianTrace } from '../../web/src/model/trace/median-trace.ts';
import { stepSums } from '../../web/src/model/trace/statistics.ts';
import { readTimeline, type Timeline, wordsOf } from '../../web/src/model/trace/timeline.ts';

/** A timeline of steps of these names; each took as many microseconds as it has letters. */
function timeline(names: readonly string[], values: readonly string[] = []): Timeline {
  const column = (of: (place: number) => number) => names.map((_, place) => of(place));
  return readTimeline({
    trace_id: 't',
    base: '2026-01-01T00:00:00Z',
    start_us: 0,
    rows: names.length,
    tables: {
      kinds: ['FunctionCall'],
      services: ['web'],
      names: [...names],
      places: [''],
      threads: ['main'],
      values: [...values],
    },
    at: column(() => 1),
    took: column((place) => names[place]?.length ?? 0),
    depth: column(() => 0),
    kind: column(() => 0),
    service: column(() => 0),
    name: column((place) => place),
    place: column(() => 0),
    thread: column(() => 0),
    value: column((place) => (place < values.length ? place : -1)),
    flags: column(() => 0),
    slack: column(() => -1),
    ...{ skew: column(() => 0), locks: column(() => 0), lock_sets: [[]] },
    sections: [],
    edges: [],
    complete: true,
    truncated_by: null,
    races: [],
  });
}

function told(a: Timeline, b: Timeline): string {
  return compareTimelines(a, b)
    .steps.map((step) => `${step.a?.name ?? '-'}/${step.b?.name ?? '-'}`)
    .join(' ');
}

test('the median of traces has what more than half of them do, as long as the middle one', () => {
  assert.equal(medianTrace([]), null);
  const usual = medianTrace([
    timeline(['x', 'yy'], ['1', '2']),
    timeline(['x', 'yy', '__proto__'], ['1', '3']),
    timeline(['x', 'z'], ['1', '4']),
  ]);
  assert.ok(usual !== null);
  const words = Array.from({ length: usual.rows }, (_, row) => wordsOf(usual, row));
  assert.deepEqual(
    words.map(({ name, tookUs, value }) => [name, tookUs, value]),
    [
      ['x', 1, '1'],
      ['yy', 2, 'varies'],
    ],
  );
  // Beside itself, a trace is as usual.
  const own = timeline(['x', 'yy']);
  const { steps, inBoth } = compareTimelines(own, medianTrace([own]) ?? own);
  assert.deepEqual([steps.length, inBoth], [2, 2]);
  assert.deepEqual(new Set(steps.map(({ changeUs }) => changeUs)), new Set([0]));
});

test('steps are matched by name and number, and what only one has stands in its place', () => {
  assert.equal(told(timeline(['x', 'y']), timeline(['x', 'y'])), 'x/x y/y');
  assert.equal(told(timeline(['x', 'y', 'y']), timeline(['y', 'z'])), 'x/- y/y y/- -/z');
  assert.equal(told(timeline(['x', 'y']), timeline(['x', 'p', 'y', 'q'])), 'x/x -/p y/y -/q');
  assert.equal(told(timeline(['y', 'x']), timeline(['x', 'y'])), 'y/y x/x');
  assert.equal(told(timeline([]), timeline(['__proto__'])), '-/__proto__');
  const { steps, inBoth } = compareTimelines(
    timeline(['x', 'y'], ['1', '2']),
    timeline(['x', 'z'], ['1', '3']),
  );
  assert.equal(inBoth, 1);
  assert.deepEqual(
    ['all', 'slower', 'one', 'values'].map((filter) => filterSteps(steps, filter as 'all').length),
    [3, 0, 2, 0],
  );
});

test('every step of two traces is there once, whatever their order', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c', '__proto__'), { maxLength: 12 });
  fc.assert(
    fc.property(names, names, (a, b) => {
      const { steps, inBoth } = compareTimelines(timeline(a), timeline(b));
      const own = (side: 'a' | 'b') => steps.flatMap((step) => step[side]?.name ?? []);
      assert.deepEqual(own('a'), a);
      assert.deepEqual(own('b').toSorted(), b.toSorted());
      assert.equal(steps.length, a.length + b.length - inBoth);
    }),
  );
});

test('too many services share nodes by the beginnings of their names', () => {
  const services = Array.from({ length: 200 }, (_, place) => ({
    name: `team${place % 3}-service${place}`,
    event_count: 10,
    trace_count: 200 - place,
  }));
  const edges = [
    {
      from_service: 'team0-service0',
      to_service: 'team1-service199',
      link_type: 'HttpCall',
      call_count: 3,
    },
  ];
  const issues = [{ services: ['team1-service199', 'team1-service196'] }];
  const shared = {
    variable: 'x',
    access_count: 1,
    trace_count: 1,
    thread_count: 1,
    race_count: 1,
    services: ['team0-service0', 'team2-service2', '__proto__'],
    access_types: [],
    complete: true,
  };
  const { nodes, calls, shares } = serviceMap(services, edges, [shared], issues);
  assert.ok(nodes.length <= nodesMax);
  assert.deepEqual(calls, [{ from: 'team0-service0', to: 'team1-…', calls: 3 }]);
  assert.equal(nodes.find(({ name }) => name === 'team1-…')?.races, 1);
  assert.deepEqual(shares, [
    { between: ['team0-service0', 'team2-service2'], variables: ['x'], races: 1 },
  ]);
  assert.equal(
    nodes.reduce((sum, node) => sum + node.services.length, 0),
    200,
  );
});

/** Steps as `[name, depth, start, took]`. */
function nested(...steps: readonly (readonly [string, number, number, number])[]): Timeline {
  const plain = timeline(steps.map(([name]) => name));
  return {
    ...plain,
    depth: Int32Array.from(steps.map(([, depth]) => depth)),
    start: Float64Array.from(steps.map(([, , start]) => start)),
    end: Float64Array.from(steps.map(([, , start, took]) => start + took)),
    totalUs: Math.max(...steps.map(([, , start, took]) => start + took)),
  };
}

test('what a step took itself is what those below it did not', () => {
  const sums = stepSums(
    nested(
      ['root', 0, 0, 100],
      ['load', 1, 10, 30],
      ['query', 2, 15, 5],
      // At once with the one before: the time of both counts once.
      ['load2', 1, 30, 30],
      ['moment', 1, 70, 0],
      // Goes on after its caller.
      ['late', 1, 90, 30],
    ),
  );
  assert.deepEqual(
    sums.map(({ name, selfUs, totalUs }) => `${name} ${selfUs} ${totalUs}`),
    ['root 40 100', 'load2 30 30', 'late 30 30', 'load 25 30', 'query 5 5'],
  );
});

test('a click into the flame finds the step that lies there', () => {
  const steps = nested(['root', 0, 0, 100], ['a', 1, 10, 30], ['b', 1, 50, 40]);
  const span = { from: 0, to: 100 };
  const at = (x: number, y: number) => flameRowAt(steps, span, { x, y, width: 100 });
  assert.deepEqual([at(5, 5), at(20, 25), at(60, 25), at(45, 25), at(20, 60)], [0, 1, 2, -1, -1]);
});

test('sums of a very deep trace end, and are never less than nothing', () => {
  const deep = nested(
    ...Array.from({ length: 50_000 }, (_, at) => ['step', at, at, 100_000 - at] as const),
  );
  const [sum] = stepSums(deep);
  assert.equal(sum?.count, 50_000);
  assert.ok((sum?.selfUs ?? -1) >= 0);
});

test('tables leave the page as text that no spreadsheet and no ticket runs', () => {
  const rows = [
    ['Variable', 'Races'],
    ['=cmd|"/c calc"!A1', '-1'],
    ['@x, "y"\n<b>|', '__proto__'],
  ];
  assert.equal(
    csvOf(rows),
    'Variable,Races\r\n"\'=cmd|""/c calc""!A1",\'-1\r\n"\'@x, ""y""\n<b>|",__proto__\r\n',
  );
  assert.equal(
    markdownOf(rows).split('\n').slice(1).join('\n'),
    '| --- | --- |\n| =cmd\\|"/c calc"!A1 | -1 |\n| @x, "y" \\<b\\>\\| | \\_\\_proto\\_\\_ |\n',
  );
  const origin = { url: 'http://localhost/variables', version: '1' };
  const { rows: objects, ...from } = JSON.parse(jsonOf(rows, origin));
  assert.deepEqual(objects[0], { Variable: '=cmd|"/c calc"!A1', Races: '-1' });
  assert.deepEqual(from, origin);
});
