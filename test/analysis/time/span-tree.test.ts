/** Which step lies in which, and when each began, where SDKs chain all events of a request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindName } from '../../../src/domain/event/event-kind.ts';
import { pathOf, type SpanSketch, shares } from '../../support/spans.ts';

const request = { method: 'GET', url: '/', headers: {}, body: null };
const response = (ms = 0) => ({ status: 200, headers: {}, body: null, duration_ms: ms });

/** Events of one request as an SDK chains and stamps them: each names the one before as parent. */
function strand(
  sdk: string | null,
  service: string,
  steps: readonly (Pick<SpanSketch, 'name' | 'at' | 'ms' | 'payload'> & { kind?: KindName })[],
  more: Partial<SpanSketch> = {},
): SpanSketch[] {
  return steps.map((step, place) => ({
    thread: service,
    service,
    tags: sdk === null ? {} : { sdk_language: sdk },
    span: service,
    ...(place === 0 ? {} : { in: steps[place - 1]?.name ?? '' }),
    ...more,
    ...step,
  }));
}

const start = (name: string, at: number) =>
  ({ name, at, kind: 'HttpRequest', payload: request }) as const;
const done = (name: string, at: number, ms = 0) =>
  ({ name, at, kind: 'HttpResponse', payload: response(ms) }) as const;

test('a chain of finished functions is nested by time', () => {
  const steps = strand('python', 'web', [
    start('in', 0),
    { name: 'inner', at: 40, ms: 20 },
    { name: 'outer', at: 50, ms: 45 },
    { name: 'next', at: 90, ms: 30 },
    done('out', 100),
  ]);
  assert.deepEqual(shares(steps), { out: 25, outer: 25, inner: 20, next: 30 });
});

test('a request without a recorded response lasts until its last event', () => {
  const steps = strand('go', 'web', [start('in', 0), { name: 'x', at: 30 }]);
  assert.deepEqual(shares(steps), { in: 30 });
});

test('a function that TypeScript stamps a little after its caller began still lies in it', () => {
  const steps = strand('typescript', 'web', [
    start('in', 0),
    { name: 'inner', at: 29.6, ms: 20 },
    { name: 'outer', at: 30, ms: 20 },
    done('out', 40),
  ]);
  assert.deepEqual(shares(steps), { out: 20, outer: 0.4, inner: 19.6 });
});

test('a call lies in the function that made it, though no event in the caller tells of it', () => {
  const steps = [
    ...strand('python', 'web', [
      start('in', 0),
      { name: 'work', at: 90, ms: 80 },
      done('out', 100),
    ]),
    ...strand('go', 'db', [start('q', 20), done('a', 60)], { upstream: 'web' }),
  ];
  assert.deepEqual(shares(steps), { out: 20, work: 40, a: 40 });
});

test('a tag says which end of a step is stamped', () => {
  const root: SpanSketch = { name: 'root', at: 0, ms: 100, thread: 'main' };
  const late: SpanSketch = { name: 'late', in: 'root', at: 80, ms: 30, tags: { ts: 'end' } };
  assert.deepEqual(shares([root, late]), { root: 70, late: 30 });
  const early = { ...late, tags: { ts: 'start', sdk_language: 'python' } };
  assert.deepEqual(shares([root, early]), { root: 80, late: 20 });
});

test('a query that only says how long it took has ended when it is stamped', () => {
  const query = { query: 'SELECT 1', database: 'main', duration_ms: 15 };
  const steps: SpanSketch[] = [
    { name: 'root', at: 0, ms: 40, thread: 'main' },
    { name: 'query', in: 'root', at: 30, thread: 'main', kind: 'DatabaseQuery', payload: query },
  ];
  assert.deepEqual(shares(steps), { root: 25, query: 15 });
});

test('requests written by hand are as long as they say', () => {
  const steps = [
    ...strand(null, 'web', [start('in', 0), done('out', 100, 100)]),
    ...strand(null, 'db', [start('q', 20), done('a', 60, 45)], { upstream: 'web' }),
  ];
  assert.deepEqual(shares(steps), { out: 55, a: 45 });
});

test('one step after the other on one thread is not nested, whatever their links say', () => {
  const steps: SpanSketch[] = [
    { name: 'root', at: 0, ms: 100, thread: 'main' },
    { name: 'first', in: 'root', at: 10, ms: 20, thread: 'main' },
    { name: 'note', in: 'first', at: 35, thread: 'main' },
    { name: 'second', in: 'note', at: 40, ms: 50, thread: 'main' },
  ];
  assert.deepEqual(shares(steps), { root: 30, first: 20, second: 50 });
});

test('the path is that of the earliest request that nothing in the trace called', () => {
  const steps = [
    ...strand('go', 'second', [start('b', 10), done('b2', 30)]),
    ...strand('go', 'first', [start('a', 5), done('a2', 20)], { upstream: 'missing' }),
    ...strand('go', 'third', [start('c', 2), done('c2', 4)], { upstream: 'untimed' }),
    ...strand('go', 'untimed', [{ name: 'u', at: 0 }]),
  ];
  const { path, other_roots } = pathOf(steps);
  assert.deepEqual(
    [path, other_roots].map((list) => list.map(({ service }) => service)),
    [['first'], ['third', 'second']],
  );
});

