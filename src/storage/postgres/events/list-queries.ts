import { firstBehind } from '../../../domain/code-points.ts';
import type { Tag } from '../../../domain/trace/tag.ts';
import { tagText } from '../../../domain/trace/tag.ts';
import {
  rootPrefix,
  type TraceFilter,
  type TraceQuery,
  type TraceSearch,
  traceIdPrefix,
  unfiltered,
} from '../../../domain/trace/trace-query.ts';
import { NAME_KEY_CHARACTERS, nameKey } from '../../name-key.ts';
import type { Query } from '../connection/query.ts';
import { SUMMARY_COLUMNS, THIS_CLUSTER, TRACE_COLUMNS } from './event-queries.ts';
import { unpackWalkStart } from './walk-start.ts';

/** The statements of the list of traces. */

/** Characters of an operation in the index `traces_by_root`. */
const ROOT_INDEX_CHARACTERS = 128;

/**
 * From so many traces on, those that a text finds are met soon on a walk over all; fewer are gathered
 * first.
 */
const WALKED_TRACES_MIN = 2000;

export const LATEST_FIRST = 'last_activity_ns DESC, trace_id DESC';

/** The number of all traces that match, on whatever page. All, and those of a service, the database knows. */
export function countTraces(query: TraceQuery): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const text = searchedText(query);
  const conditions = searchFilter(query, parameter);
  // The latest are met in the order in which they lie, many to a block.
  const bound = query.countMax === null ? '' : ` LIMIT ${query.countMax + 1}`;
  const first = bound === '' ? '' : ` ORDER BY ${LATEST_FIRST}${bound}`;
  const matching = (named: readonly string[]) =>
    `SELECT count(*) FROM (
          SELECT FROM traces WHERE ${all([...conditions, ...named])}${first}
        ) AS found`;
  // What stands in one set alone is counted there, without a look at the summaries.
  const countSet = (traces: string) => `SELECT count(*) FROM (${traces}) AS found`;
  if (text === null && conditions.length === 0) {
    return { text: 'SELECT coalesce(sum(trace_count), 0) FROM trace_counts' };
  }
  if (text === null) {
    if (query.service === null || conditions.length > 1) return { text: matching([]), values };
    return {
      text: 'SELECT coalesce(sum(trace_count), 0) FROM service_counts WHERE service_key = $1',
      values: [nameKey(query.service)],
    };
  }
  const names = namesOf(text, parameter);
  if (conditions.length === 0)
    return { text: countSet(`${tracesNamed(names, 'UNION')}${bound}`), values };
  const few = `${tracesNamed(names, 'UNION ALL')} LIMIT ${WALKED_TRACES_MIN}`;
  return {
    text: `
      SELECT CASE WHEN (${countSet(few)}) < ${WALKED_TRACES_MIN}
        THEN (${matching([`trace_id IN (${tracesNamed(names, 'UNION')})`])})
        ELSE (${matching([isNamed(names, `trace_id IN (${tracesWithNamedService(names)})`)])})
      END`,
    values,
  };
}

/**
 * The traces of one page and one more, each with the snapshot that they were read in.
 *
 * @param total how many match: decides how they are looked for
 */
