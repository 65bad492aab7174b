import { z } from 'zod';
import { isRaisable, noRows, revealedRows } from '../../analysis/issues/revealed-rows.ts';
import { limits } from '../../domain/limits.ts';
import { lowerAscii } from '../../domain/lower-ascii.ts';
import { optInsOf } from '../../domain/parameter-opt-ins.ts';
import type { ServiceCallTotals } from '../../storage/derived.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import { statementScopes } from '../otlp/statement-scopes.ts';
import { listTraces, serviceTraceListQuery, tracePage } from '../trace-list.ts';
import { envelope, environmentFilter, isoText, searchText, success, wholeNumber } from '../wire.ts';

const TRACES_PER_PAGE = 100;

const serviceParams = z.strictObject({ service: searchText(limits.nameCharacters) });

export const serviceList = z.object({
  total_services: z.int(),
  services: z.array(z.object({ name: z.string(), event_count: z.int(), trace_count: z.int() })),
});

export const serviceHealth = z.array(
  z.object({
    name: z.string(),
    status: z.enum(['healthy', 'warning', 'critical']),
    trace_count: z.int(),
    last_activity: z.string(),
    avg_events_per_trace: z.number(),
    minutes_since_last_activity: z.number(),
  }),
);

const neighbour = z.object({ to: z.string(), total_calls: z.int(), trace_count: z.int() });

const serviceDependencies = z.object({
  service_name: z.string(),
  calls_to: z.array(neighbour),
  called_by: z.array(neighbour).describe('The caller is in `to`.'),
});

const rowCount = z.int();

export const serviceRows = z.object({
  service_name: z.string(),
  rows: z
    .object({ exact: rowCount, hinted: rowCount, unknown: rowCount })
    .describe(
      'How surely rows are known that its requests access in databases, Redis and over HTTP: traces, once for each variable, of the variables accessed most.',
    ),
  raised_by: z
    .array(z.object({ library: z.string(), line: z.string() }))
    .describe(
      'What makes rows exact, for the libraries that made statements in the latest traces of the service, and for any other; empty where all rows are exact.',
    ),
});

const HEALTH_WINDOW_MINUTES = 60;
/** Minutes of silence after which a service is no longer healthy, and then critical. */
const WARNING_MINUTES = 5;
const CRITICAL_MINUTES = 30;
const MINUTE_NS = 60_000_000_000n;

/** What is known of the services that send events. */
export function serviceRoutes(app: App, { storage, analyser }: AppContext): void {
  app.get(
    '/api/services',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List services',
        querystring: z.strictObject({
          environment: environmentFilter,
          q: searchText(httpLimits.searchCharacters)
            .optional()
            .describe('A part of the name; ASCII letters in any case.'),
        }),
        response: { 200: success(serviceList) },
      },
    },
    async ({ query }) => {
      const wanted = lowerAscii(query.q ?? '');
      const all = await storage.services(query.environment ?? null);
      const services = all.filter(({ name }) => lowerAscii(name).includes(wanted));
      return envelope({
        total_services: services.length,
        services: services.map(({ name, eventCount, traceCount }) => ({
          name,
          event_count: eventCount,
          trace_count: traceCount,
        })),
      });
    },
  );

  app.get(
    '/api/services/:service/traces',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List the traces of a service',
        params: serviceParams,
        querystring: serviceTraceListQuery,
        response: { 200: success(tracePage.extend({ service_name: z.string() })) },
      },
    },
    async ({ params: { service }, query }) => {
      const page = await listTraces(storage, { ...query, service }, TRACES_PER_PAGE);
      return envelope({ service_name: service, ...page });
    },
  );

  app.get(
    '/api/services/health',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Tell which services were active lately',
        querystring: z.strictObject({
          environment: environmentFilter,
          time_window_minutes: wholeNumber(1, httpLimits.healthWindowMinutesMax).optional(),
        }),
        response: { 200: success(serviceHealth) },
      },
    },
    async ({ query }) => {
      const nowNs = BigInt(Date.now()) * 1_000_000n;
      const windowNs = BigInt(query.time_window_minutes ?? HEALTH_WINDOW_MINUTES) * MINUTE_NS;
      const sinceNs = nowNs > windowNs ? nowNs - windowNs : 0n;
      const services = await storage.serviceActivity(sinceNs, query.environment ?? null);
      return envelope(
        services.map(({ name, eventCount, traceCount, lastActivityNs }) => {
          const silentNs = nowNs - lastActivityNs;
          const minutes = silentNs > 0n ? Number(silentNs / MINUTE_NS) : 0;
          return {
            name,
            status: healthOf(minutes),
            trace_count: traceCount,
            last_activity: isoText(lastActivityNs).replace('Z', '+00:00'),
            avg_events_per_trace: eventCount / traceCount,
            minutes_since_last_activity: minutes,
          };
        }),
      );
    },
  );

  app.get(
    '/api/services/:service',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Tell what the traffic of a service reveals, and what would reveal more',
        params: serviceParams,
        response: { 200: success(serviceRows) },
      },
    },
    async ({ params: { service } }) => {
      await analyser.settle(httpLimits.settleMs);
      const courses = await storage.derived.courses(httpLimits.lintedVariablesMax);
      const rows = revealedRows(courses).get(service) ?? noRows;
      const optIns = isRaisable(rows) ? optInsOf(await statementScopes(storage, service)) : [];
      return envelope({ service_name: service, rows, raised_by: [...optIns] });
    },
  );

  app.get(
    '/api/services/:service/dependencies',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show which services a service calls, and which call it',
        params: serviceParams,
        querystring: z.strictObject({ environment: environmentFilter }),
        response: { 200: success(serviceDependencies) },
      },
    },
    async ({ params: { service }, query }) => {
      await analyser.settle(httpLimits.settleMs);
      const calls = await storage.derived.serviceCalls(query.environment ?? null);
      return envelope({
        service_name: service,
        calls_to: sumsByName(
          calls.filter(({ from }) => from === service),
          ({ to }) => to,
        ),
        called_by: sumsByName(
          calls.filter(({ to }) => to === service),
          ({ from }) => from,
        ),
      });
    },
  );
}

function healthOf(minutes: number): 'healthy' | 'warning' | 'critical' {
  if (minutes < WARNING_MINUTES) return 'healthy';
  return minutes < CRITICAL_MINUTES ? 'warning' : 'critical';
}

/** One entry per service, whatever the kind of call. */
function sumsByName(
  calls: readonly ServiceCallTotals[],
  nameOf: (call: ServiceCallTotals) => string,
): z.infer<typeof neighbour>[] {
  const sums = new Map<string, z.infer<typeof neighbour>>();
  for (const call of calls) {
    const to = nameOf(call);
    const sum = sums.get(to) ?? { to, total_calls: 0, trace_count: 0 };
    sum.total_calls += call.calls;
    // Traces with calls of two kinds would count twice; the larger number is right or too small.
    sum.trace_count = Math.max(sum.trace_count, call.traceCount);
    sums.set(to, sum);
  }
  return [...sums.values()].sort((a, b) => (a.to < b.to ? -1 : 1));
}
