import { z } from 'zod';
import type { TraceReading } from '../../../analyser/trace-reader.ts';
import { RacewayError } from '../../../domain/errors.ts';
import { eventText } from '../../../domain/event/event.ts';
import {
  type EventKeys,
  eventName,
  keyAt,
  placeBefore,
  placesOf,
} from '../../../domain/event-keys.ts';
import type { FindingWitness } from '../../../domain/findings/finding.ts';
import { canonicalUuid } from '../../../domain/uuid.ts';
import type { App, AppContext } from '../../context.ts';
import { httpLimits } from '../../limits.ts';
import {
  envelope,
  noSuchTrace,
  sendData,
  success,
  traceIdParams,
  wholeNumber,
} from '../../wire.ts';

/** Fifteen digits: far more rows than there are, and as many as {@link wholeNumber} reads. */
const rowMax = 999_999_999_999_999;
const column = z.array(z.int());
const eventId = z
  .string()
  .meta({ format: 'uuid' })
  .transform((text) => canonicalUuid(text))
  .refine((id) => id !== null, 'must be the id of an event, a UUID');

export const timeline = z
  .object({
    trace_id: z.string(),
    base: z.string().describe('Time of the earliest event.'),
    start_us: z.int().describe('Where rows count from, in microseconds after the base.'),
    rows: z.int(),
    tables: z
      .object({
        kinds: z.array(z.string()),
        services: z.array(z.string()),
        names: z.array(z.string()),
        places: z.array(z.string()),
        threads: z.array(z.string()),
        values: z.array(z.string()),
      })
      .describe('What the numbers of the columns stand for.'),
    at: column.describe('Microseconds from the start of the row before.'),
    took: column.describe('Microseconds; -1 for a moment.'),
    depth: column,
    kind: column,
    service: column,
    name: column,
    place: column,
    thread: column,
    value: column.describe('What was read or written; -1 for what is no access.'),
    flags: column.describe(
      'Bits: 1 error, 2 races, 4 on the critical path, 8 reads, 16 writes, 32 a lock that is held.',
    ),
    slack: column.describe(
      'Microseconds that a step could have taken longer without delaying its root; -1 where nobody waits for it, and for a moment.',
    ),
    skew: column.describe(
      'Microseconds by which a row is shown later than its host said (earlier, below 0), where its clock and that of its caller disagree.',
    ),
    locks: column.describe('The set of locks that was held at an access, in `lock_sets`.'),
    lock_sets: z.array(
      z.array(z.object({ name: z.string(), mode: z.enum(['exclusive', 'read']) })),
    ),
    sections: column.describe('Row, start and end of each part of the critical path.'),
    edges: column.describe(
      'What is known to come before what, between threads; four numbers each, of the first 2,000: the row before, the row after, the source (0 parent, 1 spawn, 2 await, 3 message, 4 call, 5 return), the confidence (0 low, 1 medium, 2 high).',
    ),
    complete: z.boolean(),
    truncated_by: z.string().nullable(),
    races: z
      .array(
        z.object({
          row: z.int(),
          fingerprint: z.string(),
          side: z.enum(['A', 'B']).describe('Of the two requests of the race.'),
        }),
      )
      .describe('Rows that a witness of a race names.'),
  })
  .meta({ id: 'Timeline' });

export const located = z
  .object({ trace_id: z.string(), row: z.int().describe('Counted from 0.') })
  .meta({ id: 'LocatedRow', 'x-asked-by': 'locate' });

/** A trace as it is drawn: columns of rows, and the event of one row. */
export function timelineRoutes(app: App, { analyser, storage }: AppContext): void {
  app.get(
    '/api/traces/:traceId/timeline',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'A trace as columns of rows, in the order in which they are drawn',
        params: traceIdParams,
        querystring: z.strictObject({
          locate: eventId
            .optional()
            .describe('Id of an event: the answer is the row that shows it, and no columns.'),
        }),
        response: { 200: success(z.union([timeline, located])) },
      },
    },
    async ({ params: { traceId }, query: { locate } }, reply) => {
      const reading = (await analyser.read(traceId)) ?? noSuchTrace(traceId);
      if (locate !== undefined) {
        const row = rowOf(reading.report.timelineEvents, traceId, locate);
        if (row !== null) return envelope({ trace_id: traceId, row });
        throw new RacewayError('not_found', `no row of the trace shows the event ${locate}`);
      }
      await reply.enterRoom();
      const races = JSON.stringify(racesOf(reading));
      const text =
        `{"trace_id":${JSON.stringify(traceId)},${reading.report.timeline.slice(1, -1)},` +
        `"races":${races}}`;
      return sendData(reply, text);
    },
  );

  app.get(
    '/api/traces/:traceId/timeline/:row',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'The event that a row of the timeline shows',
        params: traceIdParams.extend({ row: wholeNumber(0, rowMax) }),
        response: { 200: success(z.looseObject({ id: z.string(), trace_id: z.string() })) },
      },
    },
    async ({ params: { traceId, row } }, reply) => {
      const { timelineEvents } = ((await analyser.read(traceId)) ?? noSuchTrace(traceId)).report;
      const key = keyAt(timelineEvents, row);
      if (key === null) {
        const count = timelineEvents.traces.length;
        throw new RacewayError('not_found', `the timeline has ${count} rows, counted from 0`);
      }
      const [event] = await storage.events(key.traceId, placeBefore(key), 1);
      return event?.id === key.id ? sendData(reply, eventText(event)) : noSuchTrace(key.traceId);
    },
  );
}

/** The row that shows an event of a trace, or of one that is analysed with it. */
function rowOf(keys: EventKeys, traceId: string, id: string): number | null {
  const wanted = [...new Set([traceId, ...keys.traceIds])].map((one) => ({ traceId: one, id }));
  const rows = placesOf(keys, wanted);
  for (const event of wanted) {
    const row = rows.get(eventName(event));
    if (row !== undefined) return row;
  }
  return null;
}

/** Rows that stand for events of witnesses, which are JSON texts. */
function racesOf({ report, issues }: TraceReading) {
  const named = issues.slice(0, httpLimits.traceIssuesMax).flatMap(({ fingerprint, witnesses }) =>
    witnesses.flatMap((text) =>
      (JSON.parse(text) as FindingWitness).events.map(
        ({ trace_id: traceId, event_id: id }, place) => ({
          ...{ fingerprint, side: place === 0 ? 'A' : 'B' },
          event: { traceId, id },
        }),
      ),
    ),
  );
  const rows = placesOf(
    report.timelineEvents,
    named.map(({ event }) => event),
  );
  return named.flatMap(({ fingerprint, side, event }) => {
    const row = rows.get(eventName(event));
    return row === undefined ? [] : [{ row, fingerprint, side }];
  });
}
