/** Latency, durations by type and service, throughput: the ancestor's figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Performance, performanceOf } from '../../../src/analysis/time/performance.ts';
import { decodeEvents } from '../../../src/domain/event/event-parts.ts';
import { summarise } from '../../../src/domain/trace/trace.ts';
import { type EventSketch, records, wireEvent } from '../../support/events.ts';

/** Each list is a trace. */
function performanceFor(...traces: readonly (readonly EventSketch[])[]): Performance {
  const stored = traces.map((sketches, trace) =>
    records(sketches.map((sketch) => wireEvent({ trace: `trace-${trace}`, ...sketch }))),
  );
  return performanceOf(
    stored.map((events) => summarise(events, 0n)),
    decodeEvents(stored.flat()),
  );
}

test('averages, latency and throughput of one trace', () => {
  const durations = [
    { at: 0, durationNs: 10e6, service: 'A' },
    { at: 2, durationNs: 1e6, service: 'A' },
    { at: 4, durationNs: 20e6, service: 'B' },
    { at: 6, durationNs: 2e6, service: 'B' },
  ];
  const { trace_latency, event_performance, service_latency, throughput } =
    performanceFor(durations);
  assert.equal(event_performance.avg_duration_ms, 8.25);
  assert.deepEqual(service_latency, [
    { service: 'B', event_count: 2, avg_duration_ms: 11 },
    { service: 'A', event_count: 2, avg_duration_ms: 5.5 },
  ]);
  assert.deepEqual(trace_latency, {
    avg_ms: 6,
    p50_ms: 6,
    p95_ms: 6,
    p99_ms: 6,
    slowest_traces: [{ trace_id: 'trace-0', duration_ms: 6, services: ['A', 'B'] }],
  });
  assert.deepEqual(throughput, {
    events_per_second: 4,
    traces_per_second: 1,
    time_range_seconds: 1,
  });
});

test('types by their average; a name tells custom events apart; untimed events weigh on the whole', () => {
  const custom = (name: string, ms: number): EventSketch => ({
    kind: 'Custom',
    payload: { name, data: null },
    durationNs: ms * 1e6,
  });
  const reply = { status: 200, headers: {}, duration_ms: 30 };
  const { event_performance } = performanceFor([
    custom('job', 150),
    custom('job', 250),
    custom('tick', 100),
    { kind: 'HttpResponse', payload: reply },
    { kind: 'HttpRequest', payload: { method: 'GET', url: '/', headers: {} }, service: '' },
  ]);
  assert.deepEqual(event_performance, {
    avg_duration_ms: 106,
    by_type: [
      { type: 'Custom(job)', count: 2, avg_duration_ms: 200 },
      { type: 'Custom(tick)', count: 1, avg_duration_ms: 100 },
      { type: 'HttpResponse', count: 1, avg_duration_ms: 30 },
    ],
    slow_operations: [{ type: 'Custom(job)', count: 2, avg_duration_ms: 200 }],
  });
});

test('percentiles over whole milliseconds, traces of one moment left out; the ten slowest', () => {
  const traces = Array.from({ length: 12 }, (_, trace) => [{ at: 0 }, { at: trace + 0.9 }]);
  const { trace_latency, throughput } = performanceFor(...traces);
  const { slowest_traces, ...figures } = trace_latency;
  assert.deepEqual(figures, { avg_ms: 6, p50_ms: 6, p95_ms: 11, p99_ms: 11 });
  assert.deepEqual(
    slowest_traces.map(({ duration_ms }) => duration_ms),
    [11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
  );
  assert.deepEqual(throughput, {
    events_per_second: 24,
    traces_per_second: 12,
    time_range_seconds: 1,
  });
});

test('rates are per second of the whole range; an empty store has zeros', () => {
  const { throughput } = performanceFor([{ at: 0 }, { at: 500 }], [{ at: 4000 }]);
  assert.deepEqual(throughput, {
    events_per_second: 0.75,
    traces_per_second: 0.5,
    time_range_seconds: 4,
  });
  assert.deepEqual(performanceFor(), {
    trace_latency: { avg_ms: 0, p50_ms: 0, p95_ms: 0, p99_ms: 0, slowest_traces: [] },
    event_performance: { avg_duration_ms: 0, by_type: [], slow_operations: [] },
    service_latency: [],
    throughput: { events_per_second: 0, traces_per_second: 0, time_range_seconds: 0 },
  });
});
