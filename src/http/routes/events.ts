import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import { type Batch, readBatch } from '../../domain/event/batch.ts';
import { type EventRecord, eventSchema } from '../../domain/event/event.ts';
import { kindSchemas } from '../../domain/event/event-kind.ts';
import type { Redaction } from '../../domain/event/redaction.ts';
import { JsonSyntaxError } from '../../domain/json.ts';
import type { App, AppContext } from '../context.ts';
import { storeWithinBudgets } from '../front/event-budgets.ts';
import type { RejectionBook } from '../front/rejections.ts';
import { refusalReason } from '../metrics/ingest-metrics.ts';
import { envelope, success } from '../wire.ts';

const rejectedEvent = z
  .object({
    index: z.int().describe('Place in the request, from 0.'),
    id: z.string().nullable().describe('As sent; null when there was none to read.'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).readonly(),
  })
  .meta({ id: 'RejectedEvent' });

const outcome = z.object({
  accepted: z.int().describe('Stored now, for sure.'),
  duplicates: z.int().describe('Stored before under the same id; the first one stays.'),
  rejected: z.array(rejectedEvent),
  rejected_count: z.int().describe('All that were refused; the list is cut at a thousand.'),
});

const kinds = Object.entries(kindSchemas).map(([kind, payload]) =>
  z.strictObject({ [kind]: payload }),
);

/** For the document only: {@link readBatch} judges each event by itself, with the same schemas. */
const eventsBody = z.object({
  events: z.array(eventSchema.extend({ kind: z.union(kinds) }).meta({ id: 'Event' })),
});

/** `POST /events` and its alias `POST /api/traces`. */
export function eventRoutes(
  app: App,
  { writer, metrics, redaction }: AppContext,
  rejections: RejectionBook,
): void {
  const schema = {
    summary: 'Store events',
    description:
      'Answered after the commit: 200 means stored. Each event is judged by itself; sending a ' +
      'request again is safe. Bodies may be compressed with gzip, deflate or br.',
    body: eventsBody,
    response: { 200: success(outcome) },
  };
  for (const url of ['/events', '/api/traces']) {
    app.route({
      method: 'POST',
      url,
      config: { scope: 'ingest' },
      schema,
      validatorCompiler: () => (value) => ({ value }),
      onError: (_request, _reply, error, done) => {
        metrics.ingestRefused(refusalReason(error.code));
        done();
      },
      handler: async (request) => {
        const batch = parse(request.body, redaction, request.accessKey?.services ?? null);
        for (const path of batch.rejectedPaths) metrics.eventsRejected(path, 1);
        noteRejections(batch, rejections);
        const traces = new Set(batch.events.map(({ traceId }) => traceId));
        const [onlyTrace] = traces.size === 1 ? traces : [];
        const rejected = [...batch.rejected];
        const rejectedCount = batch.rejectedPaths.length;
        const noted = { traces: traces.size, rejected: rejectedCount };
        request.auditNote = { traceId: onlyTrace, counts: noted };
        if (batch.events.length === 0 && rejectedCount > 0) {
          throw new RacewayError('bad_request', allRejectedMessage(batch), {
            details: { accepted: 0, duplicates: 0, rejected, rejected_count: rejectedCount },
          });
        }
        const stored = await storeWithinBudgets(request, batch.events, (keyName) =>
          writer.submit(batch.events, keyName),
        );
        request.auditNote = { traceId: onlyTrace, counts: { ...stored, ...noted } };
        metrics.eventsStored(stored.accepted, stored.duplicates);
        return envelope({ ...stored, rejected, rejected_count: rejectedCount });
      },
    });
  }
}

function noteRejections(batch: Batch, rejections: RejectionBook): void {
  const nowMs = Date.now();
  batch.rejectedPaths.forEach((path, index) => {
    const message = batch.rejected[index]?.errors[0]?.message ?? 'as those before it';
    rejections.note(batch.rejectedServices[index] ?? '', path, message, nowMs);
  });
}

/** @param services the only ones whose events may be stored; null: all */
function parse(body: unknown, redaction: Redaction, services: ReadonlySet<string> | null): Batch {
  if (!(body instanceof Buffer)) {
    throw new RacewayError('bad_request', 'there is no body; send {"events": [...]} as JSON');
  }
  try {
    const batch = readBatch(body, redaction, services === null ? undefined : onlyOf(services));
    if (batch !== null) return batch;
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new RacewayError('invalid_json', `the body is no JSON: ${cause.message}`, { cause });
  }
  throw new RacewayError('bad_request', 'the body must be {"events": [...]}');
}

function onlyOf(services: ReadonlySet<string>) {
  const path = 'metadata.service_name';
  const message = `must be a service that this key may write: ${[...services].join(', ')}`;
  return ({ service }: EventRecord) => (services.has(service) ? null : { path, message });
}

function allRejectedMessage({ rejected, rejectedPaths }: Batch): string {
  const [first] = rejected;
  const [fault] = first?.errors ?? [];
  const place = `events[${first?.index}]${fault?.path === '' ? '' : `.${fault?.path}`}`;
  return rejectedPaths.length === 1
    ? `the event is invalid: ${place} ${fault?.message}`
    : `all ${rejectedPaths.length} events are invalid, for example: ${place} ${fault?.message}`;
}
