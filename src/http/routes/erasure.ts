import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import { eraseSelection } from '../../storage/erasure.ts';
import type { Erased, ErasureCounts } from '../../storage/erasure-counts.ts';
import type { App, AppContext } from '../context.ts';
import { erasureFilters, toSelection } from '../trace-selection.ts';
import { envelope, flag, success } from '../wire.ts';

/** What clients call it: names of tables, whatever the storage. */
const wireNames = {
  events: 'events',
  traces: 'traces',
  services: 'trace_services',
  spans: 'trace_spans',
  footprints: 'footprints',
  variables: 'variables',
  findings: 'findings',
  issues: 'issues',
  calls: 'trace_calls',
  serviceCalls: 'service_calls',
  buckets: 'latency_buckets',
  verdicts: 'latency_verdicts',
} as const satisfies Record<Erased, string>;

const erasure = z.object({
  dry_run: z.boolean(),
  matched: z.object({ traces: z.int(), events: z.int() }),
  deleted: z
    .record(z.enum(wireNames), z.int())
    .describe(
      'Rows that went, by table; rows of others that are made anew without them count too.',
    ),
});

/** Erases traces by what they are about. */
export function erasureRoutes(app: App, { storage }: AppContext): void {
  app.delete(
    '/api/traces',
    {
      config: { scope: 'delete' },
      schema: {
        summary: 'Erase all traces that match, with everything derived from them',
        description:
          'Traces must match every filter given, and one is required. Erased in batches: the ' +
          'request goes on when its client goes away, and sending it again is safe.',
        querystring: z.strictObject({ ...erasureFilters, dry_run: flag.optional() }),
        response: { 200: success(erasure) },
      },
    },
    async (request) => {
      const { dry_run: isDryRun = false, ...filters } = request.query;
      if (Object.values(filters).every((filter) => filter === undefined)) {
        const names = Object.keys(erasureFilters).join(', ');
        const message = `nothing was erased: say what, by at least one of ${names}`;
        throw new RacewayError('bad_request', message);
      }
      const report = await eraseSelection(storage, toSelection(filters), isDryRun, pause);
      const matched = { traces: report.matchedTraces, events: report.matchedEvents };
      request.auditNote = {
        counts: { matched_traces: report.matchedTraces, deleted_events: report.erased.events },
      };
      return envelope({
        dry_run: isDryRun,
        matched,
        deleted: toWire(report.erased),
      });
    },
  );
}

function toWire(counts: ErasureCounts) {
  const entries = Object.entries(wireNames).map(([kind, name]) => [name, counts[kind as Erased]]);
  return Object.fromEntries(entries) as Record<(typeof wireNames)[Erased], number>;
}
