import { rootPrefix, type TraceSearch, unfiltered } from '../../../domain/trace/trace-query.ts';
import { nameKey } from '../../name-key.ts';
import type { Query } from '../connection/query.ts';
import {
  all,
  hasNamedService,
  hasRoot,
  hasTags,
  isNamed,
  LATEST_FIRST,
  namesOf,
  type Parameter,
  searchedText,
  traceFilter,
  tracesNamed,
  tracesOfService,
  tracesOfVariable,
  tracesTagged,
} from './list-queries.ts';

/** The statements that look at many traces at once, and at no more than they may. */

/** Up to so many traces that a name finds are gathered; more are met on a walk over the latest. */
export const GATHERED_TRACES_MAX = 2000;

/**
 * Of the latest traces of the time that is asked for those that match, as one JSON text: a client reads
 * thousands of rows far more slowly. And how many were looked at.
 */
export function glanceAtLatest(search: TraceSearch, looked: number): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const latest = latestTraces(search, looked, parameter);
  return {
    text: `
      WITH looked AS MATERIALIZED (${latest.looked})
      SELECT ${GLANCES} AS glances, (SELECT count(*) FROM looked) AS looked
      FROM looked AS traces WHERE ${latest.isMatch}`,
    values,
  };
}

/** The latest traces of the time that is asked for, and which of them, then called `traces`, match. */
export function latestTraces(search: TraceSearch, looked: number, parameter: Parameter) {
  const { sinceNs, untilNs } = search;
  const inTime = all(traceFilter({ ...unfiltered, sinceNs, untilNs }, parameter));
  const rest = { ...search, sinceNs: null, untilNs: null, service: null };
  const conditions = [...traceFilter(rest, parameter), ...probes(search, parameter)];
  return {
    looked: `
        SELECT ${GLANCED_COLUMNS} FROM traces WHERE ${inTime}
        ORDER BY ${LATEST_FIRST} LIMIT ${parameter(looked)}`,
    isMatch: all(conditions),
  };
}

/** The same of traces that are named; all of these were looked at. */
export function glanceAtThese(traceIds: readonly string[], search: TraceSearch): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const isMatch = isOfThese(traceIds, search, parameter);
  return {
    text: `
      SELECT ${GLANCES} AS glances, 0 AS looked FROM traces WHERE ${isMatch}`,
    values,
  };
}

/** Whether a row of `traces` is one of these, and matches. */
export function isOfThese(
  traceIds: readonly string[],
  search: TraceSearch,
  parameter: Parameter,
): string {
  const rest = traceFilter({ ...search, service: null }, parameter);
  const isThese = `trace_id = ANY(${parameter(traceIds)}::text[])`;
  return all([isThese, ...rest, ...probes(search, parameter)]);
}

/**
 * For each name of a search the traces that have it, one more than may be gathered; each is one look into
 * an index.
 */
export function selectNamedTraces(search: TraceSearch): Query[] {
  const { service, variable, tags, operation } = search;
  const text = searchedText(search);
  const query = (write: (parameter: Parameter) => string): Query => {
    const values: unknown[] = [];
    const set = write((value) => `$${values.push(value)}`);
    const limit = values.push(GATHERED_TRACES_MAX + 1);
    return { text: `SELECT trace_id FROM (${set}) AS named LIMIT $${limit}`, values };
  };
  return [
    service === null ? [] : query((parameter) => tracesOfService(parameter(nameKey(service)))),
    variable === null ? [] : query((parameter) => tracesOfVariable(parameter(nameKey(variable)))),
    operation === null
      ? []
      : query(
          (parameter) =>
            `SELECT trace_id FROM traces WHERE ${hasRoot(rootPrefix(operation), parameter)}`,
        ),
    text === null ? [] : query((parameter) => tracesNamed(namesOf(text, parameter), 'UNION ALL')),
    tags.length === 0 ? [] : query((parameter) => tracesTagged(tags, parameter)),
  ].flat();
}

const GLANCED_COLUMNS = `trace_id, event_count, error_count, race_count, anomaly_count,
          first_timestamp_ns, last_timestamp_ns, last_activity_ns, root, environments`;

/** A glance as a JSON array, from a row called `traces`. */
const GLANCES = `coalesce(json_agg(json_build_array(
        last_activity_ns::text, first_timestamp_ns::text, last_timestamp_ns::text, event_count,
        error_count > 0, race_count > 0, anomaly_count > 0, root, environments,
        ARRAY(
          SELECT service FROM trace_services
          WHERE trace_services.trace_id = traces.trace_id ORDER BY service
        )
      ) ORDER BY ${LATEST_FIRST}), '[]')::text`;

/** What a search names, as questions to one trace: asked as sets, all traces of a name would be read. */
function probes(search: TraceSearch, parameter: Parameter): string[] {
  const { service, variable, tags } = search;
  const text = searchedText(search);
  const conditions: string[] = [];
  if (service !== null) {
    conditions.push(isAmong('trace_services', `service_key = ${parameter(nameKey(service))}`));
  }
  if (variable !== null) {
    const key = `variable_key = ${parameter(nameKey(variable))}`;
    conditions.push(isAmong('footprints', `${key} AND retracted_at IS NULL`));
  }
  if (tags.length > 0) conditions.push(isAmong('trace_tags', hasTags(tags, parameter)));
  if (text !== null) {
    const names = namesOf(text, parameter);
    conditions.push(isNamed(names, hasNamedService(names)));
  }
  return conditions;
}

/** `OFFSET 0` keeps Postgres from reading the table once for all traces. */
function isAmong(table: string, condition: string): string {
  return `EXISTS (
          SELECT FROM ${table} WHERE ${table}.trace_id = traces.trace_id AND ${condition} OFFSET 0
        )`;
}
