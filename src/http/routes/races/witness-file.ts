import { z } from 'zod';
import { RacewayError } from '../../../domain/errors.ts';
import { ValueTaker } from '../../../domain/event/valueless-event.ts';
import type { FindingWitness } from '../../../domain/findings/finding.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import { isLastPage } from '../../../storage/event-page.ts';
import type { EventPosition, Storage } from '../../../storage/storage.ts';
import type { App, AppContext } from '../../context.ts';
import { httpLimits } from '../../limits.ts';
import { sendLines } from '../../lines.ts';
import { carriedToWire, fingerprintText } from '../../triage-wire.ts';

/** `GET /api/races/:fingerprint/witness`: a race for those who cannot see what its services handle. */
export function witnessFileRoutes(app: App, { storage }: AppContext): void {
  app.get(
    '/api/races/:fingerprint/witness',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Stream the traces of the best witness of a race, without values',
        description:
          'One event per line (application/x-ndjson), as `raceway import` reads them: places, operations, ' +
          'structure and times. Equal values have the same stand-in. A false alarm is said with its reason, ' +
          'and nothing else that persons said.',
        produces: ['application/x-ndjson'],
        params: z.strictObject({ fingerprint: fingerprintText }),
      },
    },
    async (request, reply) => {
      const { fingerprint } = request.params;
      const issue = await storage.derived.issue(fingerprint);
      if (issue === null) {
        throw new RacewayError('not_found', `there is no race with fingerprint ${fingerprint}`);
      }
      const [text] = issue.witnesses;
      if (text === undefined) {
        throw new RacewayError(
          'not_found',
          'no stored trace shows this race, so that it has no witness',
        );
      }
      const { events, check, steps } = JSON.parse(text) as FindingWitness;
      const named = [...events, ...(check === null ? [] : [check]), ...steps];
      const traceIds = [...new Set(named.map((event) => event.trace_id))];
      const counts = { events: 0 };
      request.auditNote = { counts, fingerprint };
      return sendLines(reply, witnessLines(storage, issue, traceIds, counts), { highWaterMark: 1 });
    },
  );
}

async function* witnessLines(
  storage: Storage,
  issue: Issue,
  traceIds: readonly string[],
  counts: { events: number },
): AsyncGenerator<string> {
  const taker = new ValueTaker();
  for (const traceId of traceIds) {
    let after: EventPosition | null = null;
    for (;;) {
      const events = await storage.events(traceId, after, httpLimits.eventsPerRead);
      counts.events += events.length;
      yield events.map((event) => `${taker.textWithout(event)}\n`).join('');
      const last = events.at(-1);
      if (last === undefined || isLastPage(events, httpLimits.eventsPerRead)) break;
      after = { timestampNs: last.timestampNs, id: last.id };
    }
  }
  yield reasonLine(issue);
  yield `${JSON.stringify({ complete: true, count: counts.events })}\n`;
}

/** Why it is a false alarm, as an export has it; without it nothing that persons said. */
function reasonLine({ subject: { fingerprint }, disposition: { triage } }: Issue): string {
  if (triage === null || triage.falseAlarm === null) return '';
  const said = carriedToWire({
    fingerprint,
    record: { triage, history: [] },
  });
  const silent = { note: null, assignee: null, link: null, changed_by: null };
  return `${JSON.stringify({ triage: { ...said, ...silent } })}\n`;
}
