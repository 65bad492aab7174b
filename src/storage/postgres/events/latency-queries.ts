import type { KindName } from '../../../domain/event/event-kind.ts';
import type { OperationQuery, VerdictQuery } from '../../../domain/latency/learnt.ts';
import type { LatencyKey } from '../../../domain/latency/span.ts';
import { lowerAscii } from '../../../domain/lower-ascii.ts';
import { eraseRows, type Query } from '../connection/query.ts';
import { EVENT_COLUMNS } from './event-queries.ts';
import { STRIPE_SLOTS, STRIPES } from './latency-stripes.ts';

/** The statements of what is learnt and told of durations; the others of events are in event-queries.ts. */

/**
 * The request that each response answers: the place of the response in the list, method and
 * beginning of the URL, and where asked for what may tell the user agent. The text of the strand is that
 * of the index `events_requests`.
 *
 * @param responses JSON text of an array of `{place, trace_id, strand, before_ns}`
 */
export function selectRequests(responses: string, withUserAgent: boolean): Query {
  return {
    text: `
      SELECT response.place, request.method, request.url, request.headers, request.extra
      FROM json_to_recordset($1::json) AS response (
        place integer, trace_id text, strand text, before_ns bigint
      )
      CROSS JOIN LATERAL (
        SELECT
          payload ->> 'method' AS method, left(payload ->> 'url', 4096) AS url,
          CASE WHEN $2 THEN (payload -> 'headers')::text END AS headers,
          CASE WHEN $2 THEN extra::text END AS extra
        FROM events
        WHERE trace_id = response.trace_id AND kind = 'HttpRequest'
          AND md5(
            service || E'\\x1f' || coalesce(metadata ->> 'instance_id', '')
              || E'\\x1f' || coalesce(metadata ->> 'distributed_span_id', '')
              || E'\\x1f' || (metadata ->> 'thread_id')
          ) = md5(response.strand)
          AND timestamp_ns < response.before_ns
        ORDER BY timestamp_ns DESC, id DESC
        LIMIT 1
      ) AS request`,
    values: [responses, withUserAgent],
  };
}

/**
 * Calls and returns of functions of these names among the last events of traces until an instant.
 *
 * @param traces JSON text of an array of `{trace_id, until_ns, operations}`
 * @param searched how many events of each trace are looked at
 */
export function selectFunctions(traces: string, searched: number): Query {
  return {
    text: `
      SELECT
        near.trace_id, near.id, near.timestamp_ns, near.kind, near.operation, near.metadata::text
      FROM json_to_recordset($1::json) AS wanted (
        trace_id text, until_ns bigint, operations text[]
      )
      CROSS JOIN LATERAL (
        SELECT trace_id, id, timestamp_ns, kind, operation, metadata
        FROM events
        WHERE trace_id = wanted.trace_id AND timestamp_ns <= wanted.until_ns
        ORDER BY timestamp_ns DESC, id DESC
        LIMIT $2
      ) AS near
      WHERE near.kind IN ('FunctionCall', 'FunctionReturn')
        AND near.operation = ANY (wanted.operations)
      ORDER BY near.trace_id, near.timestamp_ns, near.id`,
    values: [traces, searched],
  };
}

export function selectBuckets(operationKeys: readonly string[]): Query {
  return {
    text: `
      SELECT operation_key, slot, period, learnt, flagged
      FROM latency_buckets
      WHERE operation_key = ANY ($1::text[])`,
    values: [operationKeys],
  };
}

/** 'les' in ASCII, as a number: the first half of the key of the advisory lock of whoever writes a stripe. */
const STRIPE_LOCK = 0x6c_65_73;

/**
 * Adds to buckets, as domain/latency/buckets.ts merges them: to the first stripe that no other transaction writes.
 *
 * @param buckets JSON text; by operation key and slot, each once: the order in which rows are locked
 */
