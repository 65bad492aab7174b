import { z } from 'zod';
import { evidenceLevels } from '../../domain/findings/finding.ts';
import {
  anyIssue,
  type Issue,
  type IssueBounds,
  type IssueQuery,
} from '../../domain/findings/issue.ts';
import { parseTimestamp } from '../../domain/timestamp.ts';
import type { App, AppContext } from '../context.ts';
import { completeness, readCompleteness } from '../cuts.ts';
import { hiddenIssues, hiddenToWire } from '../hidden-issues.ts';
import { httpLimits } from '../limits.ts';
import { envelope, environmentFilter, isoText, success } from '../wire.ts';

const edge = z.object({
  from_service: z.string(),
  to_service: z.string(),
  link_type: z.string(),
  call_count: z.int(),
});

export const edgeList = z.object({ total_edges: z.int(), edges: z.array(edge) });

const racedVariable = z.object({
  variable: z.string(),
  trace_count: z.int(),
  access_count: z.int(),
  access_types: z.array(z.string()),
  thread_count: z.int(),
  severity: z.enum(['CRITICAL', 'WARNING']),
  trace_ids: z.array(z.string()).describe('The first hundred.'),
});

const globalDetail = z.object({
  severity: z.string(),
  variable: z.string(),
  trace1_id: z.string(),
  trace2_id: z.string(),
  event1_thread: z.string(),
  event2_thread: z.string(),
  event1_location: z.string(),
  event2_location: z.string(),
  event1_timestamp: z.string(),
  event2_timestamp: z.string(),
  description: z.string(),
  fingerprint: z.string(),
  evidence: z.string(),
});

const globalAnalysis = z.object({
  total_traces: z.int(),
  total_events: z.int(),
  concurrent_events: z.int(),
  potential_races: z.int().describe('Sum of `count` over these issues.'),
  total_issues: z.int().describe('As `/api/races` counts them.'),
  anomalies: z.array(z.string()),
  race_details: z.array(globalDetail).describe('Witnesses, best first, the first hundred.'),
  stale: z.boolean(),
  ...completeness,
  hidden: hiddenIssues,
});

/** How much of what is known a view over all traces shows: the same as `/api/races`. */
const bounds = z.strictObject({
  evidence: z.enum(evidenceLevels).optional().describe('The weakest counted; default E1.'),
  scope: z.enum(['any']).optional().describe('Also races of unknown scope.'),
  environment: environmentFilter,
});

function boundsOf({ evidence, scope, environment }: z.infer<typeof bounds>): IssueBounds {
  return {
    evidenceMin: evidence ?? 'E1',
    anyScope: scope === 'any',
    environment: environment ?? null,
  };
}

/** The first issues within bounds. */
function issuesWithin(within: IssueBounds, limit: number): IssueQuery {
  return { ...anyIssue, ...within, sort: 'rank', limit, offset: 0 };
}

/** A query that asks for one environment alone. */
const inEnvironment = z.strictObject({ environment: environmentFilter });

