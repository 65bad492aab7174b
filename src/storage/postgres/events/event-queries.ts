import type { Query } from '../connection/query.ts';

/** Where the transaction ids of this database come from. */
export const THIS_CLUSTER = '(SELECT system_identifier FROM pg_control_system())';

/** For `eventOf`. */
export const EVENT_COLUMNS = `trace_id, id, parent_id, timestamp_text, timestamp_ns, kind, service,
  payload::text, metadata::text, causality_vector::text, lock_set::text, extra::text,
  operation, is_error`;

/** The same columns once they are text. */
const EVENT_NAMES = EVENT_COLUMNS.replaceAll('::text', '');

/**
 * Stores new events; gives trace id and id of those that were not there. All events come in one
 * parameter: one JSON text is cheaper than thousands of parameters, and its parts stay as they are.
 */
export function insertEvents(events: string, receivedAt: string): Query {
  return { text: insertion('$2::timestamptz'), values: [events, receivedAt] };
}

/** The same of events that were stored before, each with `received_us`: when it was received in microseconds. */
export function restoreEvents(events: string): Query {
  const receivedAt = `'epoch'::timestamptz + received_us * interval '1 microsecond'`;
  return { text: insertion(receivedAt), values: [events] };
}

function insertion(receivedAt: string): string {
  return `
      INSERT INTO events (
        trace_id, id, parent_id, timestamp_text, timestamp_ns, occurred_at, kind, service,
        operation, is_error, payload, metadata, causality_vector, lock_set, extra, received_at
      )
      SELECT
        trace_id, id, parent_id, timestamp_text, timestamp_ns,
        to_timestamp(timestamp_ns / 1000000000)
          + (timestamp_ns % 1000000000 / 1000) * interval '1 microsecond',
        kind, service, operation, is_error, payload, metadata, causality_vector, lock_set, extra,
        ${receivedAt}
      FROM json_to_recordset($1::json) AS event (
        trace_id text, id uuid, parent_id uuid, timestamp_text text, timestamp_ns bigint,
        kind text, service text, operation text, is_error boolean,
        payload json, metadata json, causality_vector json, lock_set json, extra json,
        received_us bigint
      )
      ON CONFLICT (trace_id, id) DO NOTHING
      RETURNING trace_id, id`;
}

/**
 * Adds new events to the summaries of their traces: the merge of domain/trace/trace.ts in SQL. Gives the ids of
 * those that are sealed, which take no events as they are.
 */
