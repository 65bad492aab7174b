import { z } from 'zod';
import { variablePattern } from '../../../analysis/accesses/variables.ts';
import { evidenceLevels, patterns } from '../../../domain/findings/finding.ts';
import type { IssueFilter } from '../../../domain/findings/issue.ts';
import { triageStates } from '../../../domain/findings/triage.ts';
import { limits } from '../../../domain/limits.ts';
import { httpLimits } from '../../limits.ts';
import { environmentFilter, instant, searchText } from '../../wire.ts';

/** By what races are looked for. */
export const raceFilters = {
  evidence: z.enum(evidenceLevels).optional().describe('The weakest shown; default E1.'),
  variable: searchText(limits.nameCharacters).optional(),
  service: searchText(limits.nameCharacters).optional(),
  environment: environmentFilter,
  severity: z.enum(['CRITICAL', 'WARNING']).optional(),
  pattern: z.enum(patterns).optional(),
  scope: z.enum(['any']).optional().describe('Also races of unknown scope.'),
  state: z
    .enum([...triageStates, 'any'])
    .optional()
    .describe(
      'What was decided about them; `any`: also those that are ignored, which are left out otherwise.',
    ),
  q: searchText(httpLimits.searchCharacters)
    .optional()
    .describe(
      'A part of the variable, of a service or of a place in the code; ASCII letters in any case.',
    ),
  since: instant
    .optional()
    .describe('Last seen at or after this time; what nobody has seen has no time.'),
  until: instant.optional().describe('First seen before this time.'),
};

const raceFilterQuery = z.object(raceFilters);

/** What a query asks of races. */
export function toIssueFilter(query: z.output<typeof raceFilterQuery>): IssueFilter {
  return {
    evidenceMin: query.evidence ?? 'E1',
    variable: query.variable === undefined ? null : variablePattern(query.variable),
    service: query.service ?? null,
    environment: query.environment ?? null,
    severity: query.severity ?? null,
    pattern: query.pattern ?? null,
    text: query.q ?? null,
    sinceNs: query.since ?? null,
    untilNs: query.until ?? null,
    anyScope: query.scope === 'any',
    state: query.state ?? null,
  };
}
