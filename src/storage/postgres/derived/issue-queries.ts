import { evidenceLevels, patterns } from '../../../domain/finding.ts';
import type { IssueFilter, IssueQuery } from '../../../domain/issue.ts';
import type { Query } from '../connection/query.ts';
import { IS_KEPT } from './derived-queries.ts';

/** The statements about issues: sums over the findings of all traces. */

/** Adds to the sums of issues; new ones come with what they are about. */
export function addToIssues(rows: string): Query {
  return {
    text: `
      INSERT INTO issues (
        fingerprint, variable, scope, severity, services, subject, possible_rank,
        finding_count, pair_count, trace_pairs
      )
      SELECT
        fingerprint, variable, scope, severity, services, subject, possible_rank,
        finding_count, pair_count, trace_pairs
      FROM json_to_recordset($1::json) AS change (
        fingerprint text, variable text, scope text, severity text, services text[], subject json,
        possible_rank integer, finding_count bigint, pair_count bigint, trace_pairs bigint
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

/** Notes the rank of the best finding of each issue. */
export function updateBestRanks(fingerprints: readonly string[]): Query {
  return {
    text: `
      UPDATE issues SET best_rank = (
        SELECT min(rank) FROM findings
        WHERE findings.fingerprint = issues.fingerprint AND retracted_at IS NULL
      )
      WHERE fingerprint = ANY($1::text[])`,
    values: [fingerprints],
  };
}

const ISSUE_RANK = 'coalesce(best_rank, possible_rank)';

/** An issue, from a row called `issue`, and its best finding, without witnesses. */
const ISSUE_COLUMNS = `
  issue.subject::text, coalesce(issue.best_rank, issue.possible_rank), best.anomaly_class,
  best.verdict, issue.pair_count, issue.trace_pairs,
  (
    SELECT min(first_ns) FROM findings
    WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
  ),
  (
    SELECT max(last_ns) FROM findings
    WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
  )`;

/**
 * What the texts of witnesses are joined by; no JSON text holds this character. The client would read
 * an array character by character, which takes far longer than the query.
 */
export const WITNESS_END = '\x1e';

const BEST_WITNESSES = `(
    SELECT string_agg(text, '${WITNESS_END}' ORDER BY rank, first_ns, trace_id, is_across)
    FROM (
      SELECT witness::text AS text, rank, first_ns, trace_id, is_across FROM findings
      WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
      ORDER BY rank, first_ns, trace_id, is_across
      LIMIT $1
    ) AS witnesses
  )`;

const BEST_FINDING = `LEFT JOIN LATERAL (
    SELECT anomaly_class, verdict FROM findings
    WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
    ORDER BY rank, first_ns, trace_id, is_across
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
          fingerprint, subject, possible_rank, best_rank, pair_count, trace_pairs
        FROM issues WHERE ${where}
        ORDER BY ${ISSUE_RANK}, pair_count DESC, fingerprint
        LIMIT ${limit} OFFSET ${offset}
      ) AS issue ON true
      ${BEST_FINDING}
      ORDER BY coalesce(issue.best_rank, issue.possible_rank),
        issue.pair_count DESC, issue.fingerprint`,
    values,
  };
}

/** What each member of a filter asks of a row of `issues`; null where it asks nothing. */
function filterConditions(filter: IssueFilter, parameter: (value: unknown) => string) {
  const { evidenceMin, variable, service, severity, pattern, anyScope } = filter;
  const weakest = evidenceLevels.length - 1 - evidenceLevels.indexOf(evidenceMin);
  return {
    evidenceMin: `${ISSUE_RANK} / 1000 % 10 <= ${parameter(weakest)}`,
    variable: variable === null ? null : `variable = ${parameter(variable)}`,
    service: service === null ? null : `services @> ARRAY[${parameter(service)}]`,
    severity: severity === null ? null : `severity = ${parameter(severity)}`,
    pattern:
      pattern === null
        ? null
        : `${ISSUE_RANK} / 100 % 10 = ${parameter(patterns.indexOf(pattern))}`,
    anyScope: anyScope ? null : `${ISSUE_RANK} < 10000`,
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
            fingerprint, rank, first_ns, trace_id, is_across, witness
          FROM findings
          WHERE trace_ids @> ARRAY[$1::text COLLATE "C"] AND ${IS_KEPT}
          ORDER BY fingerprint, rank, first_ns, trace_id, is_across
        ) AS best_of_each
        ORDER BY rank, first_ns, trace_id, is_across, fingerprint
        LIMIT $2
      ) AS own
      JOIN issues AS issue USING (fingerprint)
      ${BEST_FINDING}
      ORDER BY own.rank, own.first_ns, own.trace_id, own.is_across, issue.fingerprint`,
    values: [traceId, limit],
  };
}
