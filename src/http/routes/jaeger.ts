import { z } from 'zod';
import { limits } from '../../domain/limits.ts';
import {
  type JaegerSpan,
  type JaegerTrace,
  jaegerTrace,
} from '../../domain/otlp/foreign/write-jaeger.ts';
import { storedSpans } from '../../domain/otlp/stored-spans.ts';
import { everyTrace } from '../../domain/trace/trace-query.ts';
import type { Storage } from '../../storage/storage.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import { eventsAfter } from '../trace-events.ts';
import { searchText, traceIdParams } from '../wire.ts';

const NOT_FOUND = 404;
/** Newest traces of a service in which names of operations are looked for. */
const OPERATION_TRACES = 100;
const TRACES_BY_DEFAULT = 20;
const DURATION = /^(\d{1,12}(?:\.\d{1,9})?)(us|µs|ms|s|m|h)$/;
const unitMicroseconds = new Map([
  ['us', 1],
  ['µs', 1],
  ['ms', 1000],
  ['s', 1_000_000],
  ['m', 60_000_000],
  ['h', 3_600_000_000],
]);

const serviceName = searchText(limits.nameCharacters);
/** Later instants are none that an event can have. */
const INSTANT_END_US = 2n ** 63n / 1000n;
const instantUs = z
  .string()
  .regex(/^\d{1,16}$/, { error: 'must be microseconds since 1970', abort: true })
  .refine((text) => BigInt(text) < INSTANT_END_US, 'must be microseconds before the year 2262');
const duration = z.string().regex(DURATION, 'must be a duration such as 1.5ms').or(z.literal(''));

/** Jaeger's page sends more than is looked at here. */
const tracesQuery = z.looseObject({
  service: serviceName,
  operation: z.string().max(limits.stringCharacters).optional(),
  start: instantUs.optional(),
  end: instantUs.optional(),
  limit: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a number')
    .optional()
    .describe(`At most ${httpLimits.pageSizeMax} are given.`),
  minDuration: duration.optional(),
  maxDuration: duration.optional(),
  tags: z.string().max(limits.stringCharacters).optional().describe('An object of texts in JSON.'),
});
type TracesQuery = z.output<typeof tracesQuery>;

const trace = z
  .custom<JaegerTrace>((value) => typeof value === 'object' && value !== null && 'spans' in value)
  .meta({
    type: 'object',
    description: 'As Jaeger writes it: spans, processes, times in microseconds.',
  });
const errors = z.array(z.object({ code: z.int(), msg: z.string() })).nullable();

/** A reply of Jaeger's query service. */
function reply<Item extends z.ZodType>(item: Item) {
  const counts = { total: z.int(), limit: z.int(), offset: z.int() };
  return z.object({ data: z.array(item).nullable(), ...counts, errors });
}

function found<Item>(data: Item[]) {
  return { data, total: data.length, limit: 0, offset: 0, errors: null };
}

/**
 * The part of Jaeger's query API that its own page and Grafana read, below `/jaeger`. It shows what came
 * as spans of OpenTelemetry.
 */
export function jaegerRoutes(app: App, { storage }: AppContext): void {
  const summary = 'For the pages of Jaeger and Grafana: ';
  app.get(
    '/jaeger/api/services',
    {
      config: { scope: 'read' },
      schema: { summary: `${summary}services`, response: { 200: reply(z.string()) } },
    },
    async () => found((await storage.services()).map(({ name }) => name)),
  );

  app.get(
    '/jaeger/api/services/:service/operations',
    {
      config: { scope: 'read' },
      schema: {
        summary: `${summary}names of the spans of a service`,
        params: z.strictObject({ service: serviceName }),
        response: { 200: reply(z.string()) },
      },
    },
    async ({ params }) => {
      const operations = await operationsOf(storage, params.service);
      return found([...new Set(operations.map(({ name }) => name))]);
    },
  );

  app.get(
    '/jaeger/api/operations',
    {
      config: { scope: 'read' },
      schema: {
        summary: `${summary}names and kinds of the spans of a service`,
        querystring: z.looseObject({ service: serviceName, spanKind: z.string().optional() }),
        response: { 200: reply(z.object({ name: z.string(), spanKind: z.string() })) },
      },
    },
    async ({ query }) => {
      const operations = await operationsOf(storage, query.service);
      const { spanKind } = query;
      return found(operations.filter((one) => !spanKind || one.spanKind === spanKind));
    },
  );

  app.get(
    '/jaeger/api/traces',
    {
      config: { scope: 'read' },
      schema: {
        summary: `${summary}traces of a service, the newest first`,
        querystring: tracesQuery,
        response: { 200: reply(trace) },
      },
    },
    async ({ query }) => found(await findTraces(storage, query)),
  );

  app.get(
    '/jaeger/api/traces/:traceId',
    {
      config: { scope: 'read' },
      schema: {
        summary: `${summary}one trace`,
        params: z.strictObject({
          traceId: z
            .string()
            .transform((text) => (/^[0-9a-f]{1,31}$/i.test(text) ? text.padStart(32, '0') : text))
            .pipe(traceIdParams.shape.traceId),
        }),
        response: { 200: reply(trace), [NOT_FOUND]: reply(trace) },
      },
    },
    async ({ params }, answer) => {
      const whole = await readTrace(storage, params.traceId);
      if (whole !== null) return found([whole]);
      const missing = [{ code: NOT_FOUND, msg: 'trace not found' }];
      return answer
        .code(NOT_FOUND)
        .send({ data: null, total: 0, limit: 0, offset: 0, errors: missing });
    },
  );
}

