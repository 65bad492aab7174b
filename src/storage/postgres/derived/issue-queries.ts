import { evidenceLevels } from '../../../domain/finding.ts';
import type { IssueFilter, IssueQuery } from '../../../domain/issue.ts';
import { provingEvidence } from '../../../domain/ranking.ts';
import type { Query } from '../connection/query.ts';
import { IS_KEPT } from './derived-queries.ts';

/** The statements about issues: sums over the findings of all traces. */

/** Adds to the sums of issues; new ones come with what they are about. */
export function addToIssues(rows: string): Query {
  return {
    text: `
      INSERT INTO issues (
        fingerprint, variable, scope, severity, services, subject, possible_rank,
        possible_pattern, finding_count, pair_count, trace_pairs
      )
      SELECT
        fingerprint, variable, scope, severity, services, subject, possible_rank,
        possible_pattern, finding_count, pair_count, trace_pairs
      FROM json_to_recordset($1::json) AS change (
        fingerprint text, variable text, scope text, severity text, services text[], subject json,
        possible_rank integer, possible_pattern text, finding_count bigint, pair_count bigint, trace_pairs bigint
      )
      ON CONFLICT (fingerprint) DO UPDATE SET
        finding_count = issues.finding_count + excluded.finding_count,
        pair_count = issues.pair_count + excluded.pair_count,
        trace_pairs = issues.trace_pairs + excluded.trace_pairs`,
    values: [rows],
  };
}

/** Adds to the sums of issues that are there already. */
export function addToKnownIssues(rows: string): Query {
  return {
    text: `
      UPDATE issues SET
        finding_count = issues.finding_count + change.finding_count,
        pair_count = issues.pair_count + change.pair_count,
        trace_pairs = issues.trace_pairs + change.trace_pairs
      FROM json_to_recordset($1::json) AS change (
        fingerprint text, finding_count bigint, pair_count bigint, trace_pairs bigint
      )
      WHERE issues.fingerprint = change.fingerprint`,
    values: [rows],
  };
}

export function lockIssues(fingerprints: readonly string[]): Query {
  return {
    text: `
      SELECT fingerprint FROM issues
      WHERE fingerprint = ANY($1::text[]) ORDER BY fingerprint FOR UPDATE`,
    values: [fingerprints],
  };
}

/** The findings of an issue, those that deserve a look first in front. */
const FINDINGS_IN_ORDER = 'rank, last_ns DESC, trace_id, is_across';

/** Notes of each issue what its best finding says, and when it was seen last. */
export function updateBestFindings(fingerprints: readonly string[]): Query {
  return {
    text: `
      UPDATE issues SET
        best_rank = best.rank, best_evidence = best.evidence, best_pattern = best.pattern,
        last_ns = (
          SELECT max(last_ns) FROM findings
          WHERE findings.fingerprint = named.fingerprint AND retracted_at IS NULL
        )
      FROM unnest($1::text[] COLLATE "C") AS named (fingerprint)
      LEFT JOIN LATERAL (
        SELECT rank, evidence, pattern FROM findings
        WHERE findings.fingerprint = named.fingerprint AND retracted_at IS NULL
        ORDER BY ${FINDINGS_IN_ORDER}
        LIMIT 1
      ) AS best ON true
      WHERE issues.fingerprint = named.fingerprint`,
    values: [fingerprints],
  };
}

/** Of the best finding; of the possibility when there is none. */
const EVIDENCE = "coalesce(best_evidence, 'E0')";
const PATTERN = 'coalesce(best_pattern, possible_pattern)';

/** Issues, those that deserve a look first in front. */
const ISSUES_IN_ORDER = 'coalesce(best_rank, possible_rank), last_ns DESC NULLS LAST, fingerprint';

/** An issue, from a row called `issue`, and its best finding, without witnesses. */
const ISSUE_COLUMNS = `
  issue.subject::text, ${EVIDENCE}, ${PATTERN}, best.anomaly_class, best.verdict,
  issue.pair_count, issue.trace_pairs,
  (
    SELECT min(first_ns) FROM findings
    WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
  ),
  issue.last_ns`;

/**
 * What the texts of witnesses are joined by; no JSON text holds this character. The client would read
 * an array character by character, which takes far longer than the query.
 */
export const WITNESS_END = '\x1e';