export function selectTracePage(query: TraceQuery, total: number): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [...searchFilter(query, parameter), ...cursorFilter(query, parameter)];
  const text = searchedText(query);
  if (text !== null) {
    const names = namesOf(text, parameter);
    conditions.push(
      total < Math.min(WALKED_TRACES_MIN, (query.countMax ?? WALKED_TRACES_MIN) + 1)
        ? `trace_id IN (${tracesNamed(names, 'UNION')})`
        : isNamed(names, hasNamedService(names)),
    );
  }
  const direction = query.sort === 'asc' ? 'ASC' : 'DESC';
  return {
    text: `
      SELECT ${THIS_CLUSTER} || '/' || pg_current_snapshot()::text, ${SUMMARY_COLUMNS}
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
export function searchedText({ text, service }: TraceSearch): string | null {
  return text === null || text === '' || service?.startsWith(text) ? null : text;
}

export type Parameter = (value: unknown) => string;

/** The conditions of a search, its text aside. */
function searchFilter(search: TraceSearch, parameter: Parameter): string[] {
  const { variable, tags } = search;
  const conditions = traceFilter(search, parameter);
  if (variable !== null) {
    conditions.push(`trace_id IN (${tracesOfVariable(parameter(nameKey(variable)))})`);
  }
  if (tags.length > 0) {
    conditions.push(`trace_id IN (${tracesTagged(tags, parameter)})`);
  }
  return conditions;
}

/** The conditions of domain/trace/trace-query.ts `matcher`. */
export function traceFilter(filter: TraceFilter, parameter: Parameter): string[] {
  const conditions = Object.values(filterConditions(filter, parameter));
  return conditions.filter((condition) => condition !== null);
}

/** What each member of a filter asks of a row of `traces`; null where it asks nothing. */
function filterConditions(filter: TraceFilter, parameter: Parameter) {
  const { service, environment, minEvents, sinceNs, untilNs, minDurationMs, maxDurationMs } =
    filter;
  const { operation, hasErrors, hasRaces, hasAnomalies } = filter;
  const duration = '(last_timestamp_ns - first_timestamp_ns)::double precision / 1e6';
  return {
    service:
      service === null ? null : `trace_id IN (${tracesOfService(parameter(nameKey(service)))})`,
    environment:
      environment === null ? null : `environments @> ARRAY[${parameter(environment)}::text]`,
    operation: operation === null ? null : hasRoot(rootPrefix(operation), parameter),
    minEvents: minEvents === unfiltered.minEvents ? null : `event_count >= ${parameter(minEvents)}`,
    sinceNs: sinceNs === null ? null : `last_activity_ns >= ${parameter(String(sinceNs))}`,
    untilNs: untilNs === null ? null : `last_activity_ns < ${parameter(String(untilNs))}`,
    minDurationMs:
      minDurationMs === null
        ? null
        : `${duration} >= ${parameter(minDurationMs)}::double precision`,
    maxDurationMs:
      maxDurationMs === null
        ? null
        : `${duration} <= ${parameter(maxDurationMs)}::double precision`,
    hasErrors: hasErrors === null ? null : `error_count ${hasErrors ? '>' : '='} 0`,
    hasRaces: hasRaces === null ? null : `race_count ${hasRaces ? '>' : '='} 0`,
    hasAnomalies: hasAnomalies === null ? null : `anomaly_count ${hasAnomalies ? '>' : '='} 0`,
  } satisfies { readonly [Name in keyof TraceFilter]: string | null };
}

export function tracesOfService(key: string): string {
  return `SELECT trace_id FROM trace_services WHERE service_key = ${key}`;
}

export function tracesOfVariable(key: string): string {
  return `SELECT trace_id FROM footprints WHERE variable_key = ${key} AND retracted_at IS NULL`;
}

export function tracesTagged(tags: readonly Tag[], parameter: Parameter): string {
  return `SELECT trace_id FROM trace_tags WHERE ${hasTags(tags, parameter)}`;
}

/** Whether a row of `trace_tags` has all of some tags. */
export function hasTags(tags: readonly Tag[], parameter: Parameter): string {
  return `tags @> ${parameter(tags.map(tagText))}::text[]`;
}

/** Whether a row of `traces` has a root, by the index of their beginnings. */
export function hasRoot(root: string, parameter: Parameter): string {
  const beginning = parameter(cut(root, ROOT_INDEX_CHARACTERS));
  return `(left(root, ${ROOT_INDEX_CHARACTERS}) = ${beginning} AND root = ${parameter(root)})`;
}

/** Where a text may stand, as conditions on the tables that tell it. */
export interface Names {
  readonly traceId: string;
  readonly root: string;
  readonly service: string;
}

export function namesOf(text: string, parameter: Parameter): Names {
  const indexedRoot = `left(root, ${ROOT_INDEX_CHARACTERS})`;
  const prefix = rootPrefix(text);
  const root = [beginsWith(indexedRoot, cut(prefix, ROOT_INDEX_CHARACTERS), parameter)];
  if (prefix.length > ROOT_INDEX_CHARACTERS) root.push(beginsWith('root', prefix, parameter));
  const service = [beginsWith('service_key', cut(text, NAME_KEY_CHARACTERS), parameter)];
  // A shorter one is no longer than what stands of a name before the hash.
  if (text.length > NAME_KEY_CHARACTERS / 2) service.push(beginsWith('service', text, parameter));
  return {
    traceId: beginsWith('trace_id', traceIdPrefix(text), parameter),
    root: all(root),
    service: all(service),
  };
}

/**
 * The traces that a text finds, as one set of trace ids per index; a plain OR over two tables would
 * read all traces, also for a text that finds one.
 */
export function tracesNamed(names: Names, union: 'UNION' | 'UNION ALL'): string {
  return `
          SELECT trace_id FROM traces WHERE ${names.traceId}
          ${union}
          SELECT trace_id FROM traces WHERE ${names.root}
          ${union}
          ${tracesWithNamedService(names)}`;
}

function tracesWithNamedService({ service }: Names): string {
  return `SELECT trace_id FROM trace_services WHERE ${service}`;
}

/** The same as a question to one trace. */
export function isNamed({ traceId, root }: Names, byService: string): string {
  return `(${traceId} OR ${root} OR ${byService})`;
}

/** `OFFSET 0` keeps Postgres from gathering all traces of the service for a page of few. */
export function hasNamedService({ service }: Names): string {
  return `EXISTS (
            SELECT FROM trace_services
            WHERE trace_services.trace_id = traces.trace_id AND ${service}
            OFFSET 0
          )`;
}

/**
 * Whether a text, compared by its bytes, begins with another: as a range, which an index answers alone,
 * in half of the time that a pattern takes.
 */
function beginsWith(column: string, prefix: string, parameter: Parameter): string {
  const from = `${column} >= ${parameter(prefix)}`;
  const end = firstBehind(prefix);
  return end === null ? from : `${from} AND ${column} < ${parameter(end)}`;
}

/**
 * Behind the cursor, and not written since the walk began. A transaction id of another cluster came by
 * dump and restore: such a row is older than any walk that began here.
 */
function cursorFilter(query: TraceQuery, parameter: Parameter): string[] {
  const start = query.cursor === null ? null : unpackWalkStart(query.cursor.asOf);
  if (query.cursor === null || start === null) return [];
  const { lastActivityNs, traceId } = query.cursor;
  const comparison = query.sort === 'asc' ? '>' : '<';
  const activity = `${parameter(String(lastActivityNs))}::bigint`;
  return [
    `(last_activity_ns, trace_id) ${comparison} (${activity}, ${parameter(traceId)})`,
    `(
      written_cluster IS DISTINCT FROM ${THIS_CLUSTER}
      OR written_cluster = ${parameter(start.cluster)}::bigint
        AND pg_visible_in_snapshot(written_xid, ${parameter(start.snapshot)}::pg_snapshot)
    )`,
  ];
}

export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

/** The first characters as Postgres counts them: code points. */
function cut(text: string, characters: number): string {
  return text.length <= characters ? text : [...text].slice(0, characters).join('');
}
