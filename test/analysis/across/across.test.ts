/** What requests do to each other: the worked examples across traces, and who owns what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { footprintsOf } from '../../../src/analysis/accesses/footprints.ts';
import { findingsAcross } from '../../../src/analysis/across/across.ts';
import {
  changedPairs,
  changeVariable,
  summarizeVariable,
} from '../../../src/analysis/issues/variable-sites.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import type { Finding } from '../../../src/domain/findings/finding.ts';
import { access, type EventSketch, freshId, traceEvents, wireEvent } from '../../support/events.ts';
import { scheduled } from '../../support/schedules.ts';
import { crossFindings, footprints } from './footprint-world.ts';

/** Plain requests by a schedule: what was found, as `level pattern sites`. */
function found(steps: readonly string[], more?: (request: string) => EventSketch): string[] {
  const findings = crossFindings(footprints(traceEvents(scheduled(steps, more))));
  return findings.map(told);
}

function told({ evidence, pattern, subject }: Finding): string {
  return [evidence, pattern, ...subject.sites.map(({ location }) => location)].join(' ');
}

/** One vector for all SDKs that count per request: the same numbers in every request. */
const counting = (request: string): EventSketch => ({ vector: [['web#web-1', Number(request)]] });

test('requests of one instance are not ordered by counters that each starts anew', () => {
  const steps = ['1 begin', '2 begin', '1 r bal ?', '2 r bal ?', '1 w bal ?', '2 w bal ?'];
  assert.deepEqual(found(steps, counting), ['E2 lost_update 1:w bal 2:w bal']);
  const earlier = ['2 begin', '2 begin', ...steps];
  assert.deepEqual(found(earlier, counting), ['E2 lost_update 1:w bal 2:w bal']);
  const blind = ['1 begin', '1 begin', '1 w bal ?', '2 w bal ?', '1 w bal ?'];
  assert.deepEqual(found(blind, counting), ['E1 write_write 1:w bal 2:w bal']);
});

test('a lock of another service is not held by a thread with the same name', () => {
  const held = (trace: string, service: string, at: number) =>
    wireEvent({
      trace,
      service,
      at,
      thread: 'main',
      kind: 'LockAcquire',
      payload: { lock_id: 'L', lock_type: 'Mutex', location: 'lock' },
    });
  const write = (trace: string, service: string, at: number, thread = 'main') =>
    wireEvent({
      trace,
      service,
      at,
      thread,
      kind: 'StateChange',
      payload: access('db:x', 'Write'),
    });
  const all = footprints(
    traceEvents([
      held('t1', 'other', 0),
      write('t2', 'web', 1),
      held('t3', 'web', 2),
      write('t3', 'web', 3),
      write('t2', 'web', 4),
    ]),
  );
  assert.equal(crossFindings(all).length, 1);
});

test('a lock for reading keeps nobody apart, one for writing does; a shared one in all processes', () => {
  const inside = (type: string, instances: readonly [string, string]) => {
    const events = instances.flatMap((instance, place) => {
      const step = (at: number, kind: EventSketch['kind'], payload: object) =>
        wireEvent({ trace: `t${place}`, instance, at: place + at, ...(kind && { kind }), payload });
      const lock = { lock_id: 'rw', lock_type: type, location: 'lock' };
      return [
        step(0, 'LockAcquire', lock),
        step(10, 'StateChange', access('db:x', 'Write')),
        step(20, 'StateChange', access('db:x', 'Write')),
        step(30, 'LockRelease', lock),
      ];
    });
    return crossFindings(footprints(traceEvents(events))).length;
  };
  assert.equal(inside('RwLock::Read', ['i1', 'i1']), 1);
  assert.equal(inside('Mutex', ['i1', 'i1']), 0);
  assert.equal(inside('Mutex', ['i1', 'i2']), 1, 'each process has a lock of its own');
  for (const type of ['redis', 'pg_advisory', 'RowLock', 'DistributedMutex', 'ROW-exclusive']) {
    assert.equal(inside(type, ['i1', 'i2']), 0, type);
  }
  assert.equal(inside('ArrowLock', ['i1', 'i2']), 1);
});

