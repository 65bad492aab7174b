/** What a critical path is, by worked examples and by the recorded chain of three services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceDependencies } from '../../../src/analysis/dependencies.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { StatementReader } from '../../../src/analysis/statements/statement-reader.ts';
import { criticalPath, noCriticalPath } from '../../../src/analysis/time/critical-path.ts';
import { traceReport } from '../../../src/analysis/trace-report.ts';
import { namedRaces } from '../../../src/domain/findings/issue.ts';
import { access, traceEvents, wireEvent } from '../../support/events.ts';
import { recordedTraces } from '../../support/recordings.ts';
import { idOf, orderOf, pathOf, type SpanSketch, shares } from '../../support/spans.ts';

const spawn = (task: string) =>
  ({ kind: 'AsyncSpawn', payload: { task_id: task, spawned_by: 'a' } }) as const;
const join = (task: string) =>
  ({ kind: 'AsyncAwait', payload: { future_id: task, awaited_at: 'a' } }) as const;

test('nested steps share the time of the outermost', () => {
  const steps = [
    { name: 'A', at: 0, ms: 100 },
    { name: 'B', in: 'A', at: 10, ms: 80 },
    { name: 'C', in: 'B', at: 20, ms: 60 },
  ];
  assert.deepEqual(shares(steps), { A: 20, B: 20, C: 60 });
  const { total_duration_ms, trace_total_duration_ms, percentage_of_total, path } = pathOf(steps);
  assert.deepEqual(
    [total_duration_ms, trace_total_duration_ms, percentage_of_total],
    [100, 100, 100],
  );
  assert.deepEqual(
    path.map(({ id, percentage }) => [id, percentage]),
    [
      [idOf('A'), 20],
      [idOf('B'), 20],
      [idOf('C'), 60],
    ],
  );
});

test('two calls one after the other are both on the path', () => {
  const steps = [
    { name: 'A', at: 0, ms: 100 },
    { name: 'B', in: 'A', at: 5, ms: 45 },
    { name: 'C', in: 'A', at: 55, ms: 45 },
  ];
  assert.deepEqual(shares(steps), { A: 10, B: 45, C: 45 });
});

test('what nobody waits for is not on the path, however long it takes', () => {
  const request = [
    { name: 'A', at: 0, ms: 100 },
    { name: 'B', in: 'A', at: 20, ms: 10 },
  ];
  const tagged = { name: 'bg', in: 'A', at: 30, ms: 5000, tags: { blocking: 'false' } };
  assert.deepEqual(shares([...request, tagged]), { A: 90, B: 10 });
  const started: SpanSketch[] = [
    { name: 'go', in: 'A', at: 29, thread: 'A', ...spawn('job') },
    { name: 'bg', in: 'go', at: 30, ms: 50 },
  ];
  assert.deepEqual(shares([...request, ...started]), { A: 90, B: 10 });
  const joined: SpanSketch = { name: 'join', in: 'go', at: 85, thread: 'A', ...join('job') };
  assert.deepEqual(shares([...request, ...started, joined]), { A: 40, B: 10, bg: 50 });
});

test('spans that name themselves or each other as callers come to an end', () => {
  const own = [{ name: 'A', at: 0, ms: 10, span: 's1', upstream: 's1' }];
  assert.deepEqual(shares(own), { A: 10 });
  const each = [
    { name: 'A', at: 0, ms: 10, span: 's1', upstream: 's2' },
    { name: 'B', at: 2, ms: 5, span: 's2', upstream: 's1' },
  ];
  assert.equal(pathOf(each).total_duration_ms, 10);
});

test('the order of arrival does not matter', () => {
  const steps = [
    { name: 'A', at: 0, ms: 100, span: 's1', service: 'a' },
    { name: 'B', at: 10, ms: 80, span: 's2', upstream: 's1', service: 'b' },
    { name: 'B2', in: 'B', at: 20, ms: 60, span: 's3', service: 'b' },
  ];
  assert.deepEqual(shares(steps), { A: 20, B: 20, B2: 60 });
  assert.deepEqual(pathOf([...steps].reverse()), pathOf(steps));
});

test('of steps side by side the last to end counts', () => {
  const steps = [
    { name: 'R', at: 0, ms: 120 },
    { name: 'a', in: 'R', at: 10, ms: 50 },
    { name: 'b', in: 'R', at: 10, ms: 90 },
    { name: 'c', in: 'R', at: 10, ms: 20 },
  ];
  assert.deepEqual(shares(steps), { R: 30, b: 90 });
  assert.deepEqual(
    pathOf(steps).path.map(({ percentage }) => percentage),
    [25, 75],
  );
});

test('steps that touch are both on the path, and so are steps that overlap by less than 1 %', () => {
  const touching = [
    { name: 'P', at: 0, ms: 100 },
    { name: 'A', in: 'P', at: 0, ms: 50 },
    { name: 'B', in: 'P', at: 50, ms: 50 },
  ];
  assert.deepEqual(shares(touching), { P: 0, A: 50, B: 50 });
  const overlapping = [
    { name: 'P', at: 0, ms: 100 },
    { name: 'A', in: 'P', at: 0, ms: 50.5 },
    { name: 'B', in: 'P', at: 50, ms: 50 },
  ];
  assert.deepEqual(shares(overlapping), { P: 0, A: 50, B: 50 });
  const parallel = overlapping.map((step) => (step.name === 'A' ? { ...step, ms: 51 } : step));
  assert.deepEqual(shares(parallel), { P: 50, B: 50 });
});

test('a child that sticks out is cut, one that lies outside is left out', () => {
  const steps = [
    { name: 'P', at: 100, ms: 40 },
    { name: 'wide', in: 'P', at: 90, ms: 30 },
    { name: 'late', in: 'P', at: 150, ms: 5 },
    { name: 'deep', in: 'wide', at: 95, ms: 10 },
  ];
  assert.deepEqual(shares(steps), { P: 20, wide: 15, deep: 5 });
  assert.deepEqual(
    pathOf(steps).sections.map(({ event_id, start_us, end_us }) => [event_id, start_us, end_us]),
    [
      [idOf('P'), 30_000, 50_000],
      [idOf('wide'), 15_000, 30_000],
      [idOf('deep'), 10_000, 15_000],
    ],
  );
});

test('two threads of one request of which the second ended last', () => {
  const write = (location: string) => ({
    kind: 'StateChange' as const,
    payload: access('balance', 'Write', { location }),
  });
  const steps: SpanSketch[] = [
    { name: 'handle', at: 0, ms: 17, thread: 'main' },
    { name: 'first', in: 'handle', at: 1, ms: 8, thread: 'worker-1', ...write('a') },
    { name: 'second', in: 'handle', at: 2, ms: 9, thread: 'worker-2', ...write('b') },
    { name: 'respond', in: 'handle', at: 5, ms: 3, thread: 'main' },
  ];
  assert.deepEqual(shares(steps), { handle: 8, second: 9 });
  const { path, total_duration_ms } = pathOf(steps);
  assert.equal(total_duration_ms, 17);
  assert.deepEqual(
    path.map(({ kind, location }) => [kind, location]),
    [
      ['FunctionCall(handle)', 'handle.ts:1'],
      ['StateChange(balance)', 'b'],
    ],
  );
});

test('a function of which nobody told the file has no place', () => {
  const payload = { function_name: 'handle', module: 'm', args: null, file: '', line: 0 };
  const { path } = pathOf([{ name: 'handle', at: 0, ms: 5, kind: 'FunctionCall', payload }]);
  assert.deepEqual(
    path.map(({ kind, location }) => [kind, location]),
    [['FunctionCall(handle)', 'unknown']],
  );
});

test('without an event that took time there is no path', () => {
  assert.equal(criticalPath(orderOf([{ name: 'A', at: 0 }])), null);
  assert.equal(criticalPath(orderOf([])), null);
  const switches = { races: false, spans: true };
  const events = traceEvents([wireEvent({ trace: 'trace' })]);
  const report = traceReport(
    'trace',
    events,
    switches,
    null,
    namedRaces([]),
    new StatementReader(null),
  );
  assert.deepEqual(JSON.parse(report.criticalPath), { trace_id: 'trace', ...noCriticalPath });
});

test('the recorded chain of three SDKs goes through all three services', () => {
  const traces = recordedTraces('chain');
  assert.equal(traces.length, 3);
  for (const trace of traces) {
    const order = analyseOrder(traceEvents(trace));
    const path = criticalPath(order);
    assert.deepEqual(
      path?.path.map(({ service, kind }) => `${service} ${kind}`),
      ['ts-bank', 'py-bank', 'go-bank'].map((service) => `${service} HttpRequest(GET /chain)`),
    );
    assert.deepEqual(traceDependencies(order), {
      services: [
        { name: 'go-bank', event_count: 6 },
        { name: 'py-bank', event_count: 3 },
        { name: 'ts-bank', event_count: 4 },
      ],
      dependencies: [
        { from: 'py-bank', to: 'go-bank', call_count: 1 },
        { from: 'ts-bank', to: 'py-bank', call_count: 1 },
      ],
    });
  }
});
