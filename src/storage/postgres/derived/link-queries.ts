import type { LinkType } from '../../../domain/trace/trace-record.ts';
import type { Query } from '../connection/query.ts';

/** The statements about what links traces and services: spans, and calls. */

/**
 * Traces that have a span another one looks for, or look for one it has. A span that several traces
 * have links none.
 */
export function selectLinkedTraces(
  traceId: string,
  own: readonly string[],
  missing: readonly string[],
): Query {
  const isOwnedByOther = (than: string) => `EXISTS (
          SELECT FROM trace_spans AS other
          WHERE other.span_id = linked.span_id AND NOT other.is_missing
            AND other.retracted_at IS NULL AND other.trace_id <> ${than} AND other.trace_id <> $1
        )`;
  return {
    text: `
      SELECT DISTINCT trace_id FROM trace_spans AS linked
      WHERE retracted_at IS NULL AND trace_id <> $1 AND (
        (is_missing AND span_id = ANY($2::text[]) AND NOT ${isOwnedByOther('$1')})
        OR (NOT is_missing AND span_id = ANY($3::text[]) AND NOT ${isOwnedByOther('linked.trace_id')})
      )
      ORDER BY trace_id`,
    values: [traceId, own, missing],
  };
}

/** A span id that a trace has, or looks for in others. */
export interface SpanRow {
  readonly trace_id: string;
  readonly span_id: string;
  readonly is_missing: boolean;
}

export function upsertSpans(rows: string): Query {
  return {
    text: `
      INSERT INTO trace_spans (trace_id, span_id, is_missing)
      SELECT trace_id, span_id, is_missing
      FROM json_to_recordset($1::json) AS span (trace_id text, span_id text, is_missing boolean)
      ON CONFLICT (trace_id, span_id) DO UPDATE SET
        is_missing = excluded.is_missing, retracted_at = NULL
      WHERE trace_spans.retracted_at IS NOT NULL
        OR trace_spans.is_missing <> excluded.is_missing`,
    values: [rows],
  };
}

/** Retracts the spans of traces that are not among the given ones any more. */
export function retractSpans(traceIds: readonly string[], rows: string): Query {
  return {
    text: `
      UPDATE trace_spans SET retracted_at = now()
      WHERE trace_id = ANY($1::text[]) AND retracted_at IS NULL AND NOT EXISTS (
        SELECT FROM json_to_recordset($2::json) AS kept (trace_id text, span_id text)
        WHERE kept.trace_id = trace_spans.trace_id AND kept.span_id = trace_spans.span_id
      )`,
    values: [traceIds, rows],
  };
}

/** A row of {@link selectTraceCalls}. */
export interface TraceCallsRow {
  readonly trace_id: string;
  readonly from_service: string;
  readonly to_service: string;
  readonly link_type: LinkType;
  readonly calls: string;
}

export function selectTraceCalls(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, from_service, to_service, link_type, calls
      FROM trace_calls
      WHERE trace_id = ANY($1::text[]) AND retracted_at IS NULL
      ORDER BY trace_id, from_key, to_key, link_type`,
    values: [traceIds],
  };
}

export function upsertTraceCalls(rows: string): Query {
  return {
    text: `
      INSERT INTO trace_calls (
        trace_id, from_key, to_key, link_type, from_service, to_service, calls
      )
      SELECT trace_id, from_key, to_key, link_type, from_service, to_service, calls
      FROM json_to_recordset($1::json) AS call (
        trace_id text, from_key text, to_key text, link_type text, from_service text,
        to_service text, calls bigint
      )
      ON CONFLICT (trace_id, from_key, to_key, link_type) DO UPDATE SET
        calls = excluded.calls, retracted_at = NULL`,
    values: [rows],
  };
}

export function retractTraceCalls(rows: string): Query {
  return {
    text: `
      UPDATE trace_calls SET retracted_at = now()
      FROM json_to_recordset($1::json) AS gone (
        trace_id text, from_key text, to_key text, link_type text
      )
      WHERE trace_calls.trace_id = gone.trace_id AND trace_calls.from_key = gone.from_key
        AND trace_calls.to_key = gone.to_key AND trace_calls.link_type = gone.link_type`,
    values: [rows],
  };
}

export function addServiceCalls(rows: string): Query {
  return {
    text: `
      INSERT INTO service_calls (
        from_key, to_key, link_type, from_service, to_service, calls, trace_count
      )
      SELECT from_key, to_key, link_type, from_service, to_service, calls, trace_count
      FROM json_to_recordset($1::json) AS change (
        from_key text, to_key text, link_type text, from_service text, to_service text,
        calls bigint, trace_count bigint
      )
      ON CONFLICT (from_key, to_key, link_type) DO UPDATE SET
        calls = service_calls.calls + excluded.calls,
        trace_count = service_calls.trace_count + excluded.trace_count`,
    values: [rows],
  };
}

/** A row of {@link selectServiceCalls}. */
export interface ServiceCallsRow {
  readonly from_service: string;
  readonly to_service: string;
  readonly link_type: LinkType;
  readonly calls: string;
  readonly trace_count: string;
}

export const selectServiceCalls: Query = {
  text: `
    SELECT from_service, to_service, link_type, calls, trace_count
    FROM service_calls
    WHERE trace_count > 0
    ORDER BY from_key, to_key, link_type`,
};

/** Calls of the traces with an event of an environment. */
export function selectServiceCallsIn(environment: string): Query {
  return {
    text: `
      SELECT from_service, to_service, link_type, sum(calls) AS calls, count(*) AS trace_count
      FROM trace_calls JOIN traces USING (trace_id)
      WHERE retracted_at IS NULL AND environments @> ARRAY[$1::text]
      GROUP BY from_key, to_key, from_service, to_service, link_type
      ORDER BY from_key, to_key, link_type`,
    values: [environment],
  };
}

/** The spans of traces, those they look for included. */
export function selectSpans(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, span_id, is_missing FROM trace_spans
      WHERE trace_id = ANY($1::text[]) AND retracted_at IS NULL
      ORDER BY trace_id, span_id`,
    values: [traceIds],
  };
}
