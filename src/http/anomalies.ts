import { z } from 'zod';
import { thresholds } from '../domain/latency/thresholds.ts';
import type { LatencyVerdict } from '../domain/latency/verdict.ts';
import type { Storage } from '../storage/storage.ts';
import { httpLimits } from './limits.ts';

/** One anomaly, for every list of them. */
export const anomaly = z
  .object({
    event_id: z.string(),
    event_kind: z.string().describe('Kind of the event with a detail, as in HttpResponse(200).'),
    kind: z.enum(['slow', 'fast']).describe('Fast ones are often failures that came early.'),
    severity: z.enum(['Minor', 'Warning', 'Critical']),
    service: z.string(),
    operation: z.string().describe('What it was compared with: all calls of this operation.'),
    actual_duration_ms: z.number(),
    expected_duration_ms: z.number().describe('The same as p50_ms.'),
    std_dev_from_mean: z
      .number()
      .nullable()
      .describe('Distance from the median on a logarithmic scale, in robust deviations.'),
    baseline_count: z.int().describe('Earlier spans that it was judged by.'),
    p50_ms: z.number(),
    p999_ms: z.number().describe('The 99.9th percentile, without strays.'),
    description: z.string(),
    location: z.string(),
    timestamp: z.string(),
  })
  .meta({ id: 'Anomaly' });

/** What was told of the durations of a trace, for every route that shows it. */
export const traceAnomalies = z.object({
  anomaly_count: z.int(),
  anomalies: z.array(anomaly).describe(`By time, the first ${httpLimits.anomaliesMax}.`),
  judged_count: z.int().describe('Spans that were judged when they were stored.'),
  insufficient_baseline_count: z
    .int()
    .describe(
      'Spans of which nothing could be told: their operation was being learnt, or is beyond those ' +
        'that are learnt.',
    ),
  learning: z
    .object({
      known_spans: z.int().describe('Spans that were known of it.'),
      needed_spans: z
        .int()
        .describe(
          `From so many it is judged; from ${thresholds.spansMin} once the hour in which they began ` +
            'is over.',
        ),
    })
    .nullable()
    .describe(
      'How far learning was when the spans were stored, of the operation known least; null when ' +
        'nothing was being learnt.',
    ),
});

/** The anomalies of a trace, as they were told when its events were stored; none when unknown. */
export async function readAnomalies(
  storage: Storage,
  traceId: string,
): Promise<z.infer<typeof traceAnomalies>> {
  const latency = await storage.latencyVerdicts(traceId, httpLimits.anomaliesMax);
  return {
    anomaly_count: latency.anomalyCount,
    anomalies: latency.verdicts.map(anomalyToWire),
    judged_count: latency.judgedCount,
    insufficient_baseline_count: latency.unjudgedCount,
    learning:
      latency.learningCount === null
        ? null
        : { known_spans: latency.learningCount, needed_spans: thresholds.openHourSpansMin },
  };
}

export function anomalyToWire(verdict: LatencyVerdict): z.infer<typeof anomaly> {
  const { key, baselineCount, p50Ms, durationMs } = verdict;
  return {
    event_id: verdict.eventId,
    event_kind: verdict.label,
    kind: verdict.kind,
    severity: verdict.severity,
    service: key.service,
    operation: key.operation,
    actual_duration_ms: durationMs,
    expected_duration_ms: p50Ms,
    std_dev_from_mean: verdict.deviations,
    baseline_count: baselineCount,
    p50_ms: p50Ms,
    p999_ms: verdict.p999Ms,
    description: describe(verdict),
    location: verdict.location,
    timestamp: verdict.timestamp,
  };
}

function describe({ kind, key, label, durationMs, p50Ms, baselineCount }: LatencyVerdict): string {
  const factor = kind === 'slow' ? durationMs / p50Ms : p50Ms / Math.max(durationMs, 0.001);
  const what = key.operation === key.kind ? label : `${label} of ${key.operation}`;
  const comparison = kind === 'slow' ? 'longer' : 'shorter';
  return (
    `${what} took ${rounded(durationMs)} ms, ${rounded(factor)} times ${comparison} than the ` +
    `median of ${rounded(p50Ms)} ms over ${baselineCount} earlier calls`
  );
}

/** Three digits that count. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
