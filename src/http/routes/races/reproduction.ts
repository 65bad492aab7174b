import { z } from 'zod';
import { RacewayError } from '../../../domain/errors.ts';
import type { TraceEvent } from '../../../domain/event/event.ts';
import { decodeEvents } from '../../../domain/event/event-parts.ts';
import type { FindingEvent, FindingWitness } from '../../../domain/findings/finding.ts';
import type { JsonValue } from '../../../domain/json.ts';
import { stringifyJson } from '../../../domain/json.ts';
import type { SentRequest } from '../../../reproduction/http-scripts.ts';
import { reproductionOf, scriptNames } from '../../../reproduction/reproduction.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { App, AppContext } from '../../context.ts';
import { fingerprintText } from '../../triage-wire.ts';
import { envelope, success } from '../../wire.ts';

const reproduction = z
  .object({
    fingerprint: z.string(),
    scripts: z
      .array(
        z.object({
          name: z
            .enum(scriptNames)
            .describe('`psql` and `pg` make it happen in a database, `curl` and `node` over HTTP.'),
          language: z.enum(['bash', 'javascript']),
          file: z.string().describe('A name for the file.'),
          text: z.string(),
        }),
      )
      .readonly()
      .describe('Best first.'),
    reasons: z.array(z.string()).readonly().describe('Why a script is not there; a sentence each.'),
  })
  .meta({ id: 'Reproduction' });

/** Events of a trace among which the request of an access is looked for: it is one of the first. */
const eventsLookedAt = 500;

/** `GET /api/races/:fingerprint/reproduction` */
export function reproductionRoutes(app: App, { storage }: AppContext): void {
  app.get(
    '/api/races/:fingerprint/reproduction',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Scripts that make a race happen again',
        description:
          'For races in a database two SQL sessions that take turns as the witness tells, and the ' +
          'same with a remedy; for HTTP the two requests at once. Values are those of the trace, ' +
          'redacted as it is. Run them where nothing can be lost.',
        params: z.strictObject({ fingerprint: fingerprintText }),
        response: { 200: success(reproduction) },
      },
    },
    async ({ params: { fingerprint } }) => {
      const issue = await storage.derived.issue(fingerprint);
      if (issue === null) {
        throw new RacewayError('not_found', `there is no race with fingerprint ${fingerprint}`);
      }
      const [text] = issue.witnesses;
      const events = text === undefined ? null : (JSON.parse(text) as FindingWitness).events;
      const [one, other] =
        events === null
          ? [null, null]
          : [await requestOf(storage, events[0]), await requestOf(storage, events[1])];
      return envelope({ fingerprint, ...reproductionOf(issue, [one, other]) });
    },
  );
}

/** The request in which an event happened; null for one that happened in none. */
async function requestOf(storage: Storage, of: FindingEvent): Promise<SentRequest | null> {
  const events = decodeEvents(await storage.events(of.trace_id, null, eventsLookedAt));
  const own = events.find(({ id }) => id === of.event_id);
  const requests = events.filter(isRequest);
  const spanId = own?.metadata.distributed_span_id ?? null;
  const found =
    requests.find(({ metadata }) => spanId !== null && metadata.distributed_span_id === spanId) ??
    requests[0];
  if (found === undefined) return null;
  const { method, url, body = null } = found.payload;
  if (!/^[A-Za-z]{1,20}$/.test(method) || !URL.canParse(url, 'http://service')) return null;
  const { pathname, search } = new URL(url, 'http://service');
  return {
    method: method.toUpperCase(),
    path: pathname + search,
    body: bodyText(body as JsonValue),
  };
}

function isRequest(event: TraceEvent): event is Extract<TraceEvent, { kind: 'HttpRequest' }> {
  return event.kind === 'HttpRequest';
}

function bodyText(body: JsonValue): string | null {
  if (body === null) return null;
  return typeof body === 'string' ? body : stringifyJson(body, true);
}
