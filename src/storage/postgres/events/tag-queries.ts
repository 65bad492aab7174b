import { FACET_VALUES_SHOWN } from '../../../domain/facet.ts';
import type { TraceSearch } from '../../../domain/trace/trace-query.ts';
import type { Query } from '../connection/query.ts';
import { isOfThese, latestTraces } from './glance-queries.ts';
import { LATEST_FIRST, type Parameter } from './list-queries.ts';

/** The statements that count the tags of many traces, at no more of which they look than glances do. */

/** Of the latest traces those that match: their keys, or the values of one key; and how many were looked at. */
export function countTagsOfLatest(search: TraceSearch, key: string | null, limit: number): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const latest = latestTraces(search, limit + 1, parameter);
  return {
    text: `
      WITH looked AS MATERIALIZED (${latest.looked}),
      ${counted(`looked AS traces WHERE ${latest.isMatch}`, key, limit, parameter)}
      SELECT ${FACET}, (SELECT count(*) FROM looked) AS looked`,
    values,
  };
}

/** The same of traces that are named; all of these were looked at. */
export function countTagsOfThese(
  traceIds: readonly string[],
  search: TraceSearch,
  key: string | null,
  limit: number,
): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const isMatch = isOfThese(traceIds, search, parameter);
  return {
    text: `
      WITH ${counted(`traces WHERE ${isMatch}`, key, limit, parameter)}
      SELECT ${FACET}, 0 AS looked`,
    values,
  };
}

/** Each key, or value of a key, with how many of the traces have it. `OFFSET 0`: trace by trace, by the index. */
function counted(
  matching: string,
  key: string | null,
  limit: number,
  parameter: Parameter,
): string {
  const value = key === null ? "split_part(tag, ':', 1)" : "substr(tag, strpos(tag, ':') + 1)";
  const ofKey = key === null ? 'true' : `split_part(tag, ':', 1) = ${parameter(key)}`;
  return `matched AS MATERIALIZED (
        SELECT trace_id FROM ${matching} ORDER BY ${LATEST_FIRST} LIMIT ${parameter(limit)}
      ),
      counted AS MATERIALIZED (
        SELECT value, count(*)::int AS count
        FROM matched CROSS JOIN LATERAL (
          SELECT DISTINCT ${value} AS value
          FROM trace_tags CROSS JOIN LATERAL unnest(tags) AS tag
          WHERE trace_tags.trace_id = matched.trace_id AND ${ofKey}
          OFFSET 0
        ) AS had
        GROUP BY value
      )`;
}

/** The values that most traces have, of equal counts the first by code points, as one JSON text. */
const FACET = `(
        SELECT coalesce(
          json_agg(json_build_array(value, count) ORDER BY count DESC, value COLLATE "C"), '[]'
        )::text
        FROM (
          SELECT value, count FROM counted ORDER BY count DESC, value COLLATE "C"
          LIMIT ${FACET_VALUES_SHOWN}
        ) AS shown
      ) AS shown, (SELECT count(*) FROM counted) AS values`;
