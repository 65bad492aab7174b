import {
  type AnomalyClass,
  absorbedPatterns,
  actPatterns,
  type Evidence,
  FINGERPRINT_DIGITS,
  type IssueSubject,
  type Pattern,
  type Verdict,
} from '../../../domain/findings/finding.ts';
import { anyIssue, type IssueBounds, type IssueQuery } from '../../../domain/findings/issue.ts';
import type { Disposition } from '../../../domain/findings/triage.ts';
import type { Query } from '../connection/query.ts';
import { SAYS_SOMETHING } from './derived-queries.ts';
import {
  EVIDENCE,
  filterConditions,
  firstSeenOf,
  IS_LIVE,
  LOCATIONS,
  PATTERN,
  STATE,
} from './issue-filter-queries.ts';

/** The statements about issues: sums over the findings of all traces. */

/** Adds to the sums of issues; new ones come with what they are about. */
export function addToIssues(rows: string): Query {
  return {
    text: `
      INSERT INTO issues (
        fingerprint, variable, scope, severity, services, environments, subject, possible_rank,
        possible_pattern, finding_count, proven_pairs, overlapping_pairs, pair_count, trace_pairs
      )
      SELECT
        fingerprint, variable, scope, severity, services, environments, subject, possible_rank,
        possible_pattern, finding_count, proven_pairs, overlapping_pairs, pair_count, trace_pairs
      FROM json_to_recordset($1::json) AS change (
        fingerprint text, variable text, scope text, severity text, services text[],
        environments text[], subject json,
        possible_rank integer, possible_pattern text, finding_count bigint, proven_pairs bigint,
        overlapping_pairs bigint, pair_count bigint, trace_pairs bigint
      )
      ON CONFLICT (fingerprint) DO UPDATE SET
        finding_count = issues.finding_count + excluded.finding_count,
        proven_pairs = issues.proven_pairs + excluded.proven_pairs,
        overlapping_pairs = issues.overlapping_pairs + excluded.overlapping_pairs,
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
        proven_pairs = issues.proven_pairs + change.proven_pairs,
        overlapping_pairs = issues.overlapping_pairs + change.overlapping_pairs,
        pair_count = issues.pair_count + change.pair_count,
        trace_pairs = issues.trace_pairs + change.trace_pairs
      FROM json_to_recordset($1::json) AS change (
        fingerprint text, finding_count bigint, proven_pairs bigint, overlapping_pairs bigint,
        pair_count bigint, trace_pairs bigint
      )
      WHERE issues.fingerprint = change.fingerprint`,
    values: [rows],
  };
}

/** Locks issues that change, and those that tell of the same meetings. */
export function lockIssues(fingerprints: readonly string[], meetings: readonly string[]): Query {
  return {
    text: `
      SELECT fingerprint FROM issues
      WHERE fingerprint = ANY($1::text[]) OR best_meeting = ANY($2::text[])
      ORDER BY fingerprint FOR UPDATE`,
    values: [fingerprints, meetings],
  };
}

/**
 * Notes which issues say nothing more than acts of the same operations on the same variable do, and
 * gives the traces that take part in those for which that changed.
 */
export function updateTold(meetings: readonly string[]): Query {
  return {
    text: `
      WITH flipped AS (
        UPDATE issues SET is_told = NOT is_told
        WHERE best_meeting = ANY($1::text[]) AND is_told <> (
          best_pattern = ANY($2::text[]) AND EXISTS (
            SELECT FROM issues AS act
            WHERE act.best_meeting = issues.best_meeting AND act.best_pattern = ANY($3::text[])
          )
        )
        RETURNING fingerprint
      )
      SELECT DISTINCT unnest(trace_ids) AS trace_id
      FROM findings JOIN flipped USING (fingerprint)
      WHERE retracted_at IS NULL
      ORDER BY trace_id`,
    values: [meetings, absorbedPatterns, actPatterns],
  };
}

/** The findings of an issue, those that deserve a look first in front. */
export const FINDINGS_IN_ORDER = 'rank, last_ns DESC, trace_id, is_across';

/** Notes of each issue what its best finding says, and when it was seen last; gives their meetings. */
export function updateBestFindings(fingerprints: readonly string[]): Query {
  return {
    text: `
      UPDATE issues SET
        best_rank = best.rank, best_evidence = best.evidence, best_pattern = best.pattern,
        best_meeting = best.meeting, is_request_local = coalesce(best.is_request_local, false),
        last_ns = (
          SELECT max(last_ns) FROM findings
          WHERE findings.fingerprint = named.fingerprint AND retracted_at IS NULL
        )
      FROM unnest($1::text[] COLLATE "C") AS named (fingerprint)
      LEFT JOIN LATERAL (
        SELECT rank, evidence, pattern, meeting, is_request_local FROM findings
        WHERE findings.fingerprint = named.fingerprint AND retracted_at IS NULL
        ORDER BY ${FINDINGS_IN_ORDER}
        LIMIT 1
      ) AS best ON true
      WHERE issues.fingerprint = named.fingerprint
      RETURNING issues.best_meeting`,
    values: [fingerprints],
  };
}