export function mergeBucketRows(buckets: string): Query {
  const isSame = 'bucket.period = excluded.period';
  const merged = (column: string) => `
        ${column} = CASE
          WHEN ${isSame} AND excluded.${column} = '{}' THEN bucket.${column}
          WHEN ${isSame} AND bucket.${column} <> '{}' THEN (
            SELECT jsonb_object_agg(bin, count)
            FROM (
              SELECT bin, sum(count::bigint) AS count
              FROM (
                SELECT * FROM jsonb_each_text(bucket.${column})
                UNION ALL
                SELECT * FROM jsonb_each_text(excluded.${column})
              ) AS parts (bin, count)
              GROUP BY bin
            ) AS bins
          )
          ELSE excluded.${column}
        END`;
  return {
    text: `
      WITH free AS MATERIALIZED (
        SELECT stripe FROM generate_series(0, ${STRIPES - 1}) AS stripe
        WHERE pg_try_advisory_xact_lock(${STRIPE_LOCK}, stripe)
        LIMIT 1
      )
      INSERT INTO latency_buckets AS bucket (
        operation_key, slot, period, service, kind, operation, status, learnt, flagged
      )
      SELECT
        operation_key, slot + ${STRIPE_SLOTS} * coalesce((SELECT stripe FROM free), ${STRIPES - 1}),
        period, service, kind, operation, status, learnt, flagged
      FROM json_to_recordset($1::json) AS added (
        operation_key text, slot smallint, period integer,
        service text, kind text, operation text, status text, learnt jsonb, flagged jsonb
      )
      ON CONFLICT (operation_key, slot) DO UPDATE SET
        period = excluded.period,${merged('learnt')},${merged('flagged')}
      WHERE bucket.period <= excluded.period`,
    values: [buckets],
  };
}

/**
 * Events of traces that took some time, and the requests and calls that others end: by trace, in the order
 * of arrival. Before each, when it was received in milliseconds, and whether it was slow or fast. See
 * {@link openTimedEvents}.
 */
