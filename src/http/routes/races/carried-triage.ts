import { z } from 'zod';
import { RacewayError } from '../../../domain/errors.ts';
import { faultOfBrought } from '../../../domain/findings/triage.ts';
import type { App, AppContext } from '../../context.ts';
import { readJsonBody } from '../../front/validation.ts';
import {
  carriedFromWire,
  carriedToWire,
  carriedTriage,
  fingerprintText,
} from '../../triage-wire.ts';
import { envelope, success } from '../../wire.ts';

/** Races whose triage goes at once: a long history is some hundred KiB. */
const RACES_AT_ONCE = 20;

const page = z.object({
  races: z.array(carriedTriage),
  next: z.string().nullable().describe('`after` of the next part; null: this is the last.'),
});

/** What was said of all races, given to another server and taken from one. */
export function carriedTriageRoutes(app: App, { storage: { derived } }: AppContext): void {
  app.get(
    '/api/triage',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show what was decided about all races, for another server',
        description: 'By fingerprint, some at a time; also of races whose traces are gone.',
        querystring: z.strictObject({ after: fingerprintText.optional() }),
        response: { 200: success(page) },
      },
    },
    async ({ query: { after = '' } }) => {
      const records = await derived.triage.records(after, RACES_AT_ONCE);
      const next = records.length < RACES_AT_ONCE ? null : (records.at(-1)?.fingerprint ?? null);
      return envelope({ races: records.map(carriedToWire), next });
    },
  );

  app.post(
    '/api/triage',
    {
      config: { scope: 'triage' },
      schema: {
        summary: 'Take what was decided about races on another server',
        description:
          'Of two decisions on one race the one that was changed last holds, so that sending it again ' +
          'changes nothing.',
        body: z.strictObject({ races: z.array(carriedTriage).max(RACES_AT_ONCE) }),
        response: {
          200: success(
            z.object({
              taken: z.int(),
              kept: z.int().describe('Of which as much, or something later, was known.'),
            }),
          ),
        },
      },
      preValidation: readJsonBody,
    },
    async (request) => {
      const atMs = Date.now();
      const brought = request.body.races.map(carriedFromWire);
      for (const [place, { record }] of brought.entries()) {
        const fault = faultOfBrought(record, atMs);
        if (fault !== null) throw new RacewayError('bad_request', `body.races.${place}.${fault}`);
      }
      const author = { by: request.accessKey?.name ?? null, atMs };
      const named = new Map(brought.map((one) => [one.fingerprint, one]));
      const taken = await derived.triage.merge([...named.values()], author);
      request.auditNote = { counts: { races: taken } };
      return envelope({ taken, kept: brought.length - taken });
    },
  );
}
