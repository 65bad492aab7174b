import type { FastifyReply } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { type EventRecord, eventCharacters } from '../../domain/event/event.ts';
import { spansToJson } from '../../domain/otlp/json/write-json.ts';
import { storedSpans } from '../../domain/otlp/stored-spans.ts';
import type { Storage } from '../../storage/storage.ts';
import { httpLimits } from '../limits.ts';
import { eventsAfter } from '../trace-events.ts';
import { noSuchTrace } from '../wire.ts';

/**
 * Answers with the spans of a trace, as an OTLP request in JSON that another server takes as it is.
 *
 * @throws {RacewayError} `not_found`; `too_large` for a trace that is more than one reply may hold,
 *   as half a trace would look like a whole one
 */
export async function sendSpans(
  reply: FastifyReply,
  storage: Storage,
  traceId: string,
): Promise<FastifyReply> {
  if ((await storage.trace(traceId)) === null) noSuchTrace(traceId);
  const events: EventRecord[] = [];
  let characters = 0;
  for await (const event of eventsAfter(storage, traceId, null, Number.MAX_SAFE_INTEGER)) {
    events.push(event);
    characters += eventCharacters(event);
    if (characters > httpLimits.traceBytesMax) {
      const message =
        `the trace has more than ${httpLimits.traceBytesMax} bytes of events, too many for one ` +
        'OTLP request; GET /api/export streams them as events';
      throw new RacewayError('too_large', message);
    }
  }
  return reply.type('application/json').send(spansToJson(storedSpans(events)));
}