/** Views over all traces. What they count are the issues that `/api/races` lists. */
export function distributedRoutes(app: App, { storage, analyser }: AppContext): void {
  const { derived } = storage;

  app.get(
    '/api/analyze/global',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Count races over all traces',
        description:
          'Of the issues that `/api/races` lists: evidence E1 and up and of known scope, unless ' +
          'more is asked for.',
        querystring: bounds,
        response: { 200: success(globalAnalysis) },
      },
    },
    async ({ query }) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const statistics = await storage.statistics();
      const first = issuesWithin(boundsOf(query), httpLimits.pageSizeMax);
      const { issues, total, pairs, hidden } = await derived.issues(first);
      const details = issues.flatMap(detailsOf).slice(0, httpLimits.pageSizeMax);
      return envelope({
        total_traces: statistics.traceCount,
        total_events: statistics.eventCount,
        concurrent_events: pairs,
        potential_races: pairs,
        total_issues: total,
        anomalies: total === 0 ? [] : [`${pairs} racing pairs at ${total} pairs of places`],
        race_details: details,
        stale,
        ...(await readCompleteness(derived)),
        hidden: hiddenToWire(hidden),
      });
    },
  );

  app.get(
    '/api/distributed/edges',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List which service calls which',
        querystring: inEnvironment,
        response: { 200: success(edgeList) },
      },
    },
    async ({ query }) => {
      await analyser.settle(httpLimits.settleMs);
      const calls = await derived.serviceCalls(query.environment ?? null);
      return envelope({
        total_edges: calls.length,
        edges: calls.map(({ from, to, linkType, calls: count }) => ({
          from_service: from,
          to_service: to,
          link_type: linkType,
          call_count: count,
        })),
      });
    },
  );

  app.get(
    '/api/distributed/global-races',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List the variables that are raced for',
        description:
          'In the issues that `/api/races` lists: evidence E1 and up and of known scope, unless ' +
          'more is asked for. With `evidence=E0` also variables of which only the possibility is known.',
        querystring: bounds,
        response: {
          200: success(
            z.object({
              total_races: z.int(),
              ...completeness,
              hidden: hiddenIssues,
              races: z.array(racedVariable),
            }),
          ),
        },
      },
    },
    async ({ query }) => {
      await analyser.settle(httpLimits.settleMs);
      const races = await derived.racedVariables(boundsOf(query), httpLimits.racedVariablesMax);
      const { hidden } = await derived.issues(issuesWithin(boundsOf(query), 1));
      return envelope({
        total_races: races.length,
        ...(await readCompleteness(derived)),
        hidden: hiddenToWire(hidden),
        races: races.map((race) => ({
          variable: race.variable,
          trace_count: race.trace_count,
          access_count: race.access_count,
          access_types: [...race.access_types],
          thread_count: race.thread_count,
          severity: race.severity,
          trace_ids: [...race.traceIds],
        })),
      });
    },
  );

  app.get(
    '/api/distributed/hotspots',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List the variables and calls that are used most',
        querystring: inEnvironment,
        response: {
          200: success(
            z.object({
              top_variables: z.array(
                z.object({
                  variable: z.string(),
                  access_count: z.int(),
                  trace_count: z.int(),
                  services: z.array(z.string()),
                }),
              ),
              top_service_calls: z.array(edge.omit({ link_type: true })),
            }),
          ),
        },
      },
    },
    async ({ query }) => {
      await analyser.settle(httpLimits.settleMs);
      const environment = query.environment ?? null;
      const variables = await derived.topVariables(HOTSPOTS, environment);
      const calls = await derived.serviceCalls(environment);
      return envelope({
        top_variables: variables.map(({ variable, access_count, trace_count, services }) => ({
          variable,
          access_count,
          trace_count,
          services: [...services],
        })),
        top_service_calls: busiestCalls(calls).slice(0, HOTSPOTS),
      });
    },
  );
}

const HOTSPOTS = 10;

/** Calls between two services, whatever their kind, most first. */
function busiestCalls(calls: readonly { from: string; to: string; calls: number }[]) {
  const sums = new Map<string, { from_service: string; to_service: string; call_count: number }>();
  for (const { from, to, calls: count } of calls) {
    const key = JSON.stringify([from, to]);
    const known = sums.get(key);
    if (known !== undefined) known.call_count += count;
    else sums.set(key, { from_service: from, to_service: to, call_count: count });
  }
  return [...sums]
    .sort(([keyA, a], [keyB, b]) => b.call_count - a.call_count || (keyA < keyB ? -1 : 1))
    .map(([, sum]) => sum);
}

interface WitnessShown {
  readonly variable: string;
  readonly explanation: string;
  readonly events: readonly [EventShown, EventShown];
}

interface EventShown {
  readonly trace_id: string;
  readonly thread: string;
  readonly location: string;
  readonly timestamp: string;
}

/** One line per witness of an issue. */
function detailsOf({
  subject,
  fingerprint,
  evidence,
  witnesses,
}: Issue): z.infer<typeof globalDetail>[] {
  return witnesses.map((text) => {
    const { variable, explanation, events } = JSON.parse(text) as WitnessShown;
    const [first, second] = events;
    return {
      severity: subject.severity,
      variable,
      trace1_id: first.trace_id,
      trace2_id: second.trace_id,
      event1_thread: first.thread,
      event2_thread: second.thread,
      event1_location: first.location,
      event2_location: second.location,
      event1_timestamp: spacedTime(first.timestamp),
      event2_timestamp: spacedTime(second.timestamp),
      description: explanation,
      fingerprint,
      evidence,
    };
  });
}

/** The spelling that older clients know here: `2024-01-01 12:00:00 UTC`. */
function spacedTime(timestamp: string): string {
  const text = isoText(parseTimestamp(timestamp) ?? 0n);
  return `${text.slice(0, 19).replace('T', ' ')} UTC`;
}