test('a plain name in two processes may be two variables: least proof, whatever the values', () => {
  const hosts = (request: string) => ({ service: request === '1' ? 'web' : 'search' });
  const steps = ['1 r hits 5', '2 r hits 5', '1 w hits 6', '2 w hits 6'];
  const findings = crossFindings(footprints(traceEvents(scheduled(steps, hosts))));
  assert.deepEqual([...new Set(findings.map(({ subject }) => subject.scope))], ['unknown']);
  assert.deepEqual([...new Set(findings.map(({ evidence }) => evidence))], ['E1']);
  assert.deepEqual(found(steps), ['E3 lost_update 1:w hits 2:w hits'], 'in one process it is one');
});

test('200 requests on one row give one finding with a count, and two possible pairs of sites', () => {
  const events = Array.from({ length: 200 }, (_, request) => {
    const step = (at: number, type: string, values: object) =>
      wireEvent({
        trace: `t${String(request).padStart(3, '0')}`,
        at: request * 2 + at,
        thread: `thread-${request}`,
        kind: 'StateChange',
        payload: access('db:stock.7', type, { location: `${type}:1`, ...values }),
      });
    return [
      step(0, 'Read', { new_value: request }),
      step(9, 'Write', { old_value: request, new_value: request + 1 }),
    ];
  }).flat();
  const all = footprints(traceEvents(events));
  const findings = [100, 150].flatMap((own) =>
    findingsAcross(all.slice(own, own + 1), [
      ...all.slice(own - 64, own),
      ...all.slice(own + 1, own + 17),
    ]),
  );
  // Each request overlapped the four before it.
  assert.deepEqual(findings.map(told), Array(2).fill('E2 lost_update Write:1 Write:1'));
  assert.deepEqual(
    findings.map(({ overlappingPairs }) => overlappingPairs),
    [4, 4],
  );
  assert.equal(new Set(findings.map(({ subject }) => subject.fingerprint)).size, 1);
  assert.equal(findings[0]?.subject.variable, 'db:stock.*');
  const state = changeVariable(null, [], all);
  assert.deepEqual(
    changedPairs(null, state)
      .map(({ eventPairs, tracePairs }) => [eventPairs, tracePairs])
      .sort(),
    [
      [19_900, 19_900],
      [39_800, 19_900],
    ],
  );
  const summary = summarizeVariable(state);
  assert.deepEqual([summary.access_count, summary.trace_count], [400, 200]);
  assert.ok(Math.abs(summary.thread_count - 200) < 50);
});

test('three traces that read and write one variable have nine pairs', () => {
  const steps = ['1 r x 1', '1 w x 1', '2 r x 1', '2 w x 1', '3 r x 1', '3 w x 1'];
  const pairs = changedPairs(
    null,
    changeVariable(null, [], footprints(traceEvents(scheduled(steps)))),
  );
  assert.equal(
    pairs.reduce((sum, { eventPairs }) => sum + eventPairs, 0),
    9,
  );
});

test('requests that never overlapped, and those of one causal group, give nothing', () => {
  const apart = ['1 r x 1', '1 w x 2', '2 r x 1', '2 w x 3'];
  assert.deepEqual(found(apart), []);
  const span = (letter: string) => letter.repeat(16);
  const called = scheduled(['1 w db:x 1', '2 w db:x 2', '1 w db:x 3'], (request) =>
    request === '1' ? { span: span('a') } : { span: span('b'), upstream: span('a') },
  );
  assert.deepEqual(crossFindings(footprints(traceEvents(called))), []);
});

