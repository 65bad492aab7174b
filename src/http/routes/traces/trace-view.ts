import { z } from 'zod';
import type { TraceReport } from '../../../analysis/trace-report.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import type { TraceSummary } from '../../../domain/trace/trace.ts';
import { traceAnomalies } from '../../anomalies.ts';
import { httpLimits } from '../../limits.ts';
import { summaryToWire, traceSummary } from '../../wire.ts';
import { issueSchema, issueText } from '../races/races.ts';

const pathStep = z.looseObject({ id: z.string(), on_critical_path_ms: z.number() });

/** A trace in a reply that stays small, however large the trace is. */
export const traceView = traceSummary
  .extend({
    group_size: z.int().describe('Traces that are analysed together.'),
    analysis: z.object({
      potential_races: z.int(),
      lock_overlap_count: z.int(),
      incomplete: z.boolean().describe('Parents are missing: findings may still be retracted.'),
      missing_parents: z.int(),
      excluded_events: z.int().describe('Left out by `analysis.exclude`.'),
      complete: z.boolean(),
      truncated_by: z.string().nullable(),
    }),
    critical_path: z
      .object({
        path_events: z.int(),
        total_duration_ms: z.number(),
        percentage_of_total: z.number(),
        path: z.array(pathStep).describe('The first hundred steps, as far as there is room.'),
      })
      .nullable(),
    anomalies: traceAnomalies.shape.anomalies,
    variable_count: z.int(),
    variables: z.array(z.string()).describe('Those with most to tell first, at most fifty.'),
    issue_count: z.int().describe('Of the first hundred.'),
    issues: z.array(issueSchema).describe('The first twenty, without witnesses.'),
  })
  .meta({ id: 'TraceView' });

const ISSUES = 20;
const STEPS = 100;
const VARIABLES = 50;

/** What is known of a trace without its events: all of it by its number, the first by name. */
export function traceViewText(
  summary: TraceSummary,
  report: TraceReport,
  issues: readonly Issue[],
  anomalies: z.infer<typeof traceAnomalies>['anomalies'],
): string {
  const analysis = JSON.parse(report.analysis) as z.infer<typeof traceView>['analysis'] & {
    diagnostics: { missing_parents: number };
  };
  const path = JSON.parse(report.criticalPath) as z.infer<typeof traceView>['critical_path'];
  const variables = [...report.auditTrails]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, VARIABLES)
    .map(([name]) => name);
  const own = summaryToWire(summary);
  const head = JSON.stringify({
    ...own,
    services: fitting(own.services),
    group_size: report.traceIds.length,
    analysis: {
      potential_races: analysis.potential_races,
      lock_overlap_count: analysis.lock_overlap_count,
      incomplete: analysis.incomplete,
      missing_parents: analysis.diagnostics.missing_parents,
      excluded_events: analysis.excluded_events,
      complete: analysis.complete,
      truncated_by: analysis.truncated_by,
    },
    critical_path:
      path === null
        ? null
        : {
            path_events: path.path_events,
            total_duration_ms: path.total_duration_ms,
            percentage_of_total: path.percentage_of_total,
            path: fitting(path.path.slice(0, STEPS)),
          },
    anomalies: fitting(anomalies),
    variable_count: report.auditTrails.size,
    variables: fitting(variables),
    issue_count: issues.length,
  });
  const shown = fitting(
    issues.slice(0, ISSUES).map((issue) => issueText({ ...issue, witnesses: [] })),
    (text) => text.length,
  );
  return `${head.slice(0, -1)},"issues":[${shown.join(',')}]}`;
}

/** The first items that fit the room of one list. */
function fitting<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number = (item) => JSON.stringify(item).length,
): Item[] {
  let left = httpLimits.viewListCharacters;
  const fits: Item[] = [];
  for (const item of items) {
    left -= sizeOf(item) + 1;
    if (left < 0) break;
    fits.push(item);
  }
  return fits;
}