export function mergeTraces(summaries: string, receivedNs: bigint): Query {
  const isEarlier = `(excluded.first_timestamp_ns, excluded.first_event_id)
          < (traces.first_timestamp_ns, traces.first_event_id)`;
  const isLater = `(excluded.last_timestamp_ns, excluded.last_event_id)
          > (traces.last_timestamp_ns, traces.last_event_id)`;
  const isBetterRoot = `(excluded.root_standing, excluded.root_timestamp_ns, excluded.root_event_id)
          < (
            traces.root_standing, coalesce(traces.root_timestamp_ns, traces.first_timestamp_ns),
            coalesce(traces.root_event_id, traces.first_event_id)
          )`;
  const choose = (condition: string, column: string) =>
    `${column} = CASE WHEN ${condition} THEN excluded.${column} ELSE traces.${column} END`;
  return {
    text: `
      WITH merged AS (
      INSERT INTO traces (
        trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
        last_timestamp_ns, last_event_id, last_timestamp, root, root_standing, root_timestamp_ns,
        root_event_id, last_activity_ns, last_received_ns, written_xid, written_cluster,
        anomaly_count, judged_count, unjudged_count, learning_count, key_names, environments
      )
      SELECT
        trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
        last_timestamp_ns, last_event_id, last_timestamp, root, root_standing, root_timestamp_ns,
        root_event_id, last_activity_ns, $2::bigint, pg_current_xact_id(), ${THIS_CLUSTER},
        anomaly_count, judged_count, unjudged_count, learning_count, key_names, environments
      FROM json_to_recordset($1::json) AS summary (
        trace_id text, event_count bigint, error_count bigint,
        first_timestamp_ns bigint, first_event_id uuid, first_timestamp text,
        last_timestamp_ns bigint, last_event_id uuid, last_timestamp text,
        root text, root_standing smallint, root_timestamp_ns bigint, root_event_id uuid,
        last_activity_ns bigint,
        anomaly_count bigint, judged_count bigint, unjudged_count bigint, learning_count integer,
        key_names text[], environments text[]
      )
      ON CONFLICT (trace_id) DO UPDATE SET
        event_count = traces.event_count + excluded.event_count,
        error_count = traces.error_count + excluded.error_count,
        ${choose(isEarlier, 'first_timestamp_ns')},
        ${choose(isEarlier, 'first_event_id')},
        ${choose(isEarlier, 'first_timestamp')},
        ${choose(isBetterRoot, 'root')},
        ${choose(isBetterRoot, 'root_standing')},
        ${choose(isBetterRoot, 'root_timestamp_ns')},
        ${choose(isBetterRoot, 'root_event_id')},
        ${choose(isLater, 'last_timestamp_ns')},
        ${choose(isLater, 'last_event_id')},
        ${choose(isLater, 'last_timestamp')},
        last_activity_ns = greatest(traces.last_activity_ns, excluded.last_activity_ns),
        last_received_ns = greatest(traces.last_received_ns, excluded.last_received_ns),
        written_xid = excluded.written_xid,
        written_cluster = excluded.written_cluster,
        anomaly_count = traces.anomaly_count + excluded.anomaly_count,
        judged_count = traces.judged_count + excluded.judged_count,
        unjudged_count = traces.unjudged_count + excluded.unjudged_count,
        learning_count = least(traces.learning_count, excluded.learning_count),
        ${union('key_names')},
        ${union('environments')}
      RETURNING trace_id, sealed_on
      )
      SELECT trace_id FROM merged WHERE sealed_on IS NOT NULL ORDER BY trace_id`,
    values: [summaries, String(receivedNs)],
  };
}

/** Adds the names in a column of new rows to those of a row of `traces`. */
function union(column: string): string {
  return `${column} = CASE
          WHEN traces.${column} @> excluded.${column} THEN traces.${column}
          ELSE ARRAY(
            SELECT DISTINCT name FROM unnest(traces.${column} || excluded.${column}) AS name
            ORDER BY name
          )
        END`;
}

/** Adds new events to the counts of their traces' services. */
export function mergeTraceServices(counts: string): Query {
  return {
    text: `
      INSERT INTO trace_services (trace_id, service_key, service, event_count)
      SELECT trace_id, service_key, service, event_count
      FROM json_to_recordset($1::json) AS count (
        trace_id text, service_key text, service text, event_count bigint
      )
      ON CONFLICT (trace_id, service_key) DO UPDATE SET
        event_count = trace_services.event_count + excluded.event_count`,
    values: [counts],
  };
}

/**
 * At most `limit` events, and none behind the one at which their texts reach `characters`; of a sealed trace one row of
 * nulls and, as the last column, the day that it is sealed on.
 */
export function selectEvents(
  traceId: string,
  after: { readonly timestampNs: bigint; readonly id: string },
  limit: number,
  characters: number,
): Query {
  return {
    text: `
      SELECT ${EVENT_NAMES}, day
      FROM (
        SELECT *, sum(
          length(payload) + length(metadata) + coalesce(length(causality_vector), 0)
          + coalesce(length(lock_set), 0) + coalesce(length(extra), 0)
        ) OVER (
          ORDER BY timestamp_ns, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS characters_before
        FROM (
          SELECT ${EVENT_COLUMNS}
          FROM events
          WHERE trace_id = $1 AND (timestamp_ns, id) > ($2::bigint, $3::uuid)
          ORDER BY timestamp_ns, id
          LIMIT $4
        ) AS page
      ) AS measured
      FULL JOIN (
        SELECT sealed_on::text AS day FROM traces WHERE traces.trace_id = $1 AND sealed_on IS NOT NULL
      ) AS sealed ON false
      WHERE coalesce(characters_before, 0) < $5
      ORDER BY timestamp_ns, id`,
    values: [traceId, String(after.timestampNs), after.id, limit, characters],
  };
}

