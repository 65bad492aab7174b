import { provingEvidence } from '../../../domain/findings/ranking.ts';
import { openLimits, type RecordLimit } from '../../../domain/trace/trace-record.ts';
import type { Query } from '../connection/query.ts';

/**
 * The statements about what was derived from traces. Rows to write come as one JSON text; rows are
 * locked in the order of their keys, so that two writers wait for each other but never both.
 */

/** Footprints of traces, as JSON texts. */
export function selectFootprints(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT document::text
      FROM footprints
      WHERE trace_id = ANY($1::text[]) AND retracted_at IS NULL
      ORDER BY trace_id, variable_key`,
    values: [traceIds],
  };
}

/** A row of {@link selectNeighbours}. */
export interface NeighbourRow {
  readonly trace_id: string;
  readonly variable: string;
  readonly first_ns: string;
  readonly last_ns: string;
  readonly is_transaction: boolean;
}

/** For each place, in their order, the nearest footprints of other traces on either side. */
export function selectNeighbours(places: string, before: number, after: number): Query {
  const side = (comparison: '<' | '>', direction: 'DESC' | 'ASC', limit: '$2' | '$3') => `
        (SELECT trace_id, first_ns, last_ns, is_transaction
        FROM footprints
        WHERE variable_key = place.variable_key AND retracted_at IS NULL
          AND (first_ns, trace_id) ${comparison} (place.first_ns, place.trace_id)
          AND trace_id <> place.trace_id
        ORDER BY first_ns ${direction}, trace_id ${direction}
        LIMIT ${limit})`;
  return {
    text: `
      SELECT near.trace_id, place.variable, near.first_ns, near.last_ns, near.is_transaction
      FROM json_to_recordset($1::json) AS place (
        number integer, variable_key text, variable text, first_ns bigint, trace_id text
      )
      CROSS JOIN LATERAL (${side('<', 'DESC', '$2')}
        UNION ALL${side('>', 'ASC', '$3')}
      ) AS near
      ORDER BY place.number, near.first_ns, near.trace_id`,
    values: [places, before, after],
  };
}

export function upsertFootprints(rows: string): Query {
  return {
    text: `
      INSERT INTO footprints (
        trace_id, variable_key, variable, first_ns, last_ns, is_transaction, document
      )
      SELECT trace_id, variable_key, variable, first_ns, last_ns, is_transaction, document
      FROM json_to_recordset($1::json) AS footprint (
        trace_id text, variable_key text, variable text, first_ns bigint, last_ns bigint,
        is_transaction boolean, document json
      )
      ON CONFLICT (trace_id, variable_key) DO UPDATE SET
        first_ns = excluded.first_ns, last_ns = excluded.last_ns,
        is_transaction = excluded.is_transaction, document = excluded.document,
        retracted_at = NULL`,
    values: [rows],
  };
}

export function retractFootprints(rows: string): Query {
  return {
    text: `
      UPDATE footprints SET retracted_at = now()
      FROM json_to_recordset($1::json) AS gone (trace_id text, variable_key text)
      WHERE footprints.trace_id = gone.trace_id AND footprints.variable_key = gone.variable_key`,
    values: [rows],
  };
}

/** Puts tags in the place of those that traces had; a trace that never had any gets no row. */
export function upsertTags(rows: string): Query {
  return {
    text: `
      INSERT INTO trace_tags (trace_id, tags)
      SELECT trace_id, tags
      FROM json_to_recordset($1::json) AS tagged (trace_id text, tags text[])
      WHERE tags <> '{}' OR EXISTS (
        SELECT FROM trace_tags AS known WHERE known.trace_id = tagged.trace_id COLLATE "C"
      )
      ORDER BY trace_id
      ON CONFLICT (trace_id) DO UPDATE SET tags = excluded.tags
      WHERE trace_tags.tags <> excluded.tags`,
    values: [rows],
  };
}

const FINDING_COLUMNS = `trace_id, fingerprint, is_across, variable, is_critical, rank,
  evidence, pattern, anomaly_class, is_request_local, meeting, verdict, proven_pairs,
  overlapping_pairs, first_ns, last_ns, trace_ids, witness::text`;

/** Findings that traces own. */
export function selectOwnFindings(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT ${FINDING_COLUMNS}
      FROM findings
      WHERE trace_id = ANY($1::text[]) AND retracted_at IS NULL
      ORDER BY trace_id, fingerprint, is_across`,
    values: [traceIds],
  };
}

/**
 * The condition that a finding is not retracted, in a query by `trace_ids`. It is worded
 * differently here on purpose: with the usual words Postgres might read a partial index over all
 * findings for each trace.
 */
export const IS_KEPT = "coalesce(retracted_at, 'infinity') = 'infinity'";