/** Issues, those that deserve a look first in front. */
const ISSUES_IN_ORDER = 'coalesce(best_rank, possible_rank), last_ns DESC NULLS LAST, fingerprint';

/** What lists sort by, of a row of `issues`. */
const orders: Readonly<Record<IssueQuery['sort'], string>> = {
  rank: ISSUES_IN_ORDER,
  last_seen: `last_ns DESC NULLS LAST, ${ISSUES_IN_ORDER}`,
  first_seen: `${firstSeenOf('issues')} DESC NULLS LAST, ${ISSUES_IN_ORDER}`,
  variable: `variable COLLATE "C", ${ISSUES_IN_ORDER}`,
};

/** How often an issue happened: see {@link Issue.count}. */
function countOf(row: string): string {
  return `CASE
    WHEN ${row}.proven_pairs > 0 THEN ${row}.proven_pairs
    WHEN ${row}.overlapping_pairs > 0 THEN ${row}.overlapping_pairs
    ELSE ${row}.pair_count
  END`;
}

/** A row of an issue. */
export interface IssueRow {
  readonly subject: string;
  readonly shown_fingerprint: string;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly anomaly_class: AnomalyClass | null;
  readonly verdict: Verdict | null;
  readonly count: string;
  readonly pairs_possible: string;
  readonly trace_pairs: string;
  readonly first_ns: string | null;
  readonly last_ns: string | null;
  /** The events of the witness of the first finding and of the last one, as JSON; null: there is none. */
  readonly first_events: string | null;
  readonly last_events: string | null;
  /** Joined by {@link WITNESS_END}; null: none. */
  readonly witnesses: string | null;
  /** The text of a triage; null: nobody said anything. */
  readonly triage: string | null;
  readonly ignoring_rule: string | null;
}

/** A row of {@link selectIssues}: what is told of all that match, and one of them or nulls. */
export type IssueOfPageRow = (IssueRow | { readonly subject: null }) & {
  readonly total: string;
  readonly pairs: string;
  readonly below_evidence: string;
  readonly unknown_scope: string;
  readonly request_local: string;
  readonly ignored: string;
};

/** A fingerprint without environments. */
const commonPart = (fingerprint: string) => `left(${fingerprint}, ${FINGERPRINT_DIGITS})`;

/** The two events of the witness of a finding, the first one by an order. */
function eventsOf(order: string): string {
  return `(
    SELECT (witness -> 'events')::text FROM findings
    WHERE findings.fingerprint = issue.fingerprint AND retracted_at IS NULL
    ORDER BY ${order} LIMIT 1
  )`;
}

/** An issue, from a row called `issue`, and its best finding, without witnesses. */
const ISSUE_COLUMNS = `
  issue.subject::text AS subject,
  CASE WHEN EXISTS (
    SELECT FROM issues AS variant
    WHERE ${commonPart('variant.fingerprint')} = ${commonPart('issue.fingerprint')}
      AND variant.fingerprint <> issue.fingerprint AND ${IS_LIVE}
  ) THEN issue.fingerprint ELSE ${commonPart('issue.fingerprint')} END AS shown_fingerprint,
  ${EVIDENCE} AS evidence, ${PATTERN} AS pattern,
  best.anomaly_class, best.verdict, ${countOf('issue')} AS count,
  greatest(issue.pair_count, issue.overlapping_pairs, issue.proven_pairs) AS pairs_possible,
  issue.trace_pairs,
  ${firstSeenOf('issue')} AS first_ns,
  issue.last_ns, ${eventsOf('first_ns, trace_id, is_across')} AS first_events,
  ${eventsOf('last_ns DESC, trace_id DESC, is_across DESC')} AS last_events,
  issue.ignoring_rule, (
    SELECT (record -> 'triage')::text FROM triage WHERE triage.fingerprint = issue.fingerprint
  ) AS triage`;

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
        AND findings.is_request_local = issue.is_request_local
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

