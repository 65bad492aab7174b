import { z } from 'zod';
import type { HiddenIssues } from '../domain/findings/issue.ts';

/** What lists and sums of races say of those that they leave out. */
export const hiddenIssues = z
  .object({
    below_evidence: z.int().describe('Weaker evidence than was asked for.'),
    unknown_scope: z
      .int()
      .describe('Nobody knows whether both sites meet one variable; `scope=any` shows them.'),
    request_local: z.int().describe('Each request has a variable of its own, as its values tell.'),
    ignored: z
      .int()
      .describe(
        'Somebody, or a rule of the configuration, said that nobody wants to hear of them; `state=ignored` shows them, `state=any` all.',
      ),
  })
  .describe('Races that match all else that was asked, by what keeps them from being shown.');

export function hiddenToWire(hidden: HiddenIssues): z.infer<typeof hiddenIssues> {
  return {
    below_evidence: hidden.belowEvidence,
    unknown_scope: hidden.unknownScope,
    request_local: hidden.requestLocal,
    ignored: hidden.ignored,
  };
}
