import { z } from 'zod';
import { facetOf } from '../../../domain/facet.ts';
import { limits } from '../../../domain/limits.ts';
import type { Tag } from '../../../domain/trace/tag.ts';
import type { TraceGlances } from '../../../domain/trace/trace-glance.ts';
import { traceHistogram } from '../../../domain/trace/trace-histogram.ts';
import type { App, AppContext } from '../../context.ts';
import { facet, facetToWire, withoutEach } from '../../facets.ts';
import { httpLimits } from '../../limits.ts';
import { toTraceSearch, traceFilters } from '../../trace-list.ts';
import { envelope, isoText, searchText, success, wholeNumber } from '../../wire.ts';

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
  tags: facet.describe('The keys of the tags of events, as far as the traces are analysed.'),
  tag_values: facet.optional().describe('Only with `tag_key`: the values of that key.'),
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
          'A facet counts traces as if its own filter was not given, so that other values can be chosen. ' +
          'Of tags, which narrow each other down, `tags` counts what matches all filters, and `tag_values` ' +
          'what matches all but tags of that key.',
        querystring: z.strictObject({
          ...traceFilters,
          tag_key: searchText(limits.tagCharacters)
            .regex(/^[^:]+$/, 'must be the key of a tag, as in user_id')
            .optional()
            .describe('Counts the values of this key.'),
        }),
        response: { 200: success(traceFacets) },
      },
    },
    async ({ query: { tag_key: tagKey, ...query } }) => {
      const all = await glancesOf(query);
      const wider = new Map<string, TraceGlances>();
      // One after the other: each takes a connection.
      for (const [name, without] of withoutEach(query)) wider.set(name, await glancesOf(without));
      const search = toTraceSearch(query);
      const tagFacet = (tags: readonly Tag[], key: string | null) =>
        storage.tagFacet({ ...search, tags }, key, httpLimits.glancedTracesMax);
      const tags = await tagFacet(search.tags, null);
      const others = search.tags.filter(({ key }) => key !== tagKey);
      const tagValues = tagKey === undefined ? null : await tagFacet(others, tagKey);
      const counted = [all, ...wider.values(), tags, ...(tagValues === null ? [] : [tagValues])];
      const tracesFor = (filter: string) => (wider.get(filter) ?? all).traces;
      return envelope({
        total: all.traces.length,
        complete: counted.every(({ isWhole }) => isWhole),
        services: facetToWire(facetOf(tracesFor('service'), ({ services }) => services)),
        operations: facetToWire(facetOf(tracesFor('operation'), ({ root }) => [root])),
        environments: facetToWire(
          facetOf(tracesFor('environment'), ({ environments }) => environments),
        ),
        tags: facetToWire(tags),
        ...(tagValues === null ? {} : { tag_values: facetToWire(tagValues) }),
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