/** Findings that one of the traces takes part in, their own included. */
export function selectFindingsWith(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT ${FINDING_COLUMNS}
      FROM findings
      WHERE trace_ids && $1::text[] COLLATE "C" AND ${IS_KEPT}
      ORDER BY trace_id, fingerprint, is_across`,
    values: [traceIds],
  };
}

export function upsertFindings(rows: string): Query {
  return {
    text: `
      INSERT INTO findings (
        trace_id, fingerprint, is_across, variable, is_critical, rank, evidence, pattern,
        anomaly_class, is_request_local, meeting, verdict, proven_pairs, overlapping_pairs,
        first_ns, last_ns, trace_ids, witness
      )
      SELECT
        trace_id, fingerprint, is_across, variable, is_critical, rank, evidence, pattern,
        anomaly_class, is_request_local, meeting, verdict, proven_pairs, overlapping_pairs,
        first_ns, last_ns, trace_ids, witness
      FROM json_to_recordset($1::json) AS finding (
        trace_id text, fingerprint text, is_across boolean, variable text, is_critical boolean,
        rank integer, evidence text, pattern text, anomaly_class text, verdict text,
        is_request_local boolean, meeting text, proven_pairs bigint, overlapping_pairs bigint,
        first_ns bigint, last_ns bigint, trace_ids text[], witness json
      )
      ON CONFLICT (trace_id, fingerprint, is_across) DO UPDATE SET
        variable = excluded.variable, is_critical = excluded.is_critical, rank = excluded.rank,
        evidence = excluded.evidence, pattern = excluded.pattern,
        anomaly_class = excluded.anomaly_class, verdict = excluded.verdict,
        is_request_local = excluded.is_request_local, meeting = excluded.meeting,
        proven_pairs = excluded.proven_pairs, overlapping_pairs = excluded.overlapping_pairs,
        first_ns = excluded.first_ns,
        last_ns = excluded.last_ns, trace_ids = excluded.trace_ids, witness = excluded.witness,
        retracted_at = NULL`,
    values: [rows],
  };
}

export function retractFindings(rows: string): Query {
  return {
    text: `
      UPDATE findings SET retracted_at = now()
      FROM json_to_recordset($1::json) AS gone (
        trace_id text, fingerprint text, is_across boolean
      )
      WHERE findings.trace_id = gone.trace_id AND findings.fingerprint = gone.fingerprint
        AND findings.is_across = gone.is_across`,
    values: [rows],
  };
}

/** Makes sure that a row is there to lock for every variable. */
export function insertVariables(rows: string): Query {
  return {
    text: `
      INSERT INTO variables (
        variable_key, variable, access_count, trace_count, finding_count
      )
      SELECT variable_key, variable, 0, 0, 0
      FROM json_to_recordset($1::json) AS named (variable_key text, variable text)
      ON CONFLICT (variable_key) DO NOTHING`,
    values: [rows],
  };
}

export function lockVariables(keys: readonly string[]): Query {
  return {
    text: `
      SELECT variable, document::text FROM variables
      WHERE variable_key = ANY($1::text[]) ORDER BY variable_key FOR UPDATE`,
    values: [keys],
  };
}

export function updateVariableSites(rows: string): Query {
  return {
    text: `
      UPDATE variables SET
        access_count = state.access_count, trace_count = state.trace_count,
        environments = state.environments, possible = state.possible, document = state.document
      FROM json_to_recordset($1::json) AS state (
        variable_key text, access_count bigint, trace_count bigint, environments json,
        possible json, document json
      )
      WHERE variables.variable_key = state.variable_key`,
    values: [rows],
  };
}

export function addVariableFindings(rows: string): Query {
  return {
    text: `
      UPDATE variables SET
        finding_count = variables.finding_count + change.finding_count
      FROM json_to_recordset($1::json) AS change (variable_key text, finding_count bigint)
      WHERE variables.variable_key = change.variable_key`,
    values: [rows],
  };
}

const PROVING = provingEvidence.map((level) => `'${level}'`).join(', ');

/** That a row of `findings` says something of its traces: no other issue tells it, and it is not doubtful. */
export const SAYS_SOMETHING = `NOT is_request_local AND ${IS_KEPT} AND EXISTS (
            SELECT FROM issues AS own
            WHERE own.fingerprint = findings.fingerprint AND NOT own.is_told AND NOT own.is_ignored
              AND (own.scope <> 'unknown' OR findings.evidence IN (${PROVING}))
          )`;

/** Notes the number of issues that each trace takes part in. */
export function updateRaceCounts(traceIds: readonly string[]): Query {
  return {
    text: `
      UPDATE traces SET race_count = (
        SELECT count(DISTINCT fingerprint) FROM findings
        WHERE trace_ids @> ARRAY[traces.trace_id] AND ${SAYS_SOMETHING}
      )
      FROM (
        SELECT trace_id FROM traces WHERE trace_id = ANY($1::text[]) ORDER BY trace_id FOR UPDATE
      ) AS member
      WHERE traces.trace_id = member.trace_id`,
    values: [traceIds],
  };
}

/** A row of {@link selectCuts}: what is told of all cuts, and one of them or nulls. */
export interface CutRow {
  readonly cut_count: string;
  readonly truncated_by: RecordLimit | null;
  readonly trace_id: string | null;
  readonly limit_name: RecordLimit;
  readonly variable: string | null;
}

/** What budgets kept out: the first cuts, and a sum over all. */
export function selectCuts(limit: number): Query {
  return {
    text: `
      WITH cuts AS MATERIALIZED (
        SELECT trace_id, step, place, pair ->> 0 AS limit_name, pair ->> 1 AS variable
        FROM traces
        CROSS JOIN LATERAL (
          SELECT 1 AS step, place, pair
          FROM json_array_elements(analysis_cuts) WITH ORDINALITY AS cut (pair, place)
          UNION ALL
          SELECT 2 AS step, place, pair
          FROM json_array_elements(comparison_cuts) WITH ORDINALITY AS cut (pair, place)
        ) AS cut
        WHERE analysis_cuts IS NOT NULL OR comparison_cuts IS NOT NULL
      )
      SELECT
        summary.cut_count, summary.truncated_by, first.trace_id, first.limit_name, first.variable
      FROM (
        SELECT
          count(*) AS cut_count,
          min(limit_name COLLATE "C") FILTER (
            WHERE variable IS NULL OR limit_name = ANY($2::text[])
          ) AS truncated_by
        FROM cuts
      ) AS summary
      LEFT JOIN (
        SELECT * FROM cuts ORDER BY trace_id, step, place LIMIT $1
      ) AS first ON true
      ORDER BY first.trace_id, first.step, first.place`,
    values: [limit, openLimits],
  };
}
