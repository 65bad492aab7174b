import { z } from 'zod';
import type { LearntOperation, VerdictPlace } from '../../domain/latency/learnt.ts';
import { hourOf } from '../../domain/latency/span.ts';
import { type LatencyRange, summariseLatency } from '../../domain/latency/summary.ts';
import { limits } from '../../domain/limits.ts';
import { canonicalUuid } from '../../domain/uuid.ts';
import { anomaly, anomalyToWire } from '../anomalies.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import { decodeParts, encodeParts, foreignCursor, nanosecondsPart } from '../part-cursor.ts';
import {
  envelope,
  environmentFilter,
  instant,
  isoText,
  searchText,
  success,
  wholeNumber,
} from '../wire.ts';

const OPERATIONS_PER_PAGE = 25;
const ANOMALIES_PER_PAGE = 50;

const operationKey = z.object({
  service: z.string(),
  kind: z.string().describe('Of the events that are measured.'),
  operation: z.string(),
  status: z.enum(['ok', 'error']).describe('Errors are faster or slower than what works.'),
});

const page = { total_operations: z.int(), page: z.int(), page_size: z.int(), total_pages: z.int() };

const period = z.object({
  start: z.string(),
  count: z.int(),
  flagged: z.int(),
  p50_ms: z.number(),
  p999_ms: z.number(),
});

const operationLatency = operationKey.extend({
  count: z.int().describe('Durations of the last 14 days, or of the range that is asked for.'),
  flagged: z.int().describe('Of these, slow or fast when they were stored.'),
  p50_ms: z.number(),
  p999_ms: z.number(),
  slow_from_ms: z
    .number()
    .nullable()
    .describe('From where on a duration is slow now; null while the operation is being learnt.'),
  bars: z
    .array(z.object({ from_ms: z.number(), to_ms: z.number(), count: z.int(), flagged: z.int() }))
    .describe('Histogram on a logarithmic scale, at most 40.'),
  hours: z.array(period).describe('Hours that are kept, at most 24.'),
  days: z.array(period).describe('At most 14.'),
});

export const latencyList = z.object({ ...page, operations: z.array(operationLatency) });
export const operationList = z.object({ ...page, operations: z.array(operationKey) });

const locatedAnomaly = anomaly.extend({ trace_id: z.string() });
export const anomalyList = z.object({
  anomalies: z.array(locatedAnomaly).describe('The latest first.'),
  next_cursor: z.string().nullable(),
});

const operationQuery = z.strictObject({
  page: wholeNumber(1, httpLimits.pageOffsetMax).optional(),
  page_size: wholeNumber(1, httpLimits.pageSizeMax).optional(),
  service: searchText(limits.nameCharacters).optional(),
  operation: searchText(limits.stringCharacters).optional(),
  q: searchText(httpLimits.searchCharacters)
    .optional()
    .describe('A part of the operation; ASCII letters in any case.'),
});

/** How long operations take, over all traces. */
export function latencyRoutes(app: App, { storage }: AppContext): void {
  const readPage = async (query: z.output<typeof operationQuery>) => {
    const number = query.page ?? 1;
    const pageSize = query.page_size ?? OPERATIONS_PER_PAGE;
    const { operations, total } = await storage.learntOperations({
      service: query.service ?? null,
      operation: query.operation ?? null,
      text: query.q ?? null,
      limit: pageSize,
      offset: (number - 1) * pageSize,
    });
    const head = {
      total_operations: total,
      page: number,
      page_size: pageSize,
      total_pages: Math.ceil(total / pageSize),
    };
    return { head, operations };
  };

  app.get(
    '/api/operations',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List operations that durations are known of',
        querystring: operationQuery,
        response: { 200: success(operationList) },
      },
    },
    async ({ query }) => {
      const { head, operations } = await readPage(query);
      return envelope({ ...head, operations: operations.map(({ key }) => key) });
    },
  );

  app.get(
    '/api/latency',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show how long operations take',
        description:
          'What durations of later events are judged by, of the last 14 days. With `since` or `until` whole ' +
          'hours that touch the range, or days where it begins more than a day ago.',
        querystring: operationQuery.extend({
          since: instant.optional(),
          until: instant.optional(),
        }),
        response: { 200: success(latencyList) },
      },
    },
    async ({ query }) => {
      const { head, operations } = await readPage(query);
      const hour = hourOf(BigInt(Date.now()) * 1_000_000n);
      const range = { sinceMs: millisecondsOf(query.since), untilMs: millisecondsOf(query.until) };
      return envelope({
        ...head,
        operations: operations.map((one) => latencyToWire(one, hour, range)),
      });
    },
  );

  app.get(
    '/api/anomalies',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List what was slow or fast lately, in all traces',
        querystring: z.strictObject({
          since: instant.optional(),
          until: instant.optional(),
          environment: environmentFilter,
          service: searchText(limits.nameCharacters).optional(),
          operation: searchText(limits.stringCharacters).optional(),
          limit: wholeNumber(1, httpLimits.pageSizeMax).optional(),
          cursor: z.string().max(1024).optional(),
        }),
        response: { 200: success(anomalyList) },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? ANOMALIES_PER_PAGE;
      const found = await storage.verdicts({
        sinceNs: query.since ?? null,
        untilNs: query.until ?? null,
        environment: query.environment ?? null,
        service: query.service ?? null,
        operation: query.operation ?? null,
        before: query.cursor === undefined ? null : decodeCursor(query.cursor),
        limit: limit + 1,
      });
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      return envelope({
        anomalies: shown.map((one) => ({ ...anomalyToWire(one), trace_id: one.traceId })),
        next_cursor: last === undefined ? null : encodeCursor(last),
      });
    },
  );
}

function millisecondsOf(timestampNs: bigint | undefined): number | null {
  return timestampNs === undefined ? null : Number(timestampNs / 1_000_000n);
}

function latencyToWire({ key, buckets }: LearntOperation, hour: number, range: LatencyRange) {
  const summary = summariseLatency(buckets, hour, range);
  const periods = (list: typeof summary.hours) =>
    list.map(({ startMs, count, flagged, p50Ms, p999Ms }) => ({
      start: isoText(BigInt(startMs) * 1_000_000n),
      ...{ count, flagged, p50_ms: p50Ms, p999_ms: p999Ms },
    }));
  return {
    ...key,
    count: summary.count,
    flagged: summary.flagged,
    p50_ms: summary.p50Ms,
    p999_ms: summary.p999Ms,
    slow_from_ms: summary.slowFromMs,
    bars: summary.bars.map(({ fromMs, toMs, count, flagged }) => ({
      ...{ from_ms: fromMs, to_ms: toMs, count, flagged },
    })),
    hours: periods(summary.hours),
    days: periods(summary.days),
  };
}

const cursorParts = z.tuple([
  nanosecondsPart,
  z.string().max(limits.traceIdCharacters),
  z.string().refine((text) => canonicalUuid(text) === text),
]);

function encodeCursor({ timestampNs, traceId, eventId }: VerdictPlace): string {
  return encodeParts([String(timestampNs), traceId, eventId]);
}

function decodeCursor(text: string): VerdictPlace {
  const parts = cursorParts.safeParse(decodeParts(text));
  if (!parts.success) throw foreignCursor();
  const [timestampNs, traceId, eventId] = parts.data;
  return { timestampNs, traceId, eventId };
}
