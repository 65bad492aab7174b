import { z } from 'zod';
import { limits } from '../../domain/limits.ts';
import type { App, AppContext } from '../context.ts';
import { noSuchTrace, searchText, sendData, success, traceIdParams } from '../wire.ts';

const criticalPath = z.looseObject({
  trace_id: z.string(),
  path_events: z.int(),
  total_duration_ms: z.number(),
  trace_total_duration_ms: z.number(),
  percentage_of_total: z.number(),
  path: z.array(z.looseObject({ id: z.string(), kind: z.string(), duration_ms: z.number() })),
});

const dependencies = z.object({
  trace_id: z.string(),
  services: z.array(z.object({ name: z.string(), event_count: z.int() })),
  dependencies: z.array(z.object({ from: z.string(), to: z.string(), call_count: z.int() })),
});

export const auditedAccess = z.looseObject({
  event_id: z.string(),
  is_race: z
    .boolean()
    .describe('It races with an access before it in the list, or a witness of an issue names it.'),
  issues: z.array(z.string()).describe('Fingerprints of the issues whose witnesses name it.'),
});

const auditTrail = z.object({
  trace_id: z.string(),
  variable: z.string(),
  accesses: z.array(auditedAccess),
});

/** What the analysis of one trace shows, part by part. */
export function analysisRoutes(app: App, { analyser }: AppContext): void {
  const reportOf = async (traceId: string) =>
    ((await analyser.read(traceId)) ?? noSuchTrace(traceId)).report;

  app.get(
    '/api/traces/:traceId/critical-path',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show what the time of a trace was spent on',
        params: traceIdParams,
        response: { 200: success(criticalPath) },
      },
    },
    async ({ params: { traceId } }, reply) => {
      const { criticalPath: text } = await reportOf(traceId);
      await reply.enterRoom();
      return sendData(reply, text);
    },
  );

  app.get(
    '/api/traces/:traceId/dependencies',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show the services of a trace and who called whom',
        params: traceIdParams,
        response: { 200: success(dependencies) },
      },
    },
    async ({ params: { traceId } }, reply) =>
      sendData(reply, (await reportOf(traceId)).dependencies),
  );

  app.get(
    '/api/traces/:traceId/audit-trail/:variable',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show the accesses of a trace to one variable',
        params: z.strictObject({
          ...traceIdParams.shape,
          variable: searchText(limits.nameCharacters),
        }),
        response: { 200: success(auditTrail) },
      },
    },
    async ({ params: { traceId, variable } }, reply) => {
      const { auditTrails } = await reportOf(traceId);
      await reply.enterRoom();
      const start = JSON.stringify({ trace_id: traceId, variable }).slice(0, -1);
      const text = `${start},"accesses":${auditTrails.get(variable) ?? '[]'}}`;
      return sendData(reply, text);
    },
  );
}
