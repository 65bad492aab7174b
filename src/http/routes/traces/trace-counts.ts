import { z } from 'zod';
import { facetOf } from '../../../domain/facet.ts';
import type { TraceGlances } from '../../../domain/trace/trace-glance.ts';
import { traceHistogram } from '../../../domain/trace/trace-histogram.ts';
import type { App, AppContext } from '../../context.ts';
import { facet, facetToWire, withoutEach } from '../../facets.ts';
import { httpLimits } from '../../limits.ts';
import { toTraceSearch, traceFilters } from '../../trace-list.ts';
import { envelope, isoText, success, wholeNumber } from '../../wire.ts';

const BUCKETS = 60;
const ROWS = 24;
/** Events from which on a trace is of interest for its size alone. */
const SIZES = [11, 101, 1001, 10_001, 100_001] as const;

const looked = {
  total: z.int().describe('Traces that match, of those that were looked at.'),
  complete: z
    .boolean()
    .describe('False: more are stored of this time than are looked at; the latest were.'),
};

const counts = {
  total: z.int(),
  raced: z.int().describe('In a race.'),
  failed: z.int().describe('With an error.'),
  odd: z.int().describe('With a span that was slow or fast for its operation.'),
};

export const histogram = z.object({
  ...looked,
  from: z.string(),
  to: z.string().describe('Behind the last bucket.'),
  buckets: z.array(z.object({ start: z.string(), ...counts })),
  edges_ms: z
    .array(z.number())
    .describe('Where the rows of durations begin, and the last one ends, on a logarithmic scale.'),
  cells: z
    .array(z.object({ bucket: z.int(), row: z.int(), ...counts }))
    .describe('Where there are traces: by bucket, then row of durations; both counted from 0.'),
});

export const traceFacets = z.object({
  ...looked,
  services: facet,
  operations: facet.describe('Of root events.'),
  environments: facet,
  sizes: z
    .array(z.object({ min_events: z.int(), traces: z.int() }))
    .describe('How many have at least so many events, as `min_events` asks.'),
  races: z.int(),
  errors: z.int(),
  anomalies: z.int(),
  hidden: z
    .array(z.object({ filter: z.string(), traces: z.int() }))
    .describe('What each filter of the query keeps out that passes all others, by its parameter.'),
});

/** What there is among the traces that a list shows, without a look at more than the latest. */
export function traceCountRoutes(app: App, { storage }: AppContext): void {
  const glancesOf = (query: Parameters<typeof toTraceSearch>[0]) =>
    storage.glances(toTraceSearch(query), httpLimits.glancedTracesMax);

  app.get(
    '/api/traces/histogram',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Count traces by time and duration',
        querystring: z.strictObject({
          ...traceFilters,
          buckets: wholeNumber(1, httpLimits.histogramBucketsMax).optional(),
          rows: wholeNumber(1, httpLimits.histogramRowsMax).optional(),
        }),
        response: { 200: success(histogram) },
      },
    },
    async ({ query: { buckets: bucketCount = BUCKETS, rows: rowCount = ROWS, ...query } }) => {
      const { traces, isWhole } = await glancesOf(query);
      const { fromNs, toNs, buckets, edgesMs, cells } = traceHistogram(traces, {
        sinceNs: query.since ?? null,
        untilNs: query.until ?? null,
        ...{ bucketCount, rowCount },
      });
      return envelope({
        total: traces.length,
        complete: isWhole,
        from: isoText(fromNs),
        to: isoText(toNs),
        buckets: buckets.map(({ startNs, ...counted }) => ({
          start: isoText(startNs),
          ...counted,
        })),
        edges_ms: [...edgesMs],
        cells: [...cells],
      });
    },
  );

  app.get(
    '/api/traces/facets',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Count what traces have, and what each filter hides',
        description:
          'A facet counts traces as if its own filter was not given, so that other values can be chosen.',
        querystring: z.strictObject(traceFilters),
        response: { 200: success(traceFacets) },
      },
    },
    async ({ query }) => {
      const all = await glancesOf(query);
      const wider = new Map<string, TraceGlances>();
      // One after the other: each takes a connection.
      for (const [name, without] of withoutEach(query)) wider.set(name, await glancesOf(without));
      const tracesFor = (filter: string) => (wider.get(filter) ?? all).traces;
      return envelope({
        total: all.traces.length,
        complete: [all, ...wider.values()].every(({ isWhole }) => isWhole),
        services: facetToWire(facetOf(tracesFor('service'), ({ services }) => services)),
        operations: facetToWire(facetOf(tracesFor('operation'), ({ root }) => [root])),
        environments: facetToWire(
          facetOf(tracesFor('environment'), ({ environments }) => environments),
        ),
        sizes: SIZES.map((least) => ({
          min_events: least,
          traces: tracesFor('min_events').filter(({ eventCount }) => eventCount >= least).length,
        })),
        races: tracesFor('has_races').filter(({ hasRaces }) => hasRaces).length,
        errors: tracesFor('has_errors').filter(({ hasErrors }) => hasErrors).length,
        anomalies: tracesFor('has_anomalies').filter(({ hasAnomalies }) => hasAnomalies).length,
        hidden: [...wider].map(([filter, { traces }]) => ({
          filter,
          traces: Math.max(0, traces.length - all.traces.length),
        })),
      });
    },
  );
}
