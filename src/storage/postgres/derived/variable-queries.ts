import { type IssueBounds, shownByDefault } from '../../../domain/findings/issue.ts';
import type { VariableQuery } from '../../../domain/findings/variable-query.ts';
import { lowerAscii } from '../../../domain/lower-ascii.ts';
import type { VariableHistoryQuery } from '../../derived.ts';
import { nameKey } from '../../name-key.ts';
import type { Query } from '../connection/query.ts';
import { fingerprintsWithin } from './issue-queries.ts';

/** The statements about variables: their lists, and what was done to one. */

type Parameter = (value: unknown) => string;

/** What a query asks of a row of `variables`; the collation folds ASCII letters alone. */
function conditionOf(query: VariableQuery, parameter: Parameter): string {
  const { variable, text, environment } = query;
  const conditions = ['document IS NOT NULL'];
  if (environment !== null) {
    conditions.push(`${inEnvironment(parameter(environment), 'accesses')} IS NOT NULL`);
  }
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

function orderOf({ sort, environment }: VariableQuery, parameter: Parameter): string {
  // A parameter that no part of the statement names is an error.
  if (sort === 'name') return '';
  const name = environment === null ? null : parameter(environment);
  const byAccesses = `${countIn(name, 'accesses')} DESC,`;
  switch (sort) {
    case 'races':
      return `race_count DESC, ${byAccesses}`;
    case 'accesses':
      return byAccesses;
    case 'traces':
      return `${countIn(name, 'traces')} DESC, ${byAccesses}`;
  }
}

type Counted = 'traces' | 'accesses';

/** Traces or accesses of a row of `variables` in an environment; null where there are none. */
function inEnvironment(environment: string, counted: Counted): string {
  const place = counted === 'traces' ? 0 : 1;
  return `(environments -> ${environment}::text ->> ${place})::bigint`;
}

/** The same, or of all environments where none is asked for. */
function countIn(environment: string | null, counted: Counted): string {
  if (environment !== null) return inEnvironment(environment, counted);
  return counted === 'traces' ? 'trace_count' : 'access_count';
}

/** One page of variables, each with the number of issues that it is part of. */
export function selectVariables(query: VariableQuery): Query {
  const { limit, offset, environment } = query;
  const values: unknown[] = [limit, offset];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const shown = fingerprintsWithin({ ...shownByDefault, environment }, parameter);
  const condition = conditionOf(query, parameter);
  return {
    text: `
      SELECT document::text, coalesce(raced.race_count, 0) AS race_count
      FROM (SELECT * FROM variables WHERE ${condition}) AS listed
      LEFT JOIN (
        SELECT variable_hash, count(*) AS race_count FROM variable_issues
        WHERE finding_count > 0 AND fingerprint IN (${shown}
        )
        GROUP BY variable_hash
      ) AS raced ON raced.variable_hash = md5(listed.variable)
      ORDER BY ${orderOf(query, parameter)} variable_key
      LIMIT $1 OFFSET $2`,
    values,
  };
}

/** Times fit a signed integer of 64 bits. */
const TIMES_END_NS = 2n ** 63n - 1n;

/**
 * Footprints of one variable as JSON texts, the latest first. `OFFSET 0` keeps Postgres from reading all traces
 * once for those of a page.
 */
export function selectVariableHistory(query: VariableHistoryQuery): Query {
  const { variable, sinceNs, untilNs, before, environment, limit } = query;
  const end = String(TIMES_END_NS);
  return {
    text: `
      SELECT document::text FROM footprints
      WHERE variable_key = $1 AND retracted_at IS NULL AND first_ns >= $2 AND first_ns < $3
        AND (first_ns, trace_id) < ($4, $5) AND ($7::text IS NULL OR EXISTS (
          SELECT FROM traces
          WHERE traces.trace_id = footprints.trace_id AND environments @> ARRAY[$7::text]
          OFFSET 0
        ))
      ORDER BY first_ns DESC, trace_id DESC
      LIMIT $6`,
    values: [
      nameKey(variable),
      String(sinceNs ?? 0n),
      String(untilNs ?? end),
      String(before?.firstNs ?? end),
      before?.traceId ?? '',
      limit,
      environment,
    ],
  };
}

export function selectTopVariables(limit: number, environment: string | null): Query {
  const name = environment === null ? null : '$2';
  return {
    text: `
      SELECT document::text FROM variables
      WHERE document IS NOT NULL AND ${countIn(name, 'accesses')} IS NOT NULL
      ORDER BY ${countIn(name, 'accesses')} DESC, variable_key
      LIMIT $1`,
    values: environment === null ? [limit] : [limit, environment],
  };
}

/** A row of {@link selectRacedVariables}. */
export interface RacedVariableRow {
  readonly document: string;
  readonly is_critical: boolean;
  readonly trace_ids: readonly string[];
}

/**
 * Variables with findings of issues within the bounds; from E0 on also those of which only the possibility
 * is known.
 */
export function selectRacedVariables(
  bounds: IssueBounds,
  limit: number,
  tracesShown: number,
): Query {
  const values: unknown[] = [limit, tracesShown];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const name = bounds.environment === null ? null : parameter(bounds.environment);
  const isThere =
    name === null
      ? ''
      : `AND EXISTS (
            SELECT FROM traces
            WHERE traces.trace_id = footprints.trace_id
              AND traces.environments @> ARRAY[${name}::text]
          )`;
  const isTold = `finding_count > 0 AND fingerprint IN (${fingerprintsWithin(bounds, parameter)}
            )`;
  const possible = `
          SELECT md5(variable) AS variable_hash, (kind ->> 'criticalPairs')::bigint > 0 AS is_critical
          FROM variables CROSS JOIN LATERAL json_array_elements(possible) AS kinds (kind)
          WHERE ${bounds.anyScope ? 'true' : "(kind ->> 'isKnown')::boolean"}
            ${name === null ? '' : `AND (kind -> 'environments')::jsonb ? ${name}::text`}`;
  // A walk over what raced in the order of the list, which ends when the list is long enough.
  const told = `
        SELECT variables.*, found.is_critical
        FROM variables CROSS JOIN LATERAL (
          SELECT bool_or(critical_count > 0) AS is_critical FROM variable_issues
          WHERE variable_hash = md5(variables.variable) AND ${isTold}
        ) AS found
        WHERE variables.finding_count > 0 AND found.is_critical IS NOT NULL`;
  const both = `
        SELECT variables.*, shown.is_critical
        FROM (
          SELECT variable_hash, bool_or(is_critical) AS is_critical
          FROM (
            SELECT variable_hash, critical_count > 0 AS is_critical FROM variable_issues
            WHERE ${isTold}
            UNION ALL${possible}
          ) AS both_kinds
          GROUP BY variable_hash
        ) AS shown
        JOIN variables ON md5(variables.variable) = shown.variable_hash`;
  return {
    text: `
      SELECT document::text, raced.is_critical, ARRAY(
          SELECT trace_id FROM footprints
          WHERE footprints.variable_key = raced.variable_key AND retracted_at IS NULL ${isThere}
          ORDER BY first_ns, trace_id
          LIMIT $2
        ) AS trace_ids
      FROM (${bounds.evidenceMin === 'E0' ? both : told}
      ) AS raced
      WHERE document IS NOT NULL AND ${countIn(name, 'traces')} IS NOT NULL
      ORDER BY ${countIn(name, 'traces')} DESC, ${countIn(name, 'accesses')} DESC, variable_key
      LIMIT $1`,
    values,
  };
}