test('parent links that run against the nesting in time come to an end', () => {
  const a = { service: 'a', thread: 'a', tags: { ts: 'start' } };
  const b = { service: 'b', thread: 'b', tags: { ts: 'end' } };
  const steps: SpanSketch[] = [
    { name: 'point', at: 0, ...b },
    { name: 'outer', in: 'point', at: 1, ms: 50, ...a },
    { name: 'around', in: 'outer', at: 100, ms: 100, ...b },
  ];
  assert.equal(pathOf(steps).total_duration_ms, 100);
});

const call = (name: string, at: number, function_name: string, args: object | null = null) =>
  ({
    name,
    at,
    payload: { function_name, module: 'm', args, file: `${name}.go`, line: 1 },
  }) as const;
const back = (name: string, at: number, function_name: string) =>
  ({ name, at, kind: 'FunctionReturn', payload: { function_name, return_value: null } }) as const;

test('a function that is called in one event and returns in another is a step, recursion included', () => {
  const steps = strand('go', 'web', [
    start('in', 0),
    call('f1', 10, 'f'),
    call('f2', 20, 'f'),
    back('r2', 50, 'f'),
    call('g', 60, 'g'),
    back('rg', 70, 'g'),
    back('r1', 80, 'f'),
    back('odd', 90, 'never called'),
    done('out', 100),
  ]);
  assert.deepEqual(shares(steps), { out: 30, r1: 30, r2: 30, rg: 10 });
  assert.deepEqual(
    pathOf(steps).path.map(({ kind, operation, location }) => [kind, operation, location]),
    [
      ['HttpRequest(GET /)', 'GET /', '/'],
      ['FunctionCall(f)', 'f', 'f1.go:1'],
      ['FunctionCall(f)', 'f', 'f2.go:1'],
      ['FunctionCall(g)', 'g', 'g.go:1'],
    ],
  );
});

test('what decorators of the Python SDK record as f:return, f:error, f:spawn and f:await are steps', () => {
  const took = (duration_ms: number) => ({ duration_ms, status: 'success' });
  const steps = strand('python', 'web', [
    start('in', 0),
    call('f', 10, 'f'),
    call('inner', 20, 'g:spawn'),
    call('waited', 40, 'g:await', took(20)),
    call('fr', 60, 'f:return', took(50)),
    call('h', 70, 'h'),
    call('failed', 80, 'h:error', took(10)),
    // Its call came in a batch that was lost.
    call('alone', 95, 'm.k:return', took(5)),
    done('out', 100),
  ]);
  assert.deepEqual(shares(steps), { out: 35, fr: 30, waited: 20, failed: 10, alone: 5 });
  assert.deepEqual(
    pathOf(steps).path.map(({ kind }) => kind),
    ['HttpRequest(GET /)', ...['f', 'g', 'h', 'm.k'].map((name) => `FunctionCall(${name})`)],
  );
});

test('what runs after the response is no time of the request, nor is what that calls', () => {
  const steps = [
    ...strand('typescript', 'web', [
      start('in', 0),
      { name: 'work', at: 8, ms: 6 },
      done('out', 10),
      // It began before the response, but the request did not wait for it.
      { name: 'job', at: 60, ms: 55 },
      { name: 'step', at: 90, ms: 20 },
    ]),
    ...strand('go', 'mail', [start('mail-in', 75), done('mail-out', 85)], { upstream: 'web' }),
  ];
  assert.deepEqual(shares(steps), { out: 4, work: 6 });
  const { other_roots, after_response, total_duration_ms, self_times } = pathOf(steps);
  assert.equal(total_duration_ms, 10);
  assert.deepEqual(other_roots, []);
  assert.deepEqual([after_response.event_count, after_response.duration_ms], [4, 80]);
  assert.deepEqual(
    after_response.steps.map(({ service, duration_ms }) => [service, duration_ms]),
    [
      ['web', 55],
      ['web', 20],
      ['mail', 10],
    ],
  );
  assert.equal(self_times.length, 2);
});

test('a job that nothing leads to is after the response of its process, and of no other', () => {
  const job = (instance: string) =>
    strand('go', 'web', [call('a', 20, 'job'), back('b', 50, 'job')], {
      thread: 'job',
      span: 'job',
      instance,
    });
  const request = strand('go', 'web', [start('in', 0), done('out', 10)], { instance: 'one' });
  const own = pathOf([...request, ...job('one')]);
  assert.deepEqual([own.after_response.event_count, own.other_roots.length], [2, 0]);
  const foreign = pathOf([...request, ...job('two')]);
  assert.deepEqual([foreign.after_response.event_count, foreign.other_roots.length], [0, 1]);
});

test('a response to a request that the service made is not its own', () => {
  const steps = strand(null, 'web', [
    start('in', 0),
    { name: 'ask', at: 10, kind: 'HttpRequest', payload: request },
    done('told', 20),
    { name: 'after', at: 20, ms: 30 },
    done('out', 60, 60),
  ]);
  assert.equal(pathOf(steps).after_response.event_count, 0);
  assert.equal(pathOf(steps.slice(0, -1)).after_response.event_count, 0);
});
