import { createHash } from 'node:crypto';
import type { KindName } from '../../../domain/event/event-kind.ts';
import {
  bucketsOf,
  type LatencyBucket,
  type LatencyLesson,
  mergeBuckets,
} from '../../../domain/latency/buckets.ts';
import type { Histogram } from '../../../domain/latency/histogram.ts';
import type { LatencyKind, LatencySeverity } from '../../../domain/latency/judge.ts';
import type { FunctionEvent } from '../../../domain/latency/returned-calls.ts';
import type { LatencyKey } from '../../../domain/latency/span.ts';
import type { LatencyVerdict, TraceLatency } from '../../../domain/latency/verdict.ts';
import type { ToldCountsRow } from './latency-queries.ts';
import { STRIPE_SLOTS } from './latency-stripes.ts';

/** Between the rows of durations and the domain. */

/** The key of an operation's rows: the text is too long for an index entry. */
export function operationKey(keyText: string): string {
  return createHash('sha256').update(keyText).digest('base64url');
}

/** The rows of `mergeBucketRows` as JSON text. */
export function bucketRows(lessons: readonly LatencyLesson[]): string {
  const rows = new Map<string, { key: LatencyKey; operationKey: string; bucket: LatencyBucket }>();
  for (const lesson of lessons) {
    const key = operationKey(lesson.keyText);
    for (const bucket of bucketsOf(lesson)) {
      const place = `${key}${String(bucket.slot).padStart(2, '0')}`;
      const other = rows.get(place)?.bucket;
      const merged = other === undefined ? bucket : mergeBuckets(other, bucket);
      rows.set(place, { key: lesson.key, operationKey: key, bucket: merged });
    }
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    sorted.map(([, { key, operationKey: operation_key, bucket }]) => ({
      operation_key,
      slot: bucket.slot,
      period: bucket.period,
      ...key,
      learnt: Object.fromEntries(bucket.learnt),
      flagged: Object.fromEntries(bucket.flagged),
    })),
  );
}

/** A row of `selectBuckets`. */
export function bucketOf(row: readonly unknown[]): LatencyBucket {
  const [, slot, period, learnt, flagged] = row;
  return {
    slot: (slot as number) % STRIPE_SLOTS,
    period: period as number,
    learnt: histogramOf(learnt),
    flagged: histogramOf(flagged),
  };
}

function histogramOf(counts: unknown): Histogram {
  const entries = Object.entries(counts as Record<string, number>);
  return new Map(entries.map(([bin, count]) => [Number(bin), count]));
}

/** A row of `selectFunctions`. */
export function functionEventOf(row: readonly unknown[]): FunctionEvent {
  const [traceId, id, timestampNs, kind, operation, metadata] = row;
  return {
    traceId: traceId as string,
    id: id as string,
    timestampNs: BigInt(timestampNs as string),
    kind: kind as KindName,
    operation: operation as string,
    metadata: metadata as string,
  };
}

/** The rows of `insertVerdicts` as JSON text, in the order of the primary key. */
export function verdictRows(traces: ReadonlyMap<string, TraceLatency>): string {
  const rows = [...traces].flatMap(([traceId, { verdicts }]) =>
    verdicts.map((verdict) => ({
      trace_id: traceId,
      event_id: verdict.eventId,
      timestamp_ns: String(verdict.timestampNs),
      timestamp_text: verdict.timestamp,
      ...verdict.key,
      label: verdict.label,
      location: verdict.location,
      anomaly: verdict.kind,
      severity: verdict.severity,
      duration_ms: verdict.durationMs,
      deviations: verdict.deviations,
      baseline_count: verdict.baselineCount,
      p50_ms: verdict.p50Ms,
      p999_ms: verdict.p999Ms,
    })),
  );
  return JSON.stringify(rows);
}

/** A row of `selectToldCounts`. */
export function toldCounts(row: ToldCountsRow): Omit<TraceLatency, 'verdicts'> {
  return {
    anomalyCount: Number(row.anomaly_count),
    judgedCount: Number(row.judged_count),
    unjudgedCount: Number(row.unjudged_count),
    learningCount: row.learning_count,
  };
}

/** A row of `selectVerdicts`. */
export function verdictOf(row: readonly unknown[]): LatencyVerdict {
  const [eventId, timestampNs, timestamp, service, kind, operation, status, ...more] = row;
  const [label, location, anomaly, severity, durationMs, deviations, count, p50Ms, p999Ms] = more;
  return {
    eventId: eventId as string,
    timestampNs: BigInt(timestampNs as string),
    timestamp: timestamp as string,
    key: {
      service: service as string,
      kind: kind as KindName,
      operation: operation as string,
      status: status as LatencyKey['status'],
    },
    label: label as string,
    location: location as string,
    kind: anomaly as LatencyKind,
    severity: severity as LatencySeverity,
    durationMs: durationMs as number,
    deviations: deviations as number,
    baselineCount: Number(count),
    p50Ms: p50Ms as number,
    p999Ms: p999Ms as number,
  };
}
