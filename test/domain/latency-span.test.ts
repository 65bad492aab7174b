import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PartsReader } from '../../src/domain/event/event-parts.ts';
import { hourOf } from '../../src/domain/latency/span.ts';
import { SpansOfAppend } from '../../src/domain/latency/spans-of-append.ts';
import { timedEvent } from '../../src/domain/latency/timed-event.ts';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import { compareEvents } from '../../src/domain/trace/trace.ts';
import { type EventSketch, records, wireEvent } from '../support/events.ts';
import { nothingBegun } from '../support/nothing-begun.ts';

const receivedNs = 2_000_000_000_000_000_000n;

/** The only span among events; null when there is none. */
function spanOf(...sketches: readonly EventSketch[]) {
  const events = records(sketches.map(wireEvent));
  const spans = new SpansOfAppend(events, events).spans(nothingBegun, receivedNs);
  return spans.at(-1) ?? null;
}

const response = (status: number, durationMs: number): EventSketch => ({
  kind: 'HttpResponse',
  payload: { status, headers: {}, body: null, duration_ms: durationMs },
});
const request = (url: string): EventSketch => ({
  kind: 'HttpRequest',
  payload: { method: 'GET', url, headers: {}, body: null },
});

test('a duration is that of the metadata, else of the payload; few events have one', () => {
  const durationOf = (sketch: EventSketch) => spanOf(sketch)?.durationMs ?? null;
  assert.equal(durationOf({}), null);
  assert.equal(durationOf({ tags: { duration_ns: null } }), null);
  assert.equal(durationOf({ tags: { duration_ns: 5 } }), null);
  assert.equal(durationOf({ durationNs: 1_500_000 }), 1.5);
  assert.equal(durationOf({ durationNs: 0 }), 0);
  assert.equal(durationOf(response(200, 12.5)), 12.5);
  assert.equal(durationOf({ ...response(200, 12), durationNs: 12_345_678 }), 12.345678);
  assert.equal(durationOf({ ...response(200, 1e300) }), 1e300);
});

test('a step begins where its stamp or its duration before the stamp says', () => {
  const start = (sketch: EventSketch) => {
    const [event] = records([wireEvent({ at: '2024-01-01T12:00:01Z', ...sketch })]);
    const timed = timedEvent(event as never, new PartsReader());
    return timed === null
      ? null
      : timed.startNs - (parseTimestamp('2024-01-01T12:00:00Z') as bigint);
  };
  const durationNs = 400_000_000;
  assert.equal(start({ durationNs }), 1_000_000_000n);
  assert.equal(start({ durationNs, tags: { sdk_language: 'python' } }), 600_000_000n);
  assert.equal(
    start({ durationNs, tags: { sdk_language: 'python', ts: 'start' } }),
    1_000_000_000n,
  );
  assert.equal(start({ durationNs, tags: { ts: 'end' } }), 600_000_000n);
  assert.equal(start({ ...response(200, 5), durationNs }), 600_000_000n);
  assert.equal(start(response(200, 400)), 600_000_000n);
  assert.equal(
    start({ ...response(200, 1e300), at: '1970-01-01T00:00:01Z' }),
    -(parseTimestamp('2024-01-01T12:00:00Z') as bigint),
  );
});

test('a response has the operation of its request, and errors stand apart', () => {
  const told = (...sketches: readonly EventSketch[]) => {
    const { key } = spanOf(...sketches) ?? assert.fail('no span');
    return `${key.operation} ${key.status}`;
  };
  assert.equal(told(response(200, 5)), 'unknown ok');
  assert.equal(told(request('/a/1'), response(399, 5)), 'GET /a/* ok');
  assert.equal(told(request('/a/1'), response(404, 5)), 'GET /a/* error');
  assert.equal(told({ ...request('/a'), thread: 'other' }, response(200, 5)), 'unknown ok');
  assert.equal(told({ ...request('/a'), trace: 'other' }, response(200, 5)), 'unknown ok');
  assert.equal(told({ ...request('/late'), at: 1 }, response(200, 5)), 'unknown ok');
  assert.equal(told({ ...request('/noise'), at: 0.9 }, response(200, 5)), 'GET /noise ok');
  assert.equal(
    told({ ...request('/2'), at: 2 }, { ...request('/1'), at: 1 }, { ...response(200, 5), at: 9 }),
    'GET /* ok',
  );
});