test('the interleavings of one instance that no serial order has, and what values say against them', () => {
  const cases: [string, readonly string[], string[]][] = [
    ['R-W-W', ['1 r x ?', '2 w x ?', '1 w x ?'], ['E2 lost_update 1:w x 2:w x']],
    ['the write knew', ['1 r x 1', '2 w x 2', '1 w x 2>3'], ['E3 check_then_act 1:w x 2:w x']],
    ['R-W-R', ['1 r x ?', '2 w x ?', '1 r x ?'], ['E2 non_repeatable_read 1:r x 2:w x']],
    ['R-W-R, seen', ['1 r x 1', '2 w x 2', '1 r x 2'], ['E3 non_repeatable_read 1:r x 2:w x']],
    ['R-W-R, same', ['1 r x 1', '2 w x 2', '1 r x 1'], ['E1 read_write 1:r x 2:w x']],
    ['W-R-W', ['1 w x ?', '2 r x ?', '1 w x ?'], ['E2 dirty_read 1:w x 2:r x']],
    ['W-R-W, seen', ['1 w x 1', '2 r x 1', '1 w x 2'], ['E3 dirty_read 1:w x 2:r x']],
    ['W-R-W, snapshot', ['1 w x 1', '2 r x 0', '1 w x 2'], ['E1 read_write 1:w x 2:r x']],
  ];
  for (const [name, steps, expected] of cases) {
    const findings = found(steps);
    for (const one of expected) assert.ok(findings.includes(one), `${name}: ${findings.join()}`);
  }
  const hosts = (request: string) => ({ instance: request });
  assert.deepEqual(found(['1 r db:x ?', '2 w db:x ?', '1 w db:x ?'], hosts).sort(), [
    'E1 read_write 1:r db:x 2:w db:x',
    'E1 write_write 1:w db:x 2:w db:x',
  ]);
});

test('a retry after an abort counts, what was aborted does not', () => {
  const steps = ['1 r x 1', '1 w x 2', '1 abort', '2 r x 1', '2 w x 3', '2 commit', '1 r x 3'];
  assert.deepEqual(
    found([...steps, '1 w x 4', '1 commit']).filter((one) => !one.startsWith('E1')),
    [],
  );
  const [first] = footprints(traceEvents(scheduled([...steps, '1 w x 4', '1 commit'])));
  assert.deepEqual(
    first?.accesses.map(({ signature }) => first.signatures[signature]?.undone),
    [true, true, false, false],
  );
  assert.equal(first?.transaction?.outcome, 'committed');
});

test('a witness tells both sides in the order of time', () => {
  const steps = ['1 r x 10', '2 r x 10', '1 w x 10>11', '2 w x 10>12'];
  const [finding] = crossFindings(footprints(traceEvents(scheduled(steps))));
  assert.deepEqual(
    finding?.witness.steps.map(({ column, access_type, new_value }) =>
      [column, access_type, new_value].join(' '),
    ),
    ['1 Read 10', '2 Read 10', '1 Write 11', '2 Write 12'],
  );
  assert.equal(finding?.otherTraceId, 'trace-0001');
  assert.deepEqual(
    finding?.witness.events.map(({ trace_id }) => trace_id),
    ['trace-0001', 'trace-0002'],
  );
});

test('footprints keep what fits, and say when something did not', () => {
  const write = (variable: string, at: number, value: unknown) =>
    wireEvent({
      id: freshId(),
      at,
      kind: 'StateChange',
      payload: access(variable, 'Write', { new_value: value }),
    });
  const of = (events: Record<string, unknown>[]) => {
    const order = analyseOrder(traceEvents(events));
    return footprintsOf(order, order.traces);
  };
  const many = of(Array.from({ length: 520 }, (_, at) => write('x', at, at)));
  assert.deepEqual(
    [many[0]?.accesses.length, many[0]?.signatures[0]?.count, many[0]?.complete],
    [512, 520, false],
  );
  assert.equal(of(Array.from({ length: 70 }, (_, at) => write(`x${at}`, at, 1))).length, 64);
  const long = 'x'.repeat(300);
  const [kept] = of([write('x', 0, long), write('x', 1, long), write('x', 2, 'short')]);
  const values = kept?.accesses.map(({ newValue }) => newValue);
  assert.match(values?.[0] ?? '', /^#[0-9a-f]{16}$/);
  assert.equal(values?.[0], values?.[1]);
  assert.equal(values?.[2], '"short"');
});
