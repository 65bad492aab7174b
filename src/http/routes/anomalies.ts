import { z } from 'zod';
import { readAnomalies, traceAnomalies } from '../anomalies.ts';
import type { App, AppContext } from '../context.ts';
import { envelope, success, traceIdParams } from '../wire.ts';

/** Shows what was slow or fast in a trace. */
export function anomalyRoutes(app: App, { storage }: AppContext): void {
  app.get(
    '/api/traces/:traceId/anomalies',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show what was slow or fast in a trace',
        description:
          'Each duration was judged when it was stored, by those of its operation before it. A trace ' +
          'that is not stored has none.',
        params: traceIdParams,
        response: { 200: success(traceAnomalies.extend({ trace_id: z.string() })) },
      },
    },
    async ({ params: { traceId } }) =>
      envelope({ trace_id: traceId, ...(await readAnomalies(storage, traceId)) }),
  );
}