/** One page of issues, each with what is told of all that match; one row of nulls when none does. */
export function selectIssues(query: IssueQuery, witnesses: number): Query {
  const values: unknown[] = [witnesses];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const { evidenceMin, anyScope, state, ...others } = filterConditions(query, parameter);
  const isHeld = query.state === null ? null : state;
  const asked = [...Object.values(others), isHeld].filter((condition) => condition !== null);
  const where = [IS_LIVE, 'NOT is_told', ...asked].join(' AND ');
  const isKnown = `(${evidenceMin} AND ${anyScope ?? 'true'})`;
  const isShown = query.state === null ? `(${isKnown} AND ${state})` : isKnown;
  const limit = parameter(query.limit);
  const offset = parameter(query.offset);
  const isHidden = (condition: string) => `count(*) FILTER (WHERE NOT ${isKnown} AND ${condition})`;
  return {
    text: `
      SELECT
        matching.total, matching.pairs, matching.below_evidence, matching.unknown_scope,
        matching.request_local, matching.ignored, ${ISSUE_COLUMNS}, ${BEST_WITNESSES} AS witnesses
      FROM (
        SELECT
          count(*) FILTER (WHERE ${isShown}) AS total,
          coalesce(sum(${countOf('issues')}) FILTER (WHERE ${isShown}), 0) AS pairs,
          ${isHidden(`NOT is_request_local AND NOT ${evidenceMin}`)} AS below_evidence,
          ${isHidden(`NOT is_request_local AND ${evidenceMin}`)} AS unknown_scope,
          ${isHidden('is_request_local')} AS request_local,
          count(*) FILTER (WHERE ${isKnown} AND NOT ${isShown}) AS ignored
        FROM issues WHERE ${where}
      ) AS matching
      LEFT JOIN (
        SELECT
          fingerprint, subject, possible_rank, possible_pattern, best_rank, best_evidence,
          best_pattern, is_request_local, last_ns, proven_pairs, overlapping_pairs,
          pair_count, trace_pairs, ignoring_rule,
          row_number() OVER (ORDER BY ${orders[query.sort]}) AS place
        FROM issues WHERE ${where} AND ${isShown}
        ORDER BY place
        LIMIT ${limit} OFFSET ${offset}
      ) AS issue ON true
      ${BEST_FINDING}
      ORDER BY place`,
    values,
  };
}

/** A row of {@link selectIssueTraits}. */
export interface IssueTraitsRow
  extends Pick<IssueSubject, 'variable' | 'scope' | 'severity' | 'services' | 'environments'> {
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly is_request_local: boolean;
  readonly state: Disposition['state'];
  readonly locations: string[];
  readonly first_ns: string | null;
  readonly last_ns: string | null;
}

/** What lists filter issues by, of those that may be listed; the first by rank, which an index knows. */
export function selectIssueTraits(limit: number): Query {
  return {
    text: `
      SELECT
        variable, scope, severity, services, environments, ${EVIDENCE} AS evidence,
        ${PATTERN} AS pattern, is_request_local, ${LOCATIONS} AS locations,
        ${firstSeenOf('issues')} AS first_ns, last_ns,
        CASE WHEN is_ignored THEN 'ignored' ELSE ${STATE} END AS state
      FROM issues WHERE ${IS_LIVE} AND NOT is_told
      ORDER BY ${ISSUES_IN_ORDER}
      LIMIT $1`,
    values: [limit],
  };
}

/** Fingerprints of the issues within bounds, as a query. */
export function fingerprintsWithin(
  bounds: IssueBounds,
  parameter: (value: unknown) => string,
): string {
  const conditions = Object.values(filterConditions({ ...anyIssue, ...bounds }, parameter));
  const asked = conditions.filter((condition) => condition !== null);
  return `
          SELECT fingerprint FROM issues
          WHERE ${[IS_LIVE, 'NOT is_told', ...asked].join(' AND ')}`;
}

/** An issue by its fingerprint; by one without environments that which ranks first. */
export function selectIssue(fingerprint: string, witnesses: number): Query {
  return {
    text: `
      SELECT ${ISSUE_COLUMNS}, ${BEST_WITNESSES} AS witnesses
      FROM (
        SELECT * FROM issues
        WHERE ${commonPart('fingerprint')} = ${commonPart('$2')}
          AND fingerprint IN ($2, CASE WHEN length($2) <= ${FINGERPRINT_DIGITS} THEN fingerprint END)
          AND ${IS_LIVE}
        ORDER BY ${ISSUES_IN_ORDER}
        LIMIT 1
      ) AS issue ${BEST_FINDING}`,
    values: [witnesses, fingerprint],
  };
}

/** Issues that traces take part in, and that say something, each with the best witness of them. */
export function selectIssuesOfTraces(traceIds: readonly string[], limit: number): Query {
  return {
    text: `
      SELECT ${ISSUE_COLUMNS}, own.witness::text AS witnesses
      FROM (
        SELECT * FROM (
          SELECT DISTINCT ON (fingerprint)
            fingerprint, rank, last_ns, trace_id, is_across, witness
          FROM findings
          WHERE trace_ids && $1::text[] COLLATE "C" AND ${SAYS_SOMETHING}
          ORDER BY fingerprint, ${FINDINGS_IN_ORDER}
        ) AS best_of_each
        ORDER BY rank, last_ns DESC, fingerprint
        LIMIT $2
      ) AS own
      JOIN issues AS issue USING (fingerprint)
      ${BEST_FINDING}
      ORDER BY own.rank, own.last_ns DESC, issue.fingerprint`,
    values: [traceIds, limit],
  };
}
