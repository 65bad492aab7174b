import type { Query } from './queries.ts';

/** Who analyses what: the marks and claims in `traces`. */

const TO_ANALYSE = 'analysed_events <> event_count OR analyse_mark <> analysed_mark';

/** Hands out traces to analyse. */
export function claimTraces(claimant: string, limit: number, seconds: number): Query {
  return claim(TO_ANALYSE, claimant, limit, seconds);
}

/** Hands out traces to compare; those that are to be analysed first are left out. */
export function claimComparisons(claimant: string, limit: number, seconds: number): Query {
  const due = `compare_mark <> compared_mark AND NOT (${TO_ANALYSE})`;
  return claim(due, claimant, limit, seconds);
}

function claim(due: string, claimant: string, limit: number, seconds: number): Query {
  return {
    text: `
      UPDATE traces SET claimant = $1, claimed_until = now() + $3 * interval '1 second'
      FROM (
        SELECT trace_id FROM traces
        WHERE (${due}) AND (claimed_until IS NULL OR claimed_until < now())
        ORDER BY last_activity_ns
        LIMIT $2
        FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE traces.trace_id = due.trace_id
      RETURNING traces.trace_id, event_count, analyse_mark, compare_mark, compare_spreads`,
    values: [claimant, limit, seconds],
  };
}

export function releaseClaims(claimant: string): Query {
  return {
    text: 'UPDATE traces SET claimant = NULL, claimed_until = NULL WHERE claimant = $1',
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

export function lockTraces(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, event_count, group_ids, claimant, analysed_events FROM traces
      WHERE trace_id = ANY($1::text[]) ORDER BY trace_id FOR UPDATE`,
    values: [traceIds],
  };
}

/** Ends claims after an analysis: the traces are to be compared now. */
export function finishAnalyses(rows: string): Query {
  return {
    text: `
      UPDATE traces SET
        claimant = NULL, claimed_until = NULL, analysed_events = done.event_count,
        analysed_mark = done.mark, group_ids = done.group_ids, compare_mark = compare_mark + 1, compare_spreads = true
      FROM json_to_recordset($1::json) AS done (
        trace_id text, event_count bigint, mark bigint, group_ids text[]
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
        claimant = NULL, claimed_until = NULL, compared_mark = done.mark,
        compare_spreads = compare_spreads AND compare_mark <> done.mark
      FROM json_to_recordset($1::json) AS done (trace_id text, mark bigint)
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

/** Marks traces for another analysis: the given ones, and all others that share changed spans. */
export function markAnalyses(traceIds: readonly string[], spans: string): Query {
  return {
    text: `
      UPDATE traces SET analyse_mark = analyse_mark + 1
      FROM (
        SELECT trace_id FROM traces
        WHERE trace_id = ANY($1::text[]) OR trace_id IN (
          SELECT trace_spans.trace_id
          FROM json_to_recordset($2::json) AS changed (trace_id text, span_id text)
          JOIN trace_spans USING (span_id)
          WHERE trace_spans.trace_id <> changed.trace_id AND retracted_at IS NULL
        )
        ORDER BY trace_id
        FOR UPDATE
      ) AS marked
      WHERE traces.trace_id = marked.trace_id`,
    values: [traceIds, spans],
  };
}

/** How many traces wait, counted up to a limit. */
export function selectBacklog(limit: number): Query {
  return {
    text: `
      SELECT
        (SELECT count(*) FROM (
          SELECT FROM traces WHERE ${TO_ANALYSE} LIMIT $1
        ) AS to_analyse)
        + (SELECT count(*) FROM (
          SELECT FROM traces WHERE compare_mark <> compared_mark LIMIT $1
        ) AS to_compare)`,
    values: [limit],
  };
}