export function selectTimedEvents(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT
        (extract(epoch FROM received_at) * 1000)::bigint,
        EXISTS (
          SELECT FROM latency_verdicts AS verdict
          WHERE verdict.trace_id = events.trace_id AND verdict.event_id = events.id
        ),
        ${EVENT_COLUMNS}
      FROM events
      WHERE trace_id = ANY($1::text[])
        AND (
          kind IN (
            'HttpRequest', 'HttpResponse', 'DatabaseQuery', 'FunctionCall', 'FunctionReturn'
          )
          OR metadata ->> 'duration_ns' IS NOT NULL
        )
      ORDER BY trace_id, received_at, timestamp_ns, id`,
    values: [traceIds],
  };
}

/** Lets a transaction fetch {@link selectTimedEvents} in parts, which are put in order once. */
export function openTimedEvents(traceIds: readonly string[]): Query {
  const events = selectTimedEvents(traceIds);
  return { ...events, text: `DECLARE timed_events NO SCROLL CURSOR FOR ${events.text}` };
}

export function fetchTimedEvents(count: number): Query {
  return { text: `FETCH ${count} FROM timed_events`, values: [] };
}

export const closeTimedEvents: Query = { text: 'CLOSE timed_events', values: [] };

/** In the order in which writers lock them. */
export function lockBuckets(operationKeys: readonly string[]): Query {
  return {
    text: `
      SELECT FROM latency_buckets WHERE operation_key = ANY ($1::text[])
      ORDER BY operation_key, slot
      FOR UPDATE`,
    values: [operationKeys],
  };
}

/**
 * Takes out of buckets what was added to them, as domain/latency/buckets.ts does: of each bin from one stripe after the
 * other, as much as is there. All of them are locked.
 *
 * @param buckets JSON text, as for {@link mergeBucketRows}
 */
export function subtractBuckets(buckets: string): Query {
  const left = (column: string) => `
        ${column} = coalesce((
          SELECT jsonb_object_agg(bin, whole - least(whole, greatest(0, part - before)))
          FROM (
            SELECT
              bin, count::bigint AS whole, coalesce((taken.${column} ->> bin)::bigint, 0) AS part,
              (
                SELECT coalesce(sum((stripe.${column} ->> bin)::bigint), 0)
                FROM latency_buckets AS stripe
                WHERE stripe.operation_key = bucket.operation_key AND stripe.slot < bucket.slot
                  AND stripe.slot % ${STRIPE_SLOTS} = taken.slot AND stripe.period = taken.period
              ) AS before
            FROM jsonb_each_text(bucket.${column}) AS bins (bin, count)
          ) AS parts
          WHERE whole > part - before
        ), '{}')`;
  return {
    text: `
      UPDATE latency_buckets AS bucket SET${left('learnt')},${left('flagged')}
      FROM json_to_recordset($1::json) AS taken (
        operation_key text, slot smallint, period integer, learnt jsonb, flagged jsonb
      )
      WHERE bucket.operation_key = taken.operation_key
        AND bucket.slot % ${STRIPE_SLOTS} = taken.slot AND bucket.period = taken.period`,
    values: [buckets],
  };
}

/** Erases buckets that nothing is left in. */
export function eraseEmptyBuckets(operationKeys: readonly string[]): Query {
  return eraseRows(
    'latency_buckets',
    `operation_key = ANY ($1::text[]) AND learnt = '{}' AND flagged = '{}'`,
    [operationKeys],
  );
}

export function insertVerdicts(verdicts: string): Query {
  const columns = `trace_id, event_id, timestamp_ns, timestamp_text, service, kind, operation,
        status, label, location, anomaly, severity, duration_ms, deviations, baseline_count,
        p50_ms, p999_ms`;
  return {
    text: `
      INSERT INTO latency_verdicts (
        ${columns}
      )
      SELECT ${columns}
      FROM json_to_recordset($1::json) AS verdict (
        trace_id text, event_id uuid, timestamp_ns bigint, timestamp_text text,
        service text, kind text, operation text, status text, label text, location text,
        anomaly text, severity text, duration_ms double precision, deviations double precision,
        baseline_count bigint, p50_ms double precision, p999_ms double precision
      )
      ON CONFLICT (trace_id, event_id) DO NOTHING`,
    values: [verdicts],
  };
}

export function selectVerdicts(traceId: string, limit: number): Query {
  return {
    text: `
      SELECT ${VERDICT_COLUMNS}
      FROM latency_verdicts
      WHERE trace_id = $1
      ORDER BY timestamp_ns, event_id
      LIMIT $2`,
    values: [traceId, limit],
  };
}

const VERDICT_COLUMNS = `event_id, timestamp_ns, timestamp_text, service, kind, operation, status, label, location,
        anomaly, severity, duration_ms, deviations, baseline_count, p50_ms, p999_ms`;

/** Verdicts of all traces, the latest first; the trace is the first column. */
export function selectLatestVerdicts(query: VerdictQuery): Query {
  const { sinceNs, untilNs, service, environment, operation, before, limit } = query;
  const values: unknown[] = [limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const place = () =>
    before === null
      ? null
      : `(timestamp_ns, trace_id, event_id) < (${parameter(String(before.timestampNs))}, ${parameter(before.traceId)}, ${parameter(before.eventId)})`;
  const conditions = [
    sinceNs === null ? null : `timestamp_ns >= ${parameter(String(sinceNs))}`,
    untilNs === null ? null : `timestamp_ns < ${parameter(String(untilNs))}`,
    service === null ? null : `service = ${parameter(service)}`,
    environment === null
      ? null
      : `EXISTS (
          SELECT FROM traces
          WHERE traces.trace_id = latency_verdicts.trace_id
            AND environments @> ARRAY[${parameter(environment)}::text]
        )`,
    operation === null ? null : `operation = ${parameter(operation)}`,
    place(),
  ].filter((condition) => condition !== null);
  return {
    text: `
      SELECT trace_id, ${VERDICT_COLUMNS}
      FROM latency_verdicts
      WHERE ${conditions.length === 0 ? 'true' : conditions.join(' AND ')}
      ORDER BY timestamp_ns DESC, trace_id DESC, event_id DESC
      LIMIT $1`,
    values,
  };
}

/** The row of {@link selectOperations}. */
export interface OperationRow {
  /** Null: of a page without any. */
  readonly operation_key: string | null;
  readonly service: string;
  readonly kind: KindName;
  readonly operation: string;
  readonly status: LatencyKey['status'];
  readonly total: string;
}

/** One page of the operations that buckets are there of, each with the number of all that match. */
export function selectOperations(query: OperationQuery): Query {
  const { service, operation, text, limit, offset } = query;
  const values: unknown[] = [limit, offset];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    service === null ? null : `service = ${parameter(service)}`,
    operation === null ? null : `operation = ${parameter(operation)}`,
    text === null
      ? null
      : `position(${parameter(lowerAscii(text))} in lower(operation COLLATE "C")) > 0`,
  ].filter((condition) => condition !== null);
  return {
    text: `
      WITH matching AS (
        SELECT DISTINCT operation_key, service, kind, operation, status FROM latency_buckets
        WHERE ${conditions.length === 0 ? 'true' : conditions.join(' AND ')}
      )
      SELECT total, operation_key, service, kind, operation, status
      FROM (SELECT count(*) AS total FROM matching) AS counted
      LEFT JOIN (
        SELECT * FROM matching
        ORDER BY service COLLATE "C", operation COLLATE "C", kind, status
        LIMIT $1 OFFSET $2
      ) AS page ON true
      ORDER BY service COLLATE "C", operation COLLATE "C", kind, status`,
    values,
  };
}

/** The row of {@link selectToldCounts}. */
export interface ToldCountsRow {
  readonly anomaly_count: string;
  readonly judged_count: string;
  readonly unjudged_count: string;
  readonly learning_count: number | null;
}

export function selectToldCounts(traceId: string): Query {
  return {
    text: `
      SELECT anomaly_count, judged_count, unjudged_count, learning_count
      FROM traces WHERE trace_id = $1`,
    values: [traceId],
  };
}
