import { z } from 'zod';
import { limits } from '../../domain/limits.ts';
import type { App, AppContext } from '../app.ts';
import { listTraces, serviceTraceListQuery, tracePage } from '../trace-list.ts';
import { envelope, searchText, success } from '../wire.ts';

const TRACES_PER_PAGE = 100;

const serviceList = z.object({
  total_services: z.int(),
  services: z.array(z.object({ name: z.string(), event_count: z.int(), trace_count: z.int() })),
});

/** What is known of the services that send events. */
export function serviceRoutes(app: App, { storage }: AppContext): void {
  app.get(
    '/api/services',
    { schema: { summary: 'List services', response: { 200: success(serviceList) } } },
    async () => {
      const services = await storage.services();
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
      schema: {
        summary: 'List the traces of a service',
        params: z.strictObject({ service: searchText(limits.nameCharacters) }),
        querystring: serviceTraceListQuery,
        response: { 200: success(tracePage.extend({ service_name: z.string() })) },
      },
    },
    async ({ params: { service }, query }) => {
      const page = await listTraces(storage, { ...query, service }, TRACES_PER_PAGE);
      return envelope({ service_name: service, ...page });
    },
  );
}
