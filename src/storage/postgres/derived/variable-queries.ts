import { type IssueBounds, shownByDefault } from '../../../domain/issue.ts';
import { lowerAscii } from '../../../domain/lower-ascii.ts';
import type { VariableQuery } from '../../../domain/variable-query.ts';
import type { VariableHistoryQuery } from '../../derived.ts';
import { nameKey } from '../../name-key.ts';
import type { Query } from '../connection/query.ts';
import { fingerprintsWithin } from './issue-queries.ts';

/** The statements about variables: their lists, and what was done to one. */

type Parameter = (value: unknown) => string;

/** What a query asks of a row of `variables`; the collation folds ASCII letters alone. */
function conditionOf({ variable, text }: VariableQuery, parameter: Parameter): string {
  const conditions = ['document IS NOT NULL'];
  if (variable !== null) conditions.push(`variable_key = ${parameter(nameKey(variable))}`);
  if (text !== null) {
    const wanted = parameter(lowerAscii(text));
    conditions.push(`position(${wanted} in lower(variable COLLATE "C")) > 0`);
  }
  return conditions.join(' AND ');
}

/** The number of all variables that match, on whatever page. */
export function countVariables(query: VariableQuery): Query {
  const values: unknown[] = [];
  const condition = conditionOf(query, (value) => `$${values.push(value)}`);
  return { text: `SELECT count(*) FROM variables WHERE ${condition}`, values };
}

/** A row of {@link selectVariables}. */
export interface ListedVariableRow {
  readonly document: string;
  readonly race_count: string;
}

const order: Readonly<Record<VariableQuery['sort'], string>> = {
  races: 'race_count DESC, access_count DESC,',
  accesses: 'access_count DESC,',
  traces: 'trace_count DESC, access_count DESC,',
  name: '',
};

/** One page of variables, each with the number of issues that it is part of. */
export function selectVariables(query: VariableQuery): Query {
  const { sort, limit, offset } = query;
  const values: unknown[] = [limit, offset];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const shown = fingerprintsWithin(shownByDefault, parameter);
  const condition = conditionOf(query, parameter);
  return {
    text: `
      SELECT document::text, coalesce(raced.race_count, 0) AS race_count
      FROM (SELECT * FROM variables WHERE ${condition}) AS listed
      LEFT JOIN (
        SELECT found.variable, count(DISTINCT found.fingerprint) AS race_count
        FROM findings AS found
        WHERE found.retracted_at IS NULL AND NOT found.is_request_local AND found.fingerprint IN (${shown}
        )
        GROUP BY found.variable
      ) AS raced USING (variable)
      ORDER BY ${order[sort]} variable_key
      LIMIT $1 OFFSET $2`,
    values,
  };
}

/** Times fit a signed integer of 64 bits. */
const TIMES_END_NS = 2n ** 63n - 1n;

/** Footprints of one variable as JSON texts, the latest first. */
export function selectVariableHistory(query: VariableHistoryQuery): Query {
  const { variable, sinceNs, untilNs, before, limit } = query;
  const end = String(TIMES_END_NS);
  return {
    text: `
      SELECT document::text FROM footprints
      WHERE variable_key = $1 AND retracted_at IS NULL AND first_ns >= $2 AND first_ns < $3
        AND (first_ns, trace_id) < ($4, $5)
      ORDER BY first_ns DESC, trace_id DESC
      LIMIT $6`,
    values: [
      nameKey(variable),
      String(sinceNs ?? 0n),
      String(untilNs ?? end),
      String(before?.firstNs ?? end),
      before?.traceId ?? '',
      limit,
    ],
  };
}

export function selectTopVariables(limit: number): Query {
  return {
    text: `
      SELECT document::text FROM variables
      WHERE document IS NOT NULL
      ORDER BY access_count DESC, variable_key
      LIMIT $1`,
    values: [limit],
  };
}

/** A row of {@link selectPossiblyRaced}, and of {@link selectRacedVariables}. */
export interface RacedVariableRow {
  readonly document: string;
  readonly is_critical: boolean;
  readonly trace_ids: readonly string[];
}

/** The first traces, `$2` of them, of a variable in a row called `raced`. */
const FIRST_TRACES = `ARRAY(
          SELECT trace_id FROM footprints
          WHERE footprints.variable_key = raced.variable_key AND retracted_at IS NULL
          ORDER BY first_ns, trace_id
          LIMIT $2
        )`;

/** Variables with findings, or of which the possibility is known, of whatever scope. */
export function selectPossiblyRaced(limit: number, tracesShown: number): Query {
  return {
    text: `
      SELECT
        document::text,
        critical_pairs > 0 OR critical_findings > 0 AS is_critical,
        ${FIRST_TRACES} AS trace_ids
      FROM variables AS raced
      WHERE (possible_pairs > 0 OR finding_count > 0) AND document IS NOT NULL
      ORDER BY trace_count DESC, access_count DESC, variable_key
      LIMIT $1`,
    values: [limit, tracesShown],
  };
}

/** Variables with findings of issues within the bounds. */
export function selectRacedVariables(
  bounds: IssueBounds,
  limit: number,
  tracesShown: number,
): Query {
  const values: unknown[] = [limit, tracesShown];
  const shown = fingerprintsWithin(bounds, (value) => `$${values.push(value)}`);
  return {
    text: `
      SELECT document::text, shown.is_critical, ${FIRST_TRACES} AS trace_ids
      FROM (
        SELECT found.variable, bool_or(found.is_critical) AS is_critical
        FROM findings AS found
        WHERE found.retracted_at IS NULL AND NOT found.is_request_local AND found.fingerprint IN (${shown}
        )
        GROUP BY found.variable
      ) AS shown
      JOIN variables AS raced ON raced.variable = shown.variable
      WHERE raced.finding_count > 0 AND document IS NOT NULL
      ORDER BY trace_count DESC, access_count DESC, variable_key
      LIMIT $1`,
    values,
  };
}
