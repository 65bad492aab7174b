import {
  type ComparisonChoice,
  oldestOf,
  REST_GROWTH,
  REST_MS_MAX,
  REST_MS_PER_EVENT,
  RESTING_EVENTS,
} from '../../derived.ts';
import { nameKey } from '../../name-key.ts';
import type { Query } from '../connection/query.ts';

/**
 * Who analyses what: the marks and claims in `traces`. Without a claimant, `claimed_until` is the end of a
 * rest.
 */

export const TO_ANALYSE = 'analysed_events <> event_count OR analyse_mark <> analysed_mark';

const IS_RESTED = `(
  claimed_until IS NULL OR claimed_until < now()
  OR claimant IS NULL AND (
    analyse_mark <> analysed_mark OR event_count >= ${REST_GROWTH} * analysed_events
  )
)`;
const IS_UNCLAIMED = '(claimant IS NULL OR claimed_until < now())';

/** A trace that was handed out. */
export interface ClaimRow {
  readonly trace_id: string;
  readonly event_count: string;
  readonly analyse_mark: string;
  readonly compare_mark: string;
  readonly compare_spreads: boolean;
}

/** Hands out traces to analyse, of at most so many events. */
export function claimTraces(
  claimant: string,
  limit: number,
  seconds: number,
  eventsMax: number | null,
): Query {
  const due = `(${TO_ANALYSE}) AND ${IS_RESTED}`;
  if (eventsMax === null) return claim(due, claimant, limit, seconds);
  return claim(`${due} AND event_count <= $5`, claimant, limit, seconds, { values: [eventsMax] });
}

/**
 * Hands out traces to compare; those that are to be analysed first are left out. Of a plain NOT Postgres
 * thinks that it leaves a handful of rows, which it would find among all traces and sort; of a CASE it
 * knows nothing, and walks over those that are marked.
 */
export function claimComparisons(
  claimant: string,
  limit: number,
  seconds: number,
  choice: ComparisonChoice | null,
): Query {
  const due =
    `compare_mark <> compared_mark AND ${IS_UNCLAIMED} ` +
    `AND CASE WHEN (${TO_ANALYSE}) AND ${IS_RESTED} THEN false ELSE true END`;
  const alsoSet = ', compare_snapshot = pg_current_snapshot()';
  if (choice === null) return claim(due, claimant, limit, seconds, { alsoSet });
  // A CASE for the same reason: each trace is looked up by itself, none is found by its variables.
  const isChosen = `CASE WHEN EXISTS (
      SELECT FROM footprints
      WHERE footprints.trace_id = traces.trace_id AND variable_key = ANY($5::text[])
        AND retracted_at IS NULL
    ) THEN ${choice.hasOne} ELSE ${!choice.hasOne} END`;
  const values = [choice.variables.map(nameKey)];
  return claim(`${due} AND ${isChosen}`, claimant, limit, seconds, { alsoSet, values });
}

/** From both ends: most of those that came last, and some that wait longest. */
function claim(
  due: string,
  claimant: string,
  limit: number,
  seconds: number,
  {
    alsoSet = '',
    values = [],
  }: { readonly alsoSet?: string; readonly values?: readonly unknown[] } = {},
): Query {
  const oldest = oldestOf(limit);
  return {
    text: `
      WITH newest AS (
        SELECT trace_id FROM traces
        WHERE ${due}
        ORDER BY last_activity_ns DESC
        LIMIT $2
        FOR UPDATE SKIP LOCKED
      ), oldest AS (
        SELECT trace_id FROM traces
        WHERE ${due}
        ORDER BY last_activity_ns
        LIMIT $4
        FOR UPDATE SKIP LOCKED
      )
      UPDATE traces SET claimant = $1, claimed_until = now() + $3 * interval '1 second'${alsoSet}
      FROM (SELECT trace_id FROM newest UNION SELECT trace_id FROM oldest) AS due
      WHERE traces.trace_id = due.trace_id
      RETURNING traces.trace_id, event_count, analyse_mark, compare_mark, compare_spreads`,
    values: [claimant, limit - oldest, seconds, oldest, ...values],
  };
}

