import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { errorCodes, RacewayError } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { durationMs, type TraceSummary } from '../domain/trace/trace.ts';
import { canonicalUuid } from '../domain/uuid.ts';

/** Schemas that several routes share. Members that clients read keep the names they know. */

/** A success of the shape `data`, in the envelope. */
export function success<Data extends z.ZodType>(data: Data) {
  return z.object({ success: z.literal(true), data, error: z.null() });
}

export const failure = z
  .object({
    success: z.literal(false),
    data: z.null(),
    error: z.string().describe('One sentence for a person.'),
    code: z.enum(errorCodes),
    details: z.unknown().optional(),
    retry_after: z.int().optional().describe('Seconds, with 429 and 503.'),
  })
  .meta({ id: 'Failure' });

/** The reply of a route that worked. */
export function envelope<Data>(data: Data): { success: true; data: Data; error: null } {
  return { success: true, data, error: null };
}

/** The same for data that is JSON text already: events are spliced in as they are stored. */
export function sendData(reply: FastifyReply, data: string): FastifyReply {
  const text = `{"success":true,"data":${data},"error":null}`;
  return reply.type('application/json; charset=utf-8').send(text);
}

/** A stream of messages, which proxies must not keep back. */
export function sendMessages(reply: FastifyReply, type: string, messages: Readable): FastifyReply {
  return reply.type(type).header('x-accel-buffering', 'no').send(messages);
}

/** A whole number written in a query. */
export function wholeNumber(min: number, max: number) {
  return (
    z
      .string()
      .regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
      // What it means, rather than how a query writes it.
      .meta({ type: 'integer', pattern: undefined, minimum: min, maximum: max })
      .transform(Number)
      .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`)
  );
}

/** `true` or `false` written in a query. */
export const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true');

/** RFC 3339 written in a query, where an unescaped `+` of the offset arrives as a space. */
export const instant = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const timestampNs = parseTimestamp(text.replace(/ (?=\d\d:\d\d$)/, '+'));
    if (timestampNs !== null) return timestampNs;
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'must be an RFC 3339 time such as 2024-05-01T00:00:00Z',
    });
    return z.NEVER;
  });

export const traceSummary = z
  .object({
    trace_id: z.string(),
    event_count: z.int(),
    first_timestamp: z.string().describe('As the first event was sent.'),
    last_timestamp: z.string(),
    duration_ms: z.number(),
    root: z.string().describe('Operation of the first event.'),
    service_count: z.int(),
    services: z.array(z.string()),
    environments: z.array(z.string()),
    error_count: z.int(),
    race_count: z.int().describe('Races that the trace takes part in.'),
    has_races: z.boolean(),
    anomaly_count: z.int().describe('Spans that were slow or fast for their operation.'),
    has_anomalies: z.boolean(),
    last_activity: z.string().describe('What lists are sorted by.'),
  })
  .meta({ id: 'TraceSummary' });

export function summaryToWire(trace: TraceSummary): z.infer<typeof traceSummary> {
  return {
    trace_id: trace.traceId,
    event_count: trace.eventCount,
    first_timestamp: trace.first.timestamp,
    last_timestamp: trace.last.timestamp,
    duration_ms: durationMs(trace),
    root: trace.root,
    service_count: trace.services.length,
    services: [...trace.services],
    environments: [...trace.environments],
    error_count: trace.errorCount,
    race_count: trace.raceCount,
    has_races: trace.raceCount > 0,
    anomaly_count: trace.anomalyCount,
    has_anomalies: trace.anomalyCount > 0,
    last_activity: isoText(trace.lastActivityNs),
  };
}

/** RFC 3339 in UTC with all nine digits. */
export function isoText(timestampNs: bigint): string {
  const seconds = new Date(Number(timestampNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(timestampNs % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** A text of a query or path to look for. No stored text has a NUL character. */
export function searchText(charactersMax: number) {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .refine((text) => !text.includes('\0'), 'must not hold a NUL character');
}

/** The filter of lists by `metadata.environment`. */
export const environmentFilter = searchText(limits.nameCharacters)
  .optional()
  .describe('What happened in this environment (`metadata.environment`) alone.');

/** The id of a trace as it is stored: a UUID in any spelling is canonical, the rest is as sent. */
export const traceIdParams = z.strictObject({
  traceId: z.string().transform((text) => canonicalUuid(text) ?? text),
});

/** @throws {RacewayError} `not_found`, naming the id */
export function noSuchTrace(traceId: string): never {
  const id = JSON.stringify(traceId.slice(0, limits.traceIdCharacters));
  throw new RacewayError('not_found', `no trace ${id} is stored`);
}
