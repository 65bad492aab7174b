import { z } from 'zod';
import { inCausalOrder } from '../../../analysis/event-order.ts';
import type { TraceReport } from '../../../analysis/trace-report.ts';
import { RacewayError } from '../../../domain/errors.ts';
import { type EventRecord, eventCharacters, eventText } from '../../../domain/event/event.ts';
import type { FindingWitness } from '../../../domain/findings/finding.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import type { TraceSummary } from '../../../domain/trace/trace.ts';
import type { Storage } from '../../../storage/storage.ts';
import { readAnomalies, traceAnomalies } from '../../anomalies.ts';
import type { App, AppContext } from '../../context.ts';
import { replyBytesMax } from '../../front/reply-room.ts';
import { httpLimits } from '../../limits.ts';
import { sendLines } from '../../lines.ts';
import { sendSpans } from '../../otlp/otlp-export.ts';
import { mergedEvents } from '../../trace-events.ts';
import { listTraces, traceListQuery, tracePage } from '../../trace-list.ts';
import {
  envelope,
  flag,
  noSuchTrace,
  sendData,
  success,
  summaryToWire,
  traceIdParams,
  traceSummary,
  wholeNumber,
} from '../../wire.ts';
import { auditedAccess } from '../analysis.ts';
import { issueSchema, issueText } from '../races/races.ts';
import {
  decodeCursor,
  type EventCursor,
  encodeCursor,
  firstEvents,
  pageWindows,
  streamWindows,
  walkEvents,
} from './event-windows.ts';
import { traceView, traceViewText } from './trace-view.ts';

const TRACES_PER_PAGE = 20;

const storedEvent = z.looseObject({ id: z.string(), trace_id: z.string() });

const fullTrace = traceSummary.extend({
  group: z.array(z.string()).describe('Traces that are analysed together: spans link them.'),
  events: z.array(storedEvent).optional(),
  audit_trails: z
    .record(z.string(), z.array(auditedAccess))
    .describe('Of the first variables, up to a megabyte; each is whole at its own route.'),
  audit_trails_left_out: z.int().describe('Variables whose trails are not among them.'),
  analysis: z.looseObject({
    concurrent_events: z.int(),
    potential_races: z
      .int()
      .describe(
        'Pairs of events that race inside this trace, and the traces of `group`; those with others are `races_with_others`.',
      ),
    anomalies: z
      .array(z.string())
      .describe('The races as lines of text: those inside this trace, then those of `issues`.'),
    race_details: z
      .array(z.looseObject({ fingerprint: z.string() }))
      .describe(
        'Races inside this trace, and the traces of `group`; those with others are in `issues`.',
      ),
    lock_overlaps: z
      .array(z.looseObject({ lock: z.string(), overlap_ms: z.number() }))
      .describe('Exclusive locks of one instance that two threads held at once for over 1 ms.'),
    lock_overlap_count: z.int(),
    incomplete: z.boolean().describe('Parents are missing: findings may still be retracted.'),
    diagnostics: z.looseObject({ missing_parents: z.int(), dropped_edges: z.int() }),
    excluded_events: z
      .int()
      .describe(
        'Events and steps of spans that `analysis.exclude` leaves out: they race with none.',
      ),
    complete: z.boolean(),
    truncated_by: z.string().nullable(),
  }),
  critical_path: z.looseObject({ path_events: z.int() }).nullable(),
  anomalies: traceAnomalies.shape.anomalies,
  dependencies: z.looseObject({ services: z.array(z.looseObject({ name: z.string() })) }),
  races_with_others: z
    .int()
    .describe(
      'Issues of evidence E1 and up between this trace, or another one of `group`, and others that these are witnesses of.',
    ),
  issues: z
    .array(issueSchema)
    .describe(
      'The issues that it takes part in, or another trace of `group`, alone or with others, as `/api/races` lists them: the first hundred, each with the best witness of these traces.',
    ),
  complete: z.boolean().describe('Whether all events of the trace are here.'),
  truncated_by: z.string().nullable().describe('Name of the limit when they are not.'),
});

const eventPage = z.object({
  trace_id: z.string(),
  events: z.array(storedEvent),
  next_cursor: z.string().nullable(),
});