test('a clock in the future does not choose the hour', () => {
  const span = spanOf({ at: '2200-01-01T00:00:00Z', durationNs: 1 });
  assert.equal(span?.hour, hourOf(receivedNs));
});

test('a function whose call and end are two events takes the time between, and its own name', () => {
  const call = (function_name: string, at: number, more: EventSketch = {}) => ({
    at,
    payload: { function_name, module: 'm', args: null, file: 'a.go', line: 3 },
    ...more,
  });
  const back = (function_name: string, at: number) => ({
    at,
    kind: 'FunctionReturn' as const,
    payload: { function_name, return_value: null },
  });
  const events = records(
    [
      call('f', 0),
      call('f', 10),
      back('f', 40),
      back('f', 100),
      back('lost', 110),
      call('other', 120, { thread: 'elsewhere' }),
      back('other', 130),
      call('g', 140),
      call('g:error', 170, {
        payload: {
          function_name: 'g:error',
          module: 'm',
          args: { duration_ms: 29.5 },
          file: 'a',
          line: 1,
        },
      }),
      call('h:await', 180, {
        payload: {
          function_name: 'h:await',
          module: 'm',
          args: { duration_ms: 7 },
          file: 'a',
          line: 1,
        },
      }),
    ].map(wireEvent),
  );
  const spans = new SpansOfAppend(events, events.toReversed()).spans(nothingBegun, receivedNs);
  assert.deepEqual(
    spans.map(({ key, durationMs }) => [key.kind, key.operation, key.status, durationMs]),
    [
      ['FunctionCall', 'f', 'ok', 30],
      ['FunctionCall', 'f', 'ok', 100],
      ['FunctionCall', 'g', 'error', 29.5],
      ['FunctionCall', 'h', 'ok', 7],
    ],
  );
  assert.deepEqual(
    events.filter(({ isError }) => isError).map(({ operation }) => operation),
    ['g:error'],
  );
});

test('whatever parts a trace is torn into, in order, each step is timed once and as in the whole', () => {
  const moment = fc.record({
    kind: fc.constantFrom('FunctionCall' as const, 'FunctionReturn' as const),
    name: fc.constantFrom('f', 'g'),
    thread: fc.constantFrom('1', '2'),
    isLastOfPart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 40 }), (moments) => {
      const events = records(
        moments.map(({ kind, name, thread }, index) => {
          const payload =
            kind === 'FunctionReturn'
              ? { function_name: name, return_value: null }
              : { function_name: name, module: 'm', args: null, file: 'a.go', line: 1 };
          return wireEvent({ at: index * index, kind, thread, payload });
        }),
      ).toSorted(compareEvents);
      const timed = (spans: readonly { event: { id: string }; durationMs: number }[]) =>
        spans.map(({ event, durationMs }) => [event.id, durationMs]).sort();
      const whole = new SpansOfAppend(events, events).spans(nothingBegun, receivedNs);
      const torn = [];
      let start = 0;
      for (const [index, { isLastOfPart }] of moments.entries()) {
        if (!isLastOfPart && index < moments.length - 1) continue;
        const part = events.slice(start, index + 1);
        const stored = { ...nothingBegun, functions: events.slice(0, index + 1) };
        torn.push(...new SpansOfAppend(part, part).spans(stored, receivedNs));
        start = index + 1;
      }
      assert.deepEqual(timed(torn), timed(whole));
    }),
  );
});
