import { type TraceFilter, type TraceQuery, traceIdPrefix } from '../../domain/trace-query.ts';
import { SERVICE_KEY_CHARACTERS, serviceKey } from './service-key.ts';

/** One statement and the values of its parameters. */
export interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Characters of an operation in the index `traces_by_root`. */
const ROOT_INDEX_CHARACTERS = 128;

const EVENT_COLUMNS = `trace_id, id, parent_id, timestamp_text, timestamp_ns, kind, service,
  payload::text, metadata::text, causality_vector::text, lock_set::text, extra::text,
  operation, is_error`;
/** The same columns once they are text. */
const EVENT_NAMES = EVENT_COLUMNS.replaceAll('::text', '');

/**
 * Stores new events; gives trace id and id of those that were not there. All events come in one
 * parameter: one JSON text is cheaper than thousands of parameters, and its parts stay as they are.
 */
export function insertEvents(events: string, receivedAt: string): Query {
  return {
    text: `
      INSERT INTO events (
        trace_id, id, parent_id, timestamp_text, timestamp_ns, occurred_at, kind, service,
        operation, is_error, payload, metadata, causality_vector, lock_set, extra, received_at
      )
      SELECT
        trace_id, id, parent_id, timestamp_text, timestamp_ns,
        to_timestamp(timestamp_ns / 1000000000)
          + (timestamp_ns % 1000000000 / 1000) * interval '1 microsecond',
        kind, service, operation, is_error, payload, metadata, causality_vector, lock_set, extra,
        $2::timestamptz
      FROM json_to_recordset($1::json) AS event (
        trace_id text, id uuid, parent_id uuid, timestamp_text text, timestamp_ns bigint,
        kind text, service text, operation text, is_error boolean,
        payload json, metadata json, causality_vector json, lock_set json, extra json
      )
      ON CONFLICT (trace_id, id) DO NOTHING
      RETURNING trace_id, id`,
    values: [events, receivedAt],
  };
}