/** Lists, shows, streams and erases traces. */
export function traceRoutes(app: App, { storage, analyser, memory }: AppContext): void {
  const bytesMax = replyBytesMax(memory.replyBytes);
  app.get(
    '/api/traces',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List traces',
        querystring: traceListQuery,
        response: { 200: success(tracePage) },
      },
    },
    async ({ query }) => envelope(await listTraces(storage, query, TRACES_PER_PAGE)),
  );

  app.get(
    '/api/traces/:traceId',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show a trace',
        params: traceIdParams,
        querystring: z.strictObject({
          events: flag.optional(),
          format: z
            .literal('otlp')
            .optional()
            .describe('The spans that the trace was made of, as OTLP in JSON, and nothing else.'),
        }),
        response: { 200: success(fullTrace) },
      },
    },
    async ({ params, query }, reply) => {
      const { traceId } = params;
      if (query.format === 'otlp') {
        return sendSpans(reply, storage, traceId);
      }
      // At once, the events last: once they are read, they hardly wait for the rest.
      const [known, reading] = await Promise.all([
        readKnown(storage, traceId),
        analyser.read(traceId),
      ]);
      if (known === null || reading === null) return noSuchTrace(traceId);
      const { report, issues } = reading;
      await reply.enterRoom();
      const shown =
        query.events === false ? null : await shownEvents(storage, report.traceIds, bytesMax);
      return sendData(reply, fullTraceText({ ...known, report, issues }, shown));
    },
  );

  app.get(
    '/api/traces/:traceId/summary',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show what is known of a trace, in at most 50 KB whatever the trace',
        params: traceIdParams,
        response: { 200: success(traceView) },
      },
    },
    async ({ params: { traceId } }, reply) => {
      const [known, reading] = await Promise.all([
        readKnown(storage, traceId),
        analyser.read(traceId),
      ]);
      if (known === null || reading === null) return noSuchTrace(traceId);
      const { summary, anomalies } = known;
      return sendData(reply, traceViewText(summary, reading.report, reading.issues, anomalies));
    },
  );

  app.get(
    '/api/traces/:traceId/events',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Page or stream the events of a trace',
        description:
          'Causes come before what they brought about, all else goes by time. Of a longer trace ' +
          `${httpLimits.traceEventsMax} events at a time are put in order, of a stream ` +
          `${httpLimits.eventsPerRead}. ` +
          'With `Accept: application/x-ndjson` all events, one per line; the last line is ' +
          '`{"complete":true,"count":n}`, and a stream without it was cut off.',
        params: traceIdParams,
        querystring: z.strictObject({
          limit: wholeNumber(1, httpLimits.traceEventsMax).optional(),
          cursor: z.string().max(256).optional(),
        }),
        response: { 200: success(eventPage) },
      },
    },
    async ({ params, query, headers }, reply) => {
      const summary = (await storage.trace(params.traceId)) ?? noSuchTrace(params.traceId);
      const from = query.cursor === undefined ? firstEvents : decodeCursor(query.cursor);
      if (/\bapplication\/x-ndjson\b/i.test(headers.accept ?? '')) {
        const lines = ndjson(storage, summary, from, query.limit ?? Number.MAX_SAFE_INTEGER);
        return sendLines(reply, lines);
      }
      const limit = query.limit ?? httpLimits.eventPageSize;
      await reply.enterRoom();
      const body = await eventPageText(storage, params.traceId, { from, limit, bytesMax });
      return sendData(reply, body);
    },
  );

  app.delete(
    '/api/traces/:traceId',
    {
      config: { scope: 'delete' },
      schema: {
        summary: 'Erase a trace with everything derived from it',
        params: traceIdParams,
        response: {
          200: success(z.object({ trace_id: z.string(), deleted_events: z.int() })),
        },
      },
    },
    async (request) => {
      const { traceId } = request.params;
      const erasedEvents = (await storage.eraseTrace(traceId)) ?? noSuchTrace(traceId);
      request.auditNote = { counts: { deleted_events: erasedEvents } };
      return envelope({ trace_id: traceId, deleted_events: erasedEvents });
    },
  );
}

/** What is stored about a trace beside its events. */
interface KnownTrace {
  readonly summary: TraceSummary;
  readonly anomalies: z.infer<typeof traceAnomalies>['anomalies'];
}

/** All that is shown of one trace, but its events. */
interface FullTrace extends KnownTrace {
  readonly report: TraceReport;
  readonly issues: readonly Issue[];
}

/** In turn: together with the reading of the events it takes two connections. */
async function readKnown(storage: Storage, traceId: string): Promise<KnownTrace | null> {
  const summary = await storage.trace(traceId);
  if (summary === null) return null;
  const anomalies =
    summary.anomalyCount === 0 ? [] : (await readAnomalies(storage, traceId)).anomalies;
  return { summary, anomalies };
}

