import { type TraceFilter, type TraceQuery, traceIdPrefix } from '../../domain/trace-query.ts';
import { type Query, SUMMARY_COLUMNS, TRACE_COLUMNS } from './queries.ts';
import { SERVICE_KEY_CHARACTERS, serviceKey } from './service-key.ts';

/** The statements of the list of traces. */

/** Characters of an operation in the index `traces_by_root`. */
const ROOT_INDEX_CHARACTERS = 128;

/** The number of all traces that match, on whatever page. */
export function countTraces(query: TraceQuery): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const text = searchedText(query);
  const sets = [
    ...(query.service === null ? [] : [tracesOfService(query.service, parameter)]),
    ...(text === null ? [] : [tracesNamed(text, parameter)]),
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
  const text = searchedText(query);
  if (text !== null) {
    conditions.push(
      total < WALKED_TRACES_MIN
        ? `trace_id IN (${tracesNamed(text, parameter)})`
        : isNamed(text, parameter),
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

/** The text to look for; null when all traces match it: those of a service that begins with it do. */
function searchedText({ text, service }: TraceQuery): string | null {
  return text === null || text === '' || service?.startsWith(text) ? null : text;
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