const BEST_WITNESSES = `(
    SELECT string_agg(text, '${WITNESS_END}' ORDER BY ${FINDINGS_IN_ORDER})
    FROM (
      SELECT witness::text AS text, rank, last_ns, trace_id, is_across FROM findings
      WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
      ORDER BY ${FINDINGS_IN_ORDER}
      LIMIT $1
    ) AS witnesses
  )`;

const BEST_FINDING = `LEFT JOIN LATERAL (
    SELECT anomaly_class, verdict FROM findings
    WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
    ORDER BY ${FINDINGS_IN_ORDER}
    LIMIT 1
  ) AS best ON true`;

const IS_LIVE = '(finding_count > 0 OR trace_pairs > 0)';

/** One page of issues, each with the number of all that match; one row of nulls when none does. */
export function selectIssues(query: IssueQuery, witnesses: number): Query {
  const values: unknown[] = [witnesses];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const filter = Object.values(filterConditions(query, parameter));
  const where = [IS_LIVE, ...filter.filter((condition) => condition !== null)].join(' AND ');
  const limit = parameter(query.limit);
  const offset = parameter(query.offset);
  return {
    text: `
      SELECT matching.total, matching.pairs, ${ISSUE_COLUMNS}, ${BEST_WITNESSES}
      FROM (SELECT count(*) AS total, coalesce(sum(pair_count), 0) AS pairs FROM issues WHERE ${where}) AS matching
      LEFT JOIN (
        SELECT
          fingerprint, subject, possible_rank, possible_pattern, best_rank, best_evidence,
          best_pattern, last_ns, pair_count, trace_pairs
        FROM issues WHERE ${where}
        ORDER BY ${ISSUES_IN_ORDER}
        LIMIT ${limit} OFFSET ${offset}
      ) AS issue ON true
      ${BEST_FINDING}
      ORDER BY ${ISSUES_IN_ORDER}`,
    values,
  };
}

/** What each member of a filter asks of a row of `issues`; null where it asks nothing. */
function filterConditions(filter: IssueFilter, parameter: (value: unknown) => string) {
  const { evidenceMin, variable, service, severity, pattern, anyScope } = filter;
  const levels = evidenceLevels.slice(evidenceLevels.indexOf(evidenceMin));
  const isAmong = (evidence: readonly string[]) =>
    `${EVIDENCE} = ANY(${parameter(evidence)}::text[])`;
  return {
    evidenceMin: isAmong(levels),
    variable: variable === null ? null : `variable = ${parameter(variable)}`,
    service: service === null ? null : `services @> ARRAY[${parameter(service)}]`,
    severity: severity === null ? null : `severity = ${parameter(severity)}`,
    pattern: pattern === null ? null : `${PATTERN} = ${parameter(pattern)}`,
    anyScope: anyScope ? null : `(scope <> 'unknown' OR ${isAmong(provingEvidence)})`,
  } satisfies { readonly [Name in keyof IssueFilter]: string | null };
}

export function selectIssue(fingerprint: string, witnesses: number): Query {
  return {
    text: `
      SELECT ${ISSUE_COLUMNS}, ${BEST_WITNESSES} FROM issues AS issue ${BEST_FINDING}
      WHERE issue.fingerprint = $2 AND ${IS_LIVE}`,
    values: [witnesses, fingerprint],
  };
}

/** Issues that a trace takes part in, each with the best witness of them. */
export function selectIssuesOfTrace(traceId: string, limit: number): Query {
  return {
    text: `
      SELECT ${ISSUE_COLUMNS}, own.witness::text
      FROM (
        SELECT * FROM (
          SELECT DISTINCT ON (fingerprint)
            fingerprint, rank, last_ns, trace_id, is_across, witness
          FROM findings
          WHERE trace_ids @> ARRAY[$1::text COLLATE "C"] AND ${IS_KEPT}
          ORDER BY fingerprint, ${FINDINGS_IN_ORDER}
        ) AS best_of_each
        ORDER BY rank, last_ns DESC, fingerprint
        LIMIT $2
      ) AS own
      JOIN issues AS issue USING (fingerprint)
      ${BEST_FINDING}
      ORDER BY own.rank, own.last_ns DESC, issue.fingerprint`,
    values: [traceId, limit],
  };
}
