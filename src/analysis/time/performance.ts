import type { TraceEvent } from '../../domain/event/event.ts';
import { durationMs, type TraceSummary } from '../../domain/trace/trace.ts';
import { budgets } from '../budgets.ts';
import { timingOf } from '../order/timing.ts';

/** Events of one type that took more than this on average are slow operations. */
const SLOW_MS = 100;
/** A range of less counts as this, so that a short burst is no rate of millions. */
const RANGE_SECONDS_MIN = 1;

export interface TypeDurations {
  readonly type: string;
  readonly count: number;
  readonly avg_duration_ms: number;
}

/** How fast traces are, by several views. Members are wire names. */
export interface Performance {
  readonly trace_latency: {
    readonly avg_ms: number;
    readonly p50_ms: number;
    readonly p95_ms: number;
    readonly p99_ms: number;
    readonly slowest_traces: readonly {
      readonly trace_id: string;
      readonly duration_ms: number;
      readonly services: readonly string[];
    }[];
  };
  readonly event_performance: {
    /** Over all events looked at, those included that took no time. */
    readonly avg_duration_ms: number;
    /** Slowest first, like the lists below. */
    readonly by_type: readonly TypeDurations[];
    readonly slow_operations: readonly TypeDurations[];
  };
  readonly service_latency: readonly {
    readonly service: string;
    readonly event_count: number;
    readonly avg_duration_ms: number;
  }[];
  readonly throughput: {
    readonly events_per_second: number;
    readonly traces_per_second: number;
    readonly time_range_seconds: number;
  };
}

/**
 * Summarises traces. Times of traces are whole milliseconds, and those of none count in no average
 * or percentile.
 *
 * @param traces the newest traces
 * @param events those of the newest {@link budgets.performanceTraces} among them
 */
export function performanceOf(
  traces: readonly TraceSummary[],
  events: Iterable<TraceEvent>,
): Performance {
  const types = new Durations();
  const services = new Durations();
  let eventCount = 0;
  let totalMs = 0;
  for (const event of events) {
    eventCount += 1;
    const timing = timingOf(event);
    if (timing === null) continue;
    const ms = timing.durationNs / 1e6;
    totalMs += ms;
    types.add(typeOf(event), ms);
    const service = event.metadata.service_name;
    if (service !== '') services.add(service, ms);
  }
  const byType = types.slowestFirst().map(({ name, count, averageMs }) => ({
    type: name,
    count,
    avg_duration_ms: averageMs,
  }));
  return {
    trace_latency: traceLatency(traces),
    event_performance: {
      avg_duration_ms: eventCount === 0 ? 0 : totalMs / eventCount,
      by_type: byType,
      slow_operations: byType.filter(({ avg_duration_ms }) => avg_duration_ms > SLOW_MS),
    },
    service_latency: services.slowestFirst().map(({ name, count, averageMs }) => ({
      service: name,
      event_count: count,
      avg_duration_ms: averageMs,
    })),
    throughput: throughput(traces),
  };
}

function traceLatency(traces: readonly TraceSummary[]): Performance['trace_latency'] {
  const timed = traces.map((trace) => ({ trace, ms: Math.floor(durationMs(trace)) }));
  const counted = timed.map(({ ms }) => ms).filter((ms) => ms > 0);
  counted.sort((a, b) => a - b);
  const total = counted.reduce((sum, ms) => sum + ms, 0);
  const percentile = (part: number) => counted[Math.round((counted.length - 1) * part)] ?? 0;
  timed.sort((a, b) => b.ms - a.ms || (a.trace.traceId < b.trace.traceId ? -1 : 1));
  return {
    avg_ms: counted.length === 0 ? 0 : total / counted.length,
    p50_ms: percentile(0.5),
    p95_ms: percentile(0.95),
    p99_ms: percentile(0.99),
    slowest_traces: timed.slice(0, budgets.slowestTraces).map(({ trace, ms }) => ({
      trace_id: trace.traceId,
      duration_ms: ms,
      services: trace.services,
    })),
  };
}

function throughput(traces: readonly TraceSummary[]): Performance['throughput'] {
  const [any] = traces;
  if (any === undefined) {
    return { events_per_second: 0, traces_per_second: 0, time_range_seconds: 0 };
  }
  let first = any.first.timestampNs;
  let last = any.last.timestampNs;
  let eventCount = 0;
  for (const trace of traces) {
    if (trace.first.timestampNs < first) first = trace.first.timestampNs;
    if (trace.last.timestampNs > last) last = trace.last.timestampNs;
    eventCount += trace.eventCount;
  }
  const seconds = Math.max(RANGE_SECONDS_MIN, Number(last - first) / 1e9);
  return {
    events_per_second: eventCount / seconds,
    traces_per_second: traces.length / seconds,
    time_range_seconds: seconds,
  };
}

function typeOf({ kind, payload }: TraceEvent): string {
  return kind === 'Custom' ? `Custom(${payload.name})` : kind;
}

/** Averages by name. */
class Durations {
  readonly #sums = new Map<string, { count: number; totalMs: number }>();

  add(name: string, ms: number): void {
    const sum = this.#sums.get(name) ?? { count: 0, totalMs: 0 };
    sum.count += 1;
    sum.totalMs += ms;
    this.#sums.set(name, sum);
  }

  slowestFirst(): { name: string; count: number; averageMs: number }[] {
    return [...this.#sums]
      .map(([name, { count, totalMs }]) => ({ name, count, averageMs: totalMs / count }))
      .sort((a, b) => b.averageMs - a.averageMs || (a.name < b.name ? -1 : 1));
  }
}