/** Texts of events and values are spliced in as they are stored: no number passes through a double. */
function fullTraceText(
  { summary, report, issues, anomalies }: FullTrace,
  events: EventTexts | null,
): string {
  const trails = trailsOf(report);
  const own = JSON.stringify(summaryToWire(summary)).slice(1, -1);
  const shown = events === null ? '' : `"events":[${events.text}],`;
  return (
    `{${own},"group":${JSON.stringify(report.traceIds)},${shown}` +
    `"audit_trails":{${trails.join(',')}},` +
    `"audit_trails_left_out":${report.auditTrails.size - trails.length},"analysis":${report.analysis},` +
    `"critical_path":${report.criticalPath},"anomalies":${JSON.stringify(anomalies)},` +
    `"dependencies":${report.dependencies},` +
    `"races_with_others":${issues.filter((issue) => isWithOthers(issue, report)).length},` +
    `"issues":[${issues.slice(0, httpLimits.traceIssuesMax).map(issueText).join(',')}],` +
    `"complete":${events === null || events.truncatedBy === null},` +
    `"truncated_by":${JSON.stringify(events?.truncatedBy ?? null)}}`
  );
}

/** The audit trails that one reply has room for, each whole. */
function trailsOf({ auditTrails }: TraceReport): string[] {
  let left: number = httpLimits.auditTrailCharacters;
  const trails: string[] = [];
  for (const [variable, accesses] of auditTrails) {
    const trail = `${JSON.stringify(variable)}:${accesses}`;
    left -= trail.length;
    if (left < 0) break;
    trails.push(trail);
  }
  return trails;
}

/** Whether the witness of an issue names traces that are not analysed together with this one. */
function isWithOthers({ witnesses }: Issue, { traceIds }: TraceReport): boolean {
  const inGroup = new Set(traceIds);
  return witnesses.some((text) =>
    (JSON.parse(text) as FindingWitness).events.some(({ trace_id: trace }) => !inGroup.has(trace)),
  );
}

/** The events of all traces of a causal group in order, the first ones that one reply may hold. */
async function shownEvents(
  storage: Storage,
  traceIds: readonly string[],
  bytesMax: number,
): Promise<EventTexts> {
  const { traceEventsMax } = httpLimits;
  const first: EventRecord[] = [];
  const texts = new EventTexts(bytesMax);
  let characters = 0;
  for await (const event of mergedEvents(storage, traceIds, traceEventsMax + 1)) {
    if (first.length === traceEventsMax) texts.truncatedBy = 'trace_events_max';
    if (first.length === traceEventsMax || characters > bytesMax) break;
    first.push(event);
    characters += eventCharacters(event);
  }
  for (const event of inCausalOrder(first)) if (!texts.add(event, traceEventsMax)) break;
  return texts;
}

async function eventPageText(
  storage: Storage,
  traceId: string,
  { from, limit, bytesMax }: { from: EventCursor; limit: number; bytesMax: number },
): Promise<string> {
  const texts = new EventTexts(bytesMax);
  let count = 0;
  let last: EventCursor | null = null;
  let next: EventCursor | null = null;
  for await (const { event, cursor, hasMore } of walkEvents(storage, traceId, from, pageWindows)) {
    if (texts.add(event, limit)) count += 1;
    else next = last;
    last = cursor;
    if (count === limit && hasMore) next = cursor;
    if (next !== null) break;
  }
  return (
    `{"trace_id":${JSON.stringify(traceId)},` +
    `"events":[${texts.text}],"next_cursor":${JSON.stringify(next === null ? null : encodeCursor(next))}}`
  );
}

/** The events of one reply. */
class EventTexts {
  /** One after the other, with commas: put together as they come, they are copied once. */
  text = '';
  /** The limit that ended the reading while there was more. */
  truncatedBy: 'trace_events_max' | 'trace_bytes_max' | null = null;
  readonly #bytesMax: number;
  #count = 0;
  #characters = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds an event unless it is one too many; false when it is, then none may follow. */
  add(event: EventRecord, limit: number): boolean {
    if (this.#count === limit) {
      this.truncatedBy = 'trace_events_max';
      return false;
    }
    const text = eventText(event);
    this.#characters += text.length;
    if (this.#characters > this.#bytesMax && this.#count > 0) {
      this.truncatedBy = 'trace_bytes_max';
      return false;
    }
    this.text += this.#count === 0 ? text : `,${text}`;
    this.#count += 1;
    return true;
  }
}

async function* ndjson(
  storage: Storage,
  { traceId, eventCount }: TraceSummary,
  from: EventCursor,
  limit: number,
): AsyncGenerator<string> {
  // Behind a page its windows count.
  const size = from === firstEvents ? streamWindows : pageWindows;
  let count = 0;
  for await (const { event } of walkEvents(storage, traceId, from, size)) {
    if (count === limit) break;
    count += 1;
    yield `${eventText(event)}\n`;
  }
  const now = await storage.trace(traceId);
  if (now === null || now.eventCount < eventCount) {
    throw new RacewayError('unavailable', 'the trace was erased while it was streamed');
  }
  yield `${JSON.stringify({ complete: true, count })}\n`;
}
