import { z } from 'zod';
import { budgets } from '../../analysis/budgets.ts';
import { performanceOf } from '../../analysis/time/performance.ts';
import type { TraceEvent } from '../../domain/event/event.ts';
import { decodeEvents } from '../../domain/event/event-parts.ts';
import { everyTrace } from '../../domain/trace/trace-query.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import { envelope, environmentFilter, success, wholeNumber } from '../wire.ts';

const typeDurations = z.object({ type: z.string(), count: z.int(), avg_duration_ms: z.number() });

const performanceMetrics = z.object({
  trace_latency: z.object({
    avg_ms: z.number(),
    p50_ms: z.number(),
    p95_ms: z.number(),
    p99_ms: z.number(),
    slowest_traces: z
      .array(
        z.object({
          trace_id: z.string(),
          duration_ms: z.number(),
          services: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
  }),
  event_performance: z.object({
    avg_duration_ms: z.number(),
    by_type: z.array(typeDurations).readonly(),
    slow_operations: z.array(typeDurations).readonly(),
  }),
  service_latency: z
    .array(z.object({ service: z.string(), event_count: z.int(), avg_duration_ms: z.number() }))
    .readonly(),
  throughput: z.object({
    events_per_second: z.number(),
    traces_per_second: z.number(),
    time_range_seconds: z.number(),
  }),
});

const TRACES = 50;

/** How fast the newest traces were. */
export function performanceRoutes(app: App, { storage }: AppContext): void {
  app.get(
    '/api/performance/metrics',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show how fast the newest traces were',
        description: `Types and services are those of the newest ${budgets.performanceTraces} traces.`,
        querystring: z.strictObject({
          limit: wholeNumber(1, httpLimits.performanceTracesMax).optional().describe('Traces.'),
          environment: environmentFilter,
        }),
        response: { 200: success(performanceMetrics) },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? TRACES;
      const environment = query.environment ?? null;
      const { traces } = await storage.listTraces({
        ...everyTrace,
        environment,
        limit,
        countMax: 1,
      });
      const events: TraceEvent[] = [];
      for (const { traceId } of traces.slice(0, budgets.performanceTraces)) {
        const found = await storage.events(traceId, null, httpLimits.performanceEventsMax);
        for (const event of decodeEvents(found)) events.push(event);
      }
      return envelope(performanceOf(traces, events));
    },
  );
}
