import { z } from 'zod';
import type { IssueFilter } from '../../../domain/findings/issue.ts';
import { parseJson } from '../../../domain/json.ts';
import { racesCsv, type TriagedRace } from '../../../report/csv.ts';
import { judge } from '../../../report/judgement.ts';
import { markdownReport } from '../../../report/markdown.ts';
import { readRace } from '../../../report/race.ts';
import { reservationsOf } from '../../../report/reservations.ts';
import { sarifReport } from '../../../report/sarif.ts';
import type { DerivedStore } from '../../../storage/derived.ts';
import type { App, AppContext } from '../../context.ts';
import { readCompleteness } from '../../cuts.ts';
import { httpLimits } from '../../limits.ts';
import { raceFilters, toIssueFilter } from './race-filters.ts';
import { issueText } from './races.ts';

/** More are read by nobody, and by no tool for code scanning. */
const RACES_MAX = 2000;
const RACES_AT_ONCE = 100;

const contentTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  sarif: 'application/sarif+json; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
} as const;
const formats = ['csv', 'sarif', 'md'] as const;

/** `GET /api/races/report`: races for spreadsheets, for code scanning, for a page of text. */
export function raceReportRoutes(app: App, { storage, analyser, version }: AppContext): void {
  app.get(
    '/api/races/report',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Report races as CSV, SARIF or Markdown',
        description:
          'The races that the list shows, best rank first, up to 2,000, as `raceway races --format` writes ' +
          'them. No cell of CSV is taken for a formula, and no text of a trace for markup.',
        produces: Object.values(contentTypes).map((type) => type.split(';')[0] ?? type),
        querystring: z.strictObject({ ...raceFilters, format: z.enum(formats) }),
      },
    },
    async ({ query: { format, ...filters } }, reply) => {
      const isStale = await analyser.settle(httpLimits.settleMs);
      const filter = toIssueFilter(filters);
      const { total, races } = await readRaces(storage.derived, filter);
      const {
        truncated_by: limit,
        cut: cuts,
        cut_count: cutCount,
      } = await readCompleteness(storage.derived);
      const [first] = cuts;
      const cut = first === undefined ? null : { ...first, traceId: first.trace_id };
      const read = races.length;
      const reservations = reservationsOf({ isStale, limit, cut, cutCount, total, read });
      const judged = judge(
        races.map(({ race }) => race),
        filter.evidenceMin,
        () => false,
      );
      const judgement = { judged, failOn: filter.evidenceMin, reservations };
      const texts = {
        csv: () => racesCsv(races),
        sarif: () => sarifReport(judgement, version),
        md: () => markdownReport(judgement),
      };
      return reply
        .type(contentTypes[format])
        .header('content-disposition', `attachment; filename="races.${format}"`)
        .send(texts[format]());
    },
  );
}

async function readRaces(
  derived: DerivedStore,
  filter: IssueFilter,
): Promise<{ readonly total: number; readonly races: readonly TriagedRace[] }> {
  const races: TriagedRace[] = [];
  for (;;) {
    const place = { limit: RACES_AT_ONCE, offset: races.length };
    const { issues, total } = await derived.issues({ ...filter, sort: 'rank', ...place });
    for (const issue of issues) {
      const best = { ...issue, witnesses: issue.witnesses.slice(0, 1) };
      const { state, owner } = issue.disposition;
      races.push({ race: readRace(parseJson(issueText(best)).value), state, owner: owner ?? '' });
    }
    if (issues.length < RACES_AT_ONCE || races.length >= RACES_MAX) return { total, races };
  }
}