/** Ends all claims of somebody. What is claimed is marked, and found by the indexes over that. */
export function releaseClaims(claimant: string): Query {
  return {
    text: `
      UPDATE traces SET claimant = NULL, claimed_until = NULL
      WHERE trace_id IN (
        SELECT trace_id FROM traces WHERE (${TO_ANALYSE}) AND claimant = $1
        UNION ALL
        SELECT trace_id FROM traces WHERE compare_mark <> compared_mark AND claimant = $1
      )`,
    values: [claimant],
  };
}

/** Hands claims back whose work came to nothing. */
export function returnClaims(traceIds: readonly string[]): Query {
  return {
    text: `
      UPDATE traces SET claimant = NULL, claimed_until = NULL WHERE trace_id = ANY($1::text[])`,
    values: [traceIds],
  };
}

/** A row of {@link lockTraces}. */
export interface LockedTraceRow {
  readonly trace_id: string;
  readonly group_ids: readonly string[] | null;
  readonly claimant: string | null;
  readonly analysed_events: string;
  readonly has_comparison_cuts: boolean;
}

export function lockTraces(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, group_ids, claimant, analysed_events,
        comparison_cuts IS NOT NULL AS has_comparison_cuts
      FROM traces
      WHERE trace_id = ANY($1::text[]) ORDER BY trace_id FOR UPDATE`,
    values: [traceIds],
  };
}

/** The end of the rest of a trace of so many events; null where it takes none. */
function restOf(events: string): string {
  return `CASE WHEN ${events} >= ${RESTING_EVENTS} THEN now() +
          least(${events} * ${REST_MS_PER_EVENT}, ${REST_MS_MAX}) * interval '1 millisecond' END`;
}

/** Ends claims after an analysis: those of the traces that `compares` are to be compared now. */
export function finishAnalyses(rows: string): Query {
  return {
    text: `
      UPDATE traces SET
        claimant = NULL, claimed_until = ${restOf('done.event_count')},
        analysed_events = done.event_count,
        analysed_mark = done.mark, footprint_xid = pg_current_xact_id(), group_ids = done.group_ids,
        analysis_cuts = done.cuts, compare_mark = compare_mark + done.compares::integer,
        compare_spreads = compare_spreads OR done.compares,
        environments = CASE
          WHEN traces.environments @> done.environments THEN traces.environments
          ELSE ARRAY(
            SELECT DISTINCT name FROM unnest(traces.environments || done.environments) AS name
            ORDER BY name
          )
        END
      FROM json_to_recordset($1::json) AS done (
        trace_id text, event_count bigint, mark bigint, group_ids text[], cuts json,
        environments text[], compares boolean
      )
      WHERE traces.trace_id = done.trace_id`,
    values: [rows],
  };
}

/** Ends claims after a comparison; a newer mark stays. */
export function finishComparisons(rows: string): Query {
  return {
    text: `
      UPDATE traces SET
        claimant = NULL, claimed_until = ${restOf('analysed_events')}, compared_mark = done.mark,
        compare_spreads = compare_spreads AND compare_mark <> done.mark,
        comparison_cuts = done.cuts
      FROM json_to_recordset($1::json) AS done (trace_id text, mark bigint, cuts json)
      WHERE traces.trace_id = done.trace_id`,
    values: [rows],
  };
}

/** Marks traces for another comparison. */
export function markComparisons(traceIds: readonly string[]): Query {
  return {
    text: `
      UPDATE traces SET compare_mark = compare_mark + 1
      FROM (
        SELECT trace_id FROM traces WHERE trace_id = ANY($1::text[]) ORDER BY trace_id FOR UPDATE
      ) AS marked
      WHERE traces.trace_id = marked.trace_id`,
    values: [traceIds],
  };
}

/**
 * Marks traces for another comparison: those that met a trace, but were compared before its latest
 * analysis. Of the traces that changed only the transactions of their analyses count, which are few.
 */
export function markEncounters(rows: string): Query {
  return {
    text: `
      WITH met AS (
        SELECT number, trace_ids, changed_ids
        FROM json_to_recordset($1::json) AS met (
          number integer, trace_ids text[], changed_ids text[]
        )
      ), changed AS MATERIALIZED (
        SELECT DISTINCT met.number, traces.footprint_xid
        FROM met CROSS JOIN LATERAL unnest(met.changed_ids) AS id
        JOIN traces ON traces.trace_id = id COLLATE "C"
      )
      UPDATE traces SET compare_mark = compare_mark + 1
      FROM (
        SELECT trace_id FROM traces
        WHERE trace_id = ANY(ARRAY(
          SELECT compared.trace_id
          FROM met CROSS JOIN LATERAL unnest(met.trace_ids) AS id
          JOIN traces AS compared ON compared.trace_id = id COLLATE "C"
          WHERE EXISTS (
            SELECT FROM changed
            WHERE changed.number = met.number AND (
              compared.compare_snapshot IS NULL
              OR NOT pg_visible_in_snapshot(changed.footprint_xid, compared.compare_snapshot)
            )
          )
        ))
        ORDER BY trace_id
        FOR UPDATE
      ) AS marked
      WHERE traces.trace_id = marked.trace_id`,
    values: [rows],
  };
}

/**
 * Marks traces for another analysis: the given ones, and those whose links may change with spans
 * that others have or look for. With two other owners a span links nobody from now on: only who is
 * in a group already, or is being analysed, is concerned.
 *
 * The ids as an array, and the spans of each change by themselves: else Postgres reads all traces, and
 * all spans where it thinks that there are few.
 */
export function markAnalyses(traceIds: readonly string[], spans: string): Query {
  return {
    text: `
      UPDATE traces SET analyse_mark = analyse_mark + 1
      FROM (
        SELECT trace_id FROM traces
        WHERE trace_id = ANY(ARRAY(
          SELECT unnest($1::text[] COLLATE "C")
          UNION
          SELECT concerned.trace_id
          FROM json_to_recordset($2::json) AS changed (
            trace_id text, span_id text, is_missing boolean
          )
          CROSS JOIN LATERAL (
            SELECT trace_id, is_missing FROM trace_spans
            WHERE span_id = changed.span_id AND retracted_at IS NULL
            OFFSET 0
          ) AS concerned
          JOIN traces AS known ON known.trace_id = concerned.trace_id
          WHERE concerned.trace_id <> changed.trace_id
            AND CASE WHEN (
              SELECT count(*) FROM (
                SELECT FROM trace_spans AS owner
                WHERE owner.span_id = changed.span_id AND NOT owner.is_missing
                  AND owner.retracted_at IS NULL AND owner.trace_id <> changed.trace_id
                LIMIT 2
              ) AS owners
            ) < 2
            THEN NOT (changed.is_missing AND concerned.is_missing)
            ELSE known.group_ids IS NOT NULL OR known.claimant IS NOT NULL END
        ))
        ORDER BY trace_id
        FOR UPDATE
      ) AS marked
      WHERE traces.trace_id = marked.trace_id`,
    values: [traceIds, spans],
  };
}

/**
 * How many traces wait, counted up to a limit. In the order of the indexes over what is marked: Postgres
 * thinks that nearly all traces are, so that without it would look for the first of them among all.
 */
export function selectBacklog(limit: number): Query {
  return {
    text: `
      SELECT
        (SELECT count(*) FROM (
          SELECT FROM traces WHERE ${TO_ANALYSE} ORDER BY last_activity_ns LIMIT $1
        ) AS to_analyse)
        + (SELECT count(*) FROM (
          SELECT FROM traces WHERE compare_mark <> compared_mark
          ORDER BY last_activity_ns LIMIT $1
        ) AS to_compare)`,
    values: [limit],
  };
}

/** A row of {@link selectWaiting}. */
export interface WaitingRow {
  readonly waiting: string;
  /** When the last event of one came that waits longest; null when none waits. */
  readonly oldest_ns: string | null;
}

/** What waits: all of it is counted, on a walk over what is marked. */
export function selectWaiting(): Query {
  const receipt = 'coalesce(last_received_ns, last_activity_ns)';
  return {
    text: `
      SELECT
        (SELECT count(*) FROM traces WHERE ${TO_ANALYSE})
        + (SELECT count(*) FROM traces
           WHERE compare_mark <> compared_mark
             AND CASE WHEN ${TO_ANALYSE} THEN false ELSE true END) AS waiting,
        least(
          (SELECT ${receipt} FROM traces WHERE ${TO_ANALYSE} ORDER BY last_activity_ns LIMIT 1),
          (SELECT ${receipt} FROM traces WHERE compare_mark <> compared_mark
           ORDER BY last_activity_ns LIMIT 1)
        ) AS oldest_ns`,
    values: [],
  };
}
