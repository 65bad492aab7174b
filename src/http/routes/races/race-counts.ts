import { z } from 'zod';
import { type Facet, facetOf } from '../../../domain/facet.ts';
import type { IssueTraits } from '../../../domain/issue-traits.ts';
import { isShown } from '../../../domain/issue-traits.ts';
import type { App, AppContext } from '../../context.ts';
import { facet, facetToWire, withoutEach } from '../../facets.ts';
import { httpLimits } from '../../limits.ts';
import { envelope, success } from '../../wire.ts';
import { raceFilters, toIssueFilter } from './race-filters.ts';

export const raceFacets = z.object({
  total: z.int().describe('Races that the list shows, of those that were looked at.'),
  complete: z
    .boolean()
    .describe('False: more are known than are looked at; those that rank first were.'),
  stale: z.boolean().describe('Stored events are still being analysed.'),
  patterns: facet,
  severities: facet,
  evidence: facet.describe('Every level on its own.'),
  services: facet,
  environments: facet,
  variables: facet,
  hidden: z
    .array(z.object({ filter: z.string(), races: z.int() }))
    .describe('What each filter of the query keeps out that passes all others, by its parameter.'),
});

/** What there is among the races that a list shows. */
export function raceCountRoutes(app: App, { storage, analyser }: AppContext): void {
  app.get(
    '/api/races/facets',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Count what races have, and what each filter hides',
        description:
          'A facet counts races as if its own filter was not given, so that other values can be chosen.',
        querystring: z.strictObject(raceFilters),
        response: { 200: success(raceFacets) },
      },
    },
    async ({ query }) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const glances = await storage.derived.issueGlances(httpLimits.glancedIssuesMax);
      const shownBy = (asked: typeof query) => {
        const filter = toIssueFilter(asked);
        return glances.issues.filter((issue) => isShown(filter, issue));
      };
      const shown = shownBy(query);
      const wider = new Map(withoutEach(query).map(([name, asked]) => [name, shownBy(asked)]));
      // With each level of evidence that there is, whatever the weakest shown is.
      wider.set('evidence', shownBy({ ...query, evidence: 'E0' }));
      const count = (name: string, valuesOf: (issue: IssueTraits) => readonly string[]): Facet =>
        facetOf(wider.get(name) ?? shown, valuesOf);
      return envelope({
        total: shown.length,
        complete: glances.isWhole,
        stale,
        patterns: facetToWire(count('pattern', ({ pattern }) => [pattern])),
        severities: facetToWire(count('severity', ({ severity }) => [severity])),
        evidence: facetToWire(count('evidence', ({ evidence }) => [evidence])),
        services: facetToWire(count('service', ({ services }) => services)),
        environments: facetToWire(count('environment', ({ environments }) => environments)),
        variables: facetToWire(count('variable', ({ variable }) => [variable])),
        hidden: withoutEach(query).map(([filter, asked]) => ({
          filter,
          races: Math.max(0, shownBy(asked).length - shown.length),
        })),
      });
    },
  );
}
