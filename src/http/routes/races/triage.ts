import { z } from 'zod';
import { RacewayError } from '../../../domain/errors.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import type { App, AppContext } from '../../context.ts';
import { readJsonBody } from '../../front/validation.ts';
import { httpLimits } from '../../limits.ts';
import {
  changeOf,
  fingerprintText,
  historyToWire,
  triageChange,
  triageHistory,
} from '../../triage-wire.ts';
import { envelope, sendData, success } from '../../wire.ts';
import { issueSchema, issueText } from './races.ts';

/** What persons say of races, and how that came about. */
export function triageRoutes(app: App, { storage: { derived }, analyser }: AppContext): void {
  const params = z.strictObject({ fingerprint: fingerprintText });

  app.patch(
    '/api/races/:fingerprint',
    {
      config: { scope: 'triage' },
      schema: {
        summary: 'Say what was decided about a race',
        description:
          'Members that are not sent stay as they are. Of a fingerprint without environments the race ' +
          'that GET shows is changed.',
        params,
        body: triageChange,
        response: { 200: success(issueSchema) },
      },
      preValidation: readJsonBody,
    },
    async (request, reply) => {
      const { fingerprint } = request.params;
      request.auditNote = { counts: {}, fingerprint };
      await analyser.settle(httpLimits.settleMs);
      const author = { by: request.accessKey?.name ?? null, atMs: Date.now() };
      const issue = await derived.triage.change(fingerprint, changeOf(request.body), author);
      const text = issueText(known(issue, fingerprint));
      request.auditNote = { counts: { races: 1 }, fingerprint };
      return sendData(reply, text);
    },
  );

  app.get(
    '/api/races/:fingerprint/triage',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show what was decided about a race, and how that came about',
        params,
        response: { 200: success(triageHistory) },
      },
    },
    async ({ params: { fingerprint } }) => {
      await analyser.settle(httpLimits.settleMs);
      const issue = known(await derived.issue(fingerprint), fingerprint);
      return envelope(historyToWire(issue, await derived.triage.of(fingerprint)));
    },
  );
}

function known(issue: Issue | null, fingerprint: string): Issue {
  if (issue !== null) return issue;
  throw new RacewayError('not_found', `there is no race with fingerprint ${fingerprint}`);
}
