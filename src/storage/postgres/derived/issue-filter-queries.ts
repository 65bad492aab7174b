import { evidenceLevels } from '../../../domain/findings/finding.ts';
import type { IssueFilter } from '../../../domain/findings/issue.ts';
import { provingEvidence } from '../../../domain/findings/ranking.ts';
import { lowerAscii } from '../../../domain/lower-ascii.ts';

/** What lists ask of a row of `issues`, as parts of statements. */

/** Of the best finding; of the possibility when there is none. */
export const EVIDENCE = "coalesce(best_evidence, 'E0')";
export const PATTERN = 'coalesce(best_pattern, possible_pattern)';

/** When an issue was seen first: nanoseconds since 1970, null where it never was. */
export function firstSeenOf(row: string): string {
  return `(
    SELECT min(first_ns) FROM findings
    WHERE findings.fingerprint = ${row}.fingerprint AND retracted_at IS NULL
  )`;
}

/** That an issue happened or may have. */
export const IS_LIVE = '(proven_pairs > 0 OR overlapping_pairs > 0 OR pair_count > 0)';

/** What was decided about a row of `issues`, by persons. */
export const STATE = `coalesce((
          SELECT triage.state FROM triage WHERE triage.fingerprint = issues.fingerprint
        ), 'open')`;

/** Where the two sites of a row of `issues` are. */
export const LOCATIONS = `ARRAY[
          subject -> 'sites' -> 0 ->> 'location', subject -> 'sites' -> 1 ->> 'location'
        ]`;

/** What each member of a filter asks of a row of `issues`; null where it asks nothing. */
export function filterConditions(filter: IssueFilter, parameter: (value: unknown) => string) {
  const { evidenceMin, variable, service, environment, severity, pattern, anyScope, state } =
    filter;
  const { text, sinceNs, untilNs } = filter;
  const levels = evidenceLevels.slice(evidenceLevels.indexOf(evidenceMin));
  const isAmong = (evidence: readonly string[]) =>
    `${EVIDENCE} = ANY(${parameter(evidence)}::text[])`;
  return {
    evidenceMin: isAmong(levels),
    variable: variable === null ? null : `variable = ${parameter(variable)}`,
    service: service === null ? null : `services @> ARRAY[${parameter(service)}]`,
    environment:
      environment === null ? null : `environments @> ARRAY[${parameter(environment)}::text]`,
    severity: severity === null ? null : `severity = ${parameter(severity)}`,
    pattern: pattern === null ? null : `${PATTERN} = ${parameter(pattern)}`,
    text: text === null ? null : hasText(parameter(lowerAscii(text))),
    sinceNs: sinceNs === null ? null : `last_ns >= ${parameter(String(sinceNs))}`,
    untilNs: untilNs === null ? null : `${firstSeenOf('issues')} < ${parameter(String(untilNs))}`,
    anyScope: anyScope ? null : `(scope <> 'unknown' OR ${isAmong(provingEvidence)})`,
    state: stateCondition(state, parameter),
  } satisfies { readonly [Name in keyof IssueFilter]: string | null };
}

/** Whether a name of a row of `issues` holds a text; the collation folds ASCII letters alone. */
function hasText(wanted: string): string {
  return `EXISTS (
          SELECT FROM unnest(services || ${LOCATIONS} || variable) AS name
          WHERE position(${wanted} in lower(name COLLATE "C")) > 0
        )`;
}

function stateCondition(
  state: IssueFilter['state'],
  parameter: (value: unknown) => string,
): string | null {
  if (state === 'any') return null;
  if (state === null) return 'NOT is_ignored';
  if (state === 'ignored') return 'is_ignored';
  return `(NOT is_ignored AND ${STATE} = ${parameter(state)})`;
}