/** Null when nothing of the trace came as spans; a huge trace is cut. */
async function readTrace(storage: Storage, traceId: string): Promise<JaegerTrace | null> {
  const events = [];
  const limit = httpLimits.traceEventsMax;
  for await (const event of eventsAfter(storage, traceId, null, limit)) events.push(event);
  const groups = storedSpans(events);
  return groups.length === 0 ? null : jaegerTrace(traceId.replaceAll('-', ''), groups);
}

async function findTraces(storage: Storage, query: TracesQuery): Promise<JaegerTrace[]> {
  const wanted = Math.min(Number(query.limit ?? TRACES_BY_DEFAULT), httpLimits.pageSizeMax);
  if (wanted === 0) return [];
  const page = await storage.listTraces({
    ...everyTrace,
    countMax: 1,
    service: query.service,
    sinceNs: query.start === undefined ? null : BigInt(query.start) * 1000n,
    untilNs: query.end === undefined ? null : BigInt(query.end) * 1000n,
    limit: httpLimits.pageSizeMax,
  });
  const matches = spanTest(query);
  const traces: JaegerTrace[] = [];
  for (const { traceId } of page.traces) {
    if (traces.length === wanted) break;
    const whole = await readTrace(storage, traceId);
    const own = whole?.spans.some(
      (one) => whole.processes[one.processID]?.serviceName === query.service && matches(one),
    );
    if (whole !== null && own === true) traces.push(whole);
  }
  return traces;
}

/** What a search says of one span of the service. */
function spanTest(query: TracesQuery): (span: JaegerSpan) => boolean {
  const { operation = '', minDuration = '', maxDuration = '' } = query;
  const least = microsecondsOf(minDuration) ?? 0;
  const most = microsecondsOf(maxDuration) ?? Number.POSITIVE_INFINITY;
  const tags = readTags(query.tags ?? '{}');
  return (one) =>
    (operation === '' || one.operationName === operation) &&
    one.duration >= least &&
    one.duration <= most &&
    tags.every(([name, value]) =>
      one.tags.some((tag) => tag.key === name && String(tag.value) === value),
    );
}

function microsecondsOf(text: string): number | null {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  return count === undefined ? null : Number(count) * (unitMicroseconds.get(unit) ?? 1);
}

function readTags(text: string): [string, string][] {
  try {
    const tags = JSON.parse(text) as unknown;
    return Object.entries(tags ?? {}).map(([name, value]) => [name, String(value)]);
  } catch {
    return [];
  }
}

async function operationsOf(
  storage: Storage,
  service: string,
): Promise<{ name: string; spanKind: string }[]> {
  const page = await storage.listTraces({
    ...everyTrace,
    service,
    limit: OPERATION_TRACES,
    countMax: 1,
  });
  const operations = new Map<string, { name: string; spanKind: string }>();
  for (const { traceId } of page.traces) {
    const whole = await readTrace(storage, traceId);
    for (const one of whole?.spans ?? []) {
      if (whole?.processes[one.processID]?.serviceName !== service) continue;
      const kind = one.tags.find(({ key }) => key === 'span.kind')?.value ?? 'internal';
      const operation = { name: one.operationName, spanKind: String(kind) };
      operations.set(JSON.stringify(operation), operation);
    }
  }
  return [...operations.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