export const TRACE_COLUMNS = `trace_id, event_count, error_count, anomaly_count,
  first_timestamp_ns, first_event_id, first_timestamp,
  last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns, race_count,
  root_standing, coalesce(root_timestamp_ns, first_timestamp_ns) AS root_timestamp_ns,
  coalesce(root_event_id, first_event_id) AS root_event_id, environments`;

/** A summary, from a row called `trace`. */
export const SUMMARY_COLUMNS = `${TRACE_COLUMNS},
  ARRAY(
    SELECT service FROM trace_services
    WHERE trace_services.trace_id = trace.trace_id ORDER BY service
  )`;

export function selectTrace(traceId: string): Query {
  return {
    text: `SELECT ${SUMMARY_COLUMNS} FROM traces AS trace WHERE trace.trace_id = $1`,
    values: [traceId],
  };
}

/** Of traces that are stored: the id, and what tells their last append from all others. */
export function selectRevisions(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, concat_ws(' ', written_cluster, written_xid, event_count)
      FROM traces WHERE trace_id = ANY ($1::text[])`,
    values: [traceIds],
  };
}

/** A row of {@link selectServices}. */
export interface ServiceRow {
  readonly service: string;
  readonly event_count: string;
  readonly trace_count: string;
}

/** From the sums that the database keeps: a count over the traces would read them all. */
export const selectServices: Query = {
  text: `
    SELECT service, sum(event_count) AS event_count, sum(trace_count) AS trace_count
    FROM service_counts
    GROUP BY service
    HAVING sum(trace_count) > 0
    ORDER BY service`,
};

/** What the services of the traces with an event of an environment did in these traces. */
export function selectServicesIn(environment: string): Query {
  return {
    text: `
      SELECT
        service, sum(trace_services.event_count) AS event_count, count(*) AS trace_count
      FROM traces JOIN trace_services USING (trace_id)
      WHERE environments @> ARRAY[$1::text]
      GROUP BY service
      ORDER BY service`,
    values: [environment],
  };
}

/** A row of {@link selectServiceActivity}. */
export interface ServiceActivityRow extends ServiceRow {
  readonly last_activity_ns: string;
}

/** What the services of the traces active since a moment did in these traces. */
export function selectServiceActivity(sinceNs: bigint, environment: string | null): Query {
  return {
    text: `
      SELECT
        service, sum(trace_services.event_count) AS event_count, count(*) AS trace_count,
        max(last_activity_ns) AS last_activity_ns
      FROM traces JOIN trace_services USING (trace_id)
      WHERE last_activity_ns >= $1 AND ($2::text IS NULL OR environments @> ARRAY[$2::text])
      GROUP BY service
      ORDER BY service`,
    values: [String(sinceNs), environment],
  };
}

/** The row of {@link selectStatistics}. */
export interface StatisticsRow {
  readonly trace_count: string;
  readonly event_count: string;
  readonly bytes: string;
  readonly oldest_activity_ns: string | null;
}

/** From the sums that the database keeps. Bytes are of these tables. */
export function selectStatistics(tables: readonly string[]): Query {
  return {
    text: `
      SELECT
        coalesce(sum(trace_count), 0) AS trace_count,
        coalesce(sum(event_count), 0) AS event_count,
        (
          SELECT sum(pg_total_relation_size(name::regclass) + (
            SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits
            WHERE inhparent = name::regclass
          ))
          FROM unnest($1::text[]) AS tables (name)
        ) AS bytes,
        (
          SELECT last_activity_ns FROM traces ORDER BY last_activity_ns, trace_id LIMIT 1
        ) AS oldest_activity_ns
      FROM trace_counts`,
    values: [tables],
  };
}
