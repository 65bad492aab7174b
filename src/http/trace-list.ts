import { z } from 'zod';
import { RacewayError } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import {
  everyTrace,
  type TraceCursor,
  type TraceQuery,
  type TraceSearch,
} from '../domain/trace/trace-query.ts';
import type { Storage } from '../storage/storage.ts';
import { httpLimits } from './limits.ts';
import { tagsFilter } from './trace-selection.ts';
import {
  environmentFilter,
  flag,
  instant,
  searchText,
  summaryToWire,
  traceSummary,
  wholeNumber,
} from './wire.ts';

const paging = {
  page: wholeNumber(1, httpLimits.pageOffsetMax).optional(),
  page_size: wholeNumber(1, httpLimits.pageSizeMax).optional(),
  per_page: wholeNumber(1, httpLimits.pageSizeMax).optional().describe('The same as page_size.'),
  cursor: z
    .string()
    .max(12_288)
    .optional()
    .describe(
      'next_cursor of the page before: stable while events arrive, at any depth. The totals are ' +
        'then those of the first page.',
    ),
  sort: z.enum(['asc', 'desc']).optional().describe('By last activity; default desc.'),
  totals: z
    .enum(['exact', 'bounded'])
    .optional()
    .describe(
      `Bounded: of more than ${httpLimits.countedTracesMax} traces that match, no more may be counted; ` +
        'total_is_least then says so. Default exact, which takes as long as there are traces that match.',
    ),
};

/** A duration written in a query. */
export const milliseconds = z
  .string()
  .regex(/^\d{1,15}(?:\.\d{1,9})?$/, 'must be a number of milliseconds')
  .transform(Number);

const filters = {
  environment: environmentFilter,
  operation: searchText(limits.stringCharacters)
    .optional()
    .describe('The whole operation of the root event.'),
  variable: searchText(limits.nameCharacters)
    .optional()
    .describe('Traces that access this variable, by its whole name, as far as they are analysed.'),
  tag: tagsFilter(limits.tagCharacters).describe(
    'Traces with an event that has this tag, as key:value, as far as they are analysed; given several ' +
      'times, all of them. Of a trace with more than 256 different tags those of the most events are known.',
  ),
  min_events: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  since: instant.optional().describe('Last activity at or after this time.'),
  until: instant.optional().describe('Last activity before this time.'),
  min_duration_ms: milliseconds.optional(),
  max_duration_ms: milliseconds.optional(),
  has_errors: flag.optional(),
  has_races: flag.optional(),
  has_anomalies: flag.optional().describe('A span of it was slow or fast for its operation.'),
  q: searchText(httpLimits.searchCharacters)
    .optional()
    .describe('Beginning of a trace id, of the root operation or of a service name.'),
};

/** By what traces are looked for. */
export const traceFilters = {
  ...filters,
  service: searchText(limits.nameCharacters).optional(),
};

/** Query of a list of traces. Members that are not known are refused, not ignored. */
export const traceListQuery = z.strictObject({ ...paging, ...traceFilters });

/** Query of the list of one service's traces. */
export const serviceTraceListQuery = z.strictObject({ ...paging, ...filters });

export const tracePage = z.object({
  total_traces: z.int(),
  total_is_least: z
    .boolean()
    .optional()
    .describe('With totals=bounded: whether more may match than total_traces.'),
  page: z.int(),
  page_size: z.int(),
  total_pages: z.int(),
  next_cursor: z.string().nullable(),
  traces: z.array(traceSummary),
});

/**
 * One page of traces, as both list routes show it.
 *
 * @param pageSizeDefault traces per page when the query does not say
 * @throws {RacewayError} `bad_request` when the query contradicts itself or its cursor is broken
 */
export async function listTraces(
  storage: Storage,
  query: z.output<typeof traceListQuery>,
  pageSizeDefault: number,
): Promise<z.infer<typeof tracePage>> {
  if (query.cursor !== undefined && query.page !== undefined) {
    throw new RacewayError('bad_request', 'query: give either page or cursor, not both');
  }
  if (query.page_size !== undefined && query.per_page !== undefined) {
    throw new RacewayError('bad_request', 'query: page_size and per_page are the same; give one');
  }
  const limit = query.page_size ?? query.per_page ?? pageSizeDefault;
  const page = query.page ?? 1;
  const wanted = toTraceQuery(query, page, limit);
  const found = await storage.listTraces(wanted);
  const isLeast = wanted.countMax !== null && found.total === wanted.countMax + 1;
  const total = isLeast ? found.total - 1 : found.total;
  return {
    total_traces: total,
    ...(wanted.countMax === null ? {} : { total_is_least: isLeast }),
    page,
    page_size: limit,
    total_pages: Math.ceil(total / limit),
    next_cursor: found.next === null ? null : encodeCursor(found.next),
    traces: found.traces.map(summaryToWire),
  };
}

function toTraceQuery(
  query: z.output<typeof traceListQuery>,
  page: number,
  limit: number,
): TraceQuery {
  const offset = (page - 1) * limit;
  if (offset > httpLimits.pageOffsetMax) {
    const message = `query.page leads beyond ${httpLimits.pageOffsetMax} traces; use cursor instead`;
    throw new RacewayError('bad_request', message);
  }
  return {
    ...toTraceSearch(query),
    sort: query.sort ?? everyTrace.sort,
    limit,
    offset,
    cursor: query.cursor === undefined ? null : decodeCursor(query.cursor),
    countMax: query.totals === 'bounded' ? httpLimits.countedTracesMax : null,
  };
}

const traceFilterQuery = z.object(traceFilters);

/** What a query looks for. */
export function toTraceSearch(query: z.output<typeof traceFilterQuery>): TraceSearch {
  return {
    service: query.service ?? null,
    environment: query.environment ?? null,
    operation: query.operation ?? null,
    variable: query.variable ?? null,
    tags: query.tag ?? [],
    minEvents: query.min_events ?? everyTrace.minEvents,
    sinceNs: query.since ?? null,
    untilNs: query.until ?? null,
    minDurationMs: query.min_duration_ms ?? null,
    maxDurationMs: query.max_duration_ms ?? null,
    hasErrors: query.has_errors ?? null,
    hasRaces: query.has_races ?? null,
    hasAnomalies: query.has_anomalies ?? null,
    text: query.q ?? null,
  };
}

function encodeCursor(cursor: TraceCursor): string {
  const parts = [cursor.lastActivityNs.toString(), cursor.asOf, cursor.traceId, cursor.total];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Below what the headers of a request may hold, with the other parts and as base64. */
const asOfCharacters = 8000;

const cursorParts = z.tuple([
  z.string().regex(/^\d{1,19}$/),
  z
    .string()
    .max(asOfCharacters)
    .regex(/^[\w:.,-]+$/),
  z.string().min(1).max(limits.traceIdCharacters),
  z.int().min(1),
]);

function decodeCursor(text: string): TraceCursor {
  const fault = new RacewayError(
    'bad_request',
    'query.cursor is not one of ours; use next_cursor of the page before, unchanged',
  );
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw fault;
  }
  const parts = cursorParts.safeParse(value);
  if (!parts.success) throw fault;
  const [lastActivityNs, asOf, traceId, total] = parts.data;
  return { lastActivityNs: BigInt(lastActivityNs), asOf, traceId, total };
}
