import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { demoBatches } from '../../demo/demo-batches.ts';
import { RacewayError } from '../../domain/errors.ts';
import { readBatch } from '../../domain/event/batch.ts';
import type { App, AppContext } from '../context.ts';
import { envelope, success } from '../wire.ts';

const outcome = z.object({
  accepted: z.int().describe('Events of the example.'),
});

/** `POST /api/demo`: the example, for who looks at an empty server. */
export function demoRoutes(app: App, { storage, writer, metrics, redaction }: AppContext): void {
  app.post(
    '/api/demo',
    {
      config: { scope: 'ingest' },
      schema: {
        summary: 'Store the example: a small shop whose requests race',
        description:
          'For an empty server alone; `raceway demo` adds it to any. Its events have the tag ' +
          '`demo:true`, by which `DELETE /api/traces?tag=demo:true` erases them again.',
        response: { 200: success(outcome) },
      },
    },
    async (request) => {
      const { traceCount } = await storage.statistics();
      if (traceCount > 0) {
        const message = `the example is for an empty server, and this one has ${traceCount} traces; the command raceway demo adds it all the same`;
        throw new RacewayError('bad_request', message);
      }
      const services = request.accessKey?.services ?? null;
      let accepted = 0;
      // One after the other: durations are judged by those that came before.
      for (const events of demoBatches(Date.now(), randomUUID)) {
        const batch = readBatch(Buffer.from(JSON.stringify({ events })), redaction);
        if (batch === null) throw new Error('the example is no batch of events');
        if (services !== null && batch.events.some(({ service }) => !services.has(service))) {
          const message = 'this key may not store events of all services of the example';
          throw new RacewayError('forbidden', message);
        }
        const stored = await writer.submit(batch.events, request.accessKey?.name ?? null);
        metrics.eventsStored(stored.accepted, stored.duplicates);
        accepted += stored.accepted;
      }
      request.auditNote = { counts: { accepted } };
      return envelope({ accepted });
    },
  );
}