/** Adds new events to the summaries of their traces: the merge of domain/trace.ts in SQL. */
export function mergeTraces(summaries: string): Query {
  const isEarlier = `(excluded.first_timestamp_ns, excluded.first_event_id)
          < (traces.first_timestamp_ns, traces.first_event_id)`;
  const isLater = `(excluded.last_timestamp_ns, excluded.last_event_id)
          > (traces.last_timestamp_ns, traces.last_event_id)`;
  const choose = (condition: string, column: string) =>
    `${column} = CASE WHEN ${condition} THEN excluded.${column} ELSE traces.${column} END`;
  return {
    text: `
      INSERT INTO traces (
        trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
        last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns, written_xid,
        anomaly_count, judged_count, unjudged_count, key_names
      )
      SELECT
        trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
        last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns,
        pg_current_xact_id(), anomaly_count, judged_count, unjudged_count, key_names
      FROM json_to_recordset($1::json) AS summary (
        trace_id text, event_count bigint, error_count bigint,
        first_timestamp_ns bigint, first_event_id uuid, first_timestamp text,
        last_timestamp_ns bigint, last_event_id uuid, last_timestamp text,
        root text, last_activity_ns bigint,
        anomaly_count bigint, judged_count bigint, unjudged_count bigint, key_names text[]
      )
      ON CONFLICT (trace_id) DO UPDATE SET
        event_count = traces.event_count + excluded.event_count,
        error_count = traces.error_count + excluded.error_count,
        ${choose(isEarlier, 'first_timestamp_ns')},
        ${choose(isEarlier, 'first_event_id')},
        ${choose(isEarlier, 'first_timestamp')},
        ${choose(isEarlier, 'root')},
        ${choose(isLater, 'last_timestamp_ns')},
        ${choose(isLater, 'last_event_id')},
        ${choose(isLater, 'last_timestamp')},
        last_activity_ns = greatest(traces.last_activity_ns, excluded.last_activity_ns),
        written_xid = excluded.written_xid,
        anomaly_count = traces.anomaly_count + excluded.anomaly_count,
        judged_count = traces.judged_count + excluded.judged_count,
        unjudged_count = traces.unjudged_count + excluded.unjudged_count,
        key_names = CASE
          WHEN traces.key_names @> excluded.key_names THEN traces.key_names
          ELSE ARRAY(
            SELECT DISTINCT name FROM unnest(traces.key_names || excluded.key_names) AS name
            ORDER BY name
          )
        END`,
    values: [summaries],
  };
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

/** At most `limit` events, and none behind the one at which their texts reach `characters`. */
export function selectEvents(
  traceId: string,
  after: { readonly timestampNs: bigint; readonly id: string },
  limit: number,
  characters: number,
): Query {
  return {
    text: `
      SELECT ${EVENT_NAMES}
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
      WHERE coalesce(characters_before, 0) < $5
      ORDER BY timestamp_ns, id`,
    values: [traceId, String(after.timestampNs), after.id, limit, characters],
  };
}

const TRACE_COLUMNS = `trace_id, event_count, error_count, anomaly_count,
  first_timestamp_ns, first_event_id, first_timestamp,
  last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns, race_count`;

/** A summary, from a row called `trace`. */
const SUMMARY_COLUMNS = `${TRACE_COLUMNS},
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

/** The number of all traces that match, on whatever page. */
export function countTraces(query: TraceQuery): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const sets = [
    ...(query.service === null ? [] : [tracesOfService(query.service, parameter)]),
    ...(hasText(query) ? [tracesNamed(query.text, parameter)] : []),
  ];
  const filter = summaryFilter(query, parameter);
  const [set] = sets;
  // What stands in one set alone is counted there, without a look at the summaries.
  if (set !== undefined && sets.length + filter.length === 1) {
    return { text: `SELECT count(*) FROM (${set}) AS found`, values };
  }
  const conditions = [...sets.map((one) => `trace_id IN (${one})`), ...filter];
  return { text: `SELECT count(*) FROM traces WHERE ${all(conditions)}`, values };
}

/**
 * From so many traces on, those that a text finds are met soon on a walk in the order of the list;
 * fewer are gathered and sorted.
 */
const WALKED_TRACES_MIN = 2000;

/**
 * The traces of one page and one more, each with the snapshot that they were read in.
 *
 * @param total how many match: decides how they are looked for
 */
export function selectTracePage(query: TraceQuery, total: number): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [...traceFilter(query, parameter), ...cursorFilter(query, parameter)];
  if (hasText(query)) {
    conditions.push(
      total < WALKED_TRACES_MIN
        ? `trace_id IN (${tracesNamed(query.text, parameter)})`
        : isNamed(query.text, parameter),
    );
  }
  const direction = query.sort === 'asc' ? 'ASC' : 'DESC';
  return {
    text: `
      SELECT pg_current_snapshot()::text, ${SUMMARY_COLUMNS}
      FROM (
        SELECT ${TRACE_COLUMNS}
        FROM traces WHERE ${all(conditions)}
        ORDER BY last_activity_ns ${direction}, trace_id ${direction}
        LIMIT ${parameter(query.limit + 1)} OFFSET ${parameter(query.offset)}
      ) AS trace
      ORDER BY trace.last_activity_ns ${direction}, trace.trace_id ${direction}`,
    values,
  };
}

function hasText(query: TraceQuery): query is TraceQuery & { readonly text: string } {
  return query.text !== null && query.text !== '';
}

type Parameter = (value: unknown) => string;

/** The conditions of domain/trace-query.ts `matcher`. */
export function traceFilter(query: TraceFilter, parameter: Parameter): string[] {
  const { service } = query;
  return [
    ...(service === null ? [] : [`trace_id IN (${tracesOfService(service, parameter)})`]),
    ...summaryFilter(query, parameter),
  ];
}

function tracesOfService(service: string, parameter: Parameter): string {
  const key = parameter(serviceKey(service));
  return `SELECT trace_id FROM trace_services WHERE service_key = ${key}`;
}

/** Those conditions that a row of `traces` answers alone. */
function summaryFilter(query: TraceFilter, parameter: Parameter): string[] {
  const conditions: string[] = [];
  if (query.minEvents > 1) conditions.push(`event_count >= ${parameter(query.minEvents)}`);
  if (query.sinceNs !== null) {
    conditions.push(`last_activity_ns >= ${parameter(String(query.sinceNs))}`);
  }
  if (query.untilNs !== null) {
    conditions.push(`last_activity_ns < ${parameter(String(query.untilNs))}`);
  }
  if (query.minDurationMs !== null) {
    const duration = '(last_timestamp_ns - first_timestamp_ns)::double precision / 1e6';
    conditions.push(`${duration} >= ${parameter(query.minDurationMs)}::double precision`);
  }
  if (query.hasErrors !== null) conditions.push(`error_count ${query.hasErrors ? '>' : '='} 0`);
  if (query.hasRaces !== null) conditions.push(`race_count ${query.hasRaces ? '>' : '='} 0`);
  return conditions;
}

/** The patterns that decide whether a text finds a trace. */
function patternsOf(text: string, parameter: Parameter) {
  return {
    whole: parameter(prefixPattern(text)),
    traceId: parameter(prefixPattern(traceIdPrefix(text))),
    service: parameter(prefixPattern(cut(text, SERVICE_KEY_CHARACTERS))),
  };
}

/**
 * The traces that a text finds, as one set of trace ids per index; a plain OR over two tables would
 * read all traces, also for a text that finds one.
 */
function tracesNamed(text: string, parameter: Parameter): string {
  const { whole, traceId, service } = patternsOf(text, parameter);
  const root = parameter(prefixPattern(cut(text, ROOT_INDEX_CHARACTERS)));
  return `
          SELECT trace_id FROM traces WHERE trace_id LIKE ${traceId}
          UNION
          SELECT trace_id FROM traces
          WHERE left(root, ${ROOT_INDEX_CHARACTERS}) LIKE ${root} AND root LIKE ${whole}
          UNION
          SELECT trace_id FROM trace_services
          WHERE service_key LIKE ${service} AND service LIKE ${whole}`;
}

/**
 * The same as a question to one trace. `OFFSET 0` keeps Postgres from gathering all traces of the
 * service for a page of few.
 */
function isNamed(text: string, parameter: Parameter): string {
  const { whole, traceId, service } = patternsOf(text, parameter);
  return `(
          trace_id LIKE ${traceId} OR root LIKE ${whole} OR EXISTS (
            SELECT FROM trace_services
            WHERE trace_services.trace_id = traces.trace_id
              AND service_key LIKE ${service} AND service LIKE ${whole}
            OFFSET 0
          )
        )`;
}

/**
 * Behind the cursor, and not written since the walk began. A transaction id beyond the snapshot's
 * can only come from another cluster, by dump and restore: such a row is older than any walk.
 */
function cursorFilter(query: TraceQuery, parameter: Parameter): string[] {
  if (query.cursor === null) return [];
  const { lastActivityNs, traceId, asOf } = query.cursor;
  const comparison = query.sort === 'asc' ? '>' : '<';
  const activity = `${parameter(String(lastActivityNs))}::bigint`;
  return [
    `(last_activity_ns, trace_id) ${comparison} (${activity}, ${parameter(traceId)})`,
    `(pg_visible_in_snapshot(written_xid, ${parameter(asOf)}::pg_snapshot)
      OR written_xid >= pg_snapshot_xmax(pg_current_snapshot()))`,
  ];
}

function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

/** The LIKE pattern of everything that begins with a text. */
function prefixPattern(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The first characters as Postgres counts them: code points. */
function cut(text: string, characters: number): string {
  return text.length <= characters ? text : [...text].slice(0, characters).join('');
}

export const selectServices: Query = {
  text: `
    SELECT service, sum(event_count), count(*)
    FROM trace_services
    GROUP BY service
    ORDER BY service`,
};

/** What the services of the traces active since a moment did in these traces. */
export function selectServiceActivity(sinceNs: bigint): Query {
  return {
    text: `
      SELECT service, sum(trace_services.event_count), count(*), max(last_activity_ns)
      FROM traces JOIN trace_services USING (trace_id)
      WHERE last_activity_ns >= $1
      GROUP BY service
      ORDER BY service`,
    values: [String(sinceNs)],
  };
}

/** Counts from the summaries: a count over the events would read them all. */
export const selectStatistics: Query = {
  text: `
    SELECT
      count(*), coalesce(sum(event_count), 0),
      pg_total_relation_size('events') + pg_total_relation_size('traces')
        + pg_total_relation_size('trace_services')
        + pg_total_relation_size('latency_buckets')
        + pg_total_relation_size('latency_verdicts'),
      min(last_activity_ns)
    FROM traces`,
};

/** Whether the tables of migrations are there, without any right on them. */
export const selectSchemaPresence: Query = {
  text: `SELECT to_regclass('schema_migrations') IS NOT NULL`,
};

export const selectMigrations: Query = {
  text: 'SELECT name, checksum FROM schema_migrations ORDER BY name',
};

export function insertMigration(name: string, checksum: string): Query {
  return {
    text: 'INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)',
    values: [name, checksum],
  };
}

/** Held to the end of a migration's transaction, so that one instance at a time migrates. */
export function lockMigrations(key: string): Query {
  return { text: 'SELECT pg_advisory_xact_lock($1::bigint)', values: [key] };
}

/** Tables of the schema that Raceway's tables are made in. */
export const selectTables: Query = {
  text: `
    SELECT relname::text
    FROM pg_class
    WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relkind IN ('r', 'p')
    ORDER BY relname`,
};

/** GRANT statements that give new tables the rights which other roles hold on `events`. */
export function selectGrants(tables: readonly string[]): Query {
  return {
    text: `
      SELECT format(
        'GRANT %s ON %I TO %s', acl.privilege_type, new_table.name,
        CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
      )
      FROM pg_class, aclexplode(relacl) AS acl, unnest($1::text[]) AS new_table (name)
      WHERE pg_class.oid = to_regclass('events') AND acl.grantee <> relowner
      ORDER BY 1`,
    values: [tables],
  };
}

/** Whether the server forbids writing in a transaction that asks for it: a standby does. */
export const selectIsReadOnly: Query = {
  text: `SELECT current_setting('transaction_read_only') = 'on'`,
};

/** Rights that the user lacks on tables that are there: the table, the right, the user's name. */
export function selectMissingRights(rights: readonly (readonly [string, string])[]): Query {
  return {
    text: `
      SELECT table_name, privilege, quote_ident(current_user)
      FROM unnest($1::text[], $2::text[]) AS needed (table_name, privilege)
      WHERE NOT has_table_privilege(to_regclass(table_name), privilege)
      ORDER BY table_name, privilege`,
    values: [rights.map(([table]) => table), rights.map(([, privilege]) => privilege)],
  };
}
