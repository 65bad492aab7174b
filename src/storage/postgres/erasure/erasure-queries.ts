import type { TraceSelection } from '../../../domain/trace/trace-selection.ts';
import { EXPIRED_EVENTS } from '../../erasure-pace.ts';
import { eraseRows, type Query } from '../connection/query.ts';
import { IS_KEPT } from '../derived/derived-queries.ts';
import { traceFilter } from '../events/list-queries.ts';
import { NOT_PINNED, RECEIVED_NS } from '../events/receipt-queries.ts';
import { dayStartNs, NS_PER_DAY } from '../sealed/utc-day.ts';

/** The statements of exports and erasures. Each erasure gives the number of its rows. */

/** Events whose tags one statement looks at, unless the first trace alone has more. */
const EVENTS_SEARCHED = 5000;

/** A row of {@link scanTraces}. */
export interface ScannedRow {
  readonly trace_id: string;
  readonly event_count: string;
  readonly is_selected: boolean | null;
  /** Set where it is for the tags of a sealed trace to tell whether it is selected. */
  readonly day: string | null;
}

/** The traces that one step of a walk looks at, each with its events and whether it is selected. */
export function scanTraces(selection: TraceSelection, after: string | null, limit: number): Query {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = traceFilter(selection, parameter);
  if (after !== null) conditions.push(`trace_id > ${parameter(after)}`);
  if (selection.traceIds !== null) {
    conditions.push(`trace_id = ANY(${parameter(selection.traceIds)}::text[])`);
  }
  // Not among the conditions: no index finds it, and a step must not look at all traces.
  const isWritten =
    selection.keyName === null ? [] : [`${parameter(selection.keyName)} = ANY(key_names)`];
  // With EXISTS, Postgres looks at all events once rather than at those of each trace.
  const hasTags = selection.tags.map(
    ({ key, value }) => `coalesce((
          SELECT true FROM events
          WHERE events.trace_id = looked.trace_id
            AND metadata -> 'tags' ->> ${parameter(key)} = ${parameter(value)}
          LIMIT 1
        ), false)`,
  );
  const sealedDay =
    hasTags.length === 0
      ? 'NULL'
      : `CASE WHEN ${['true', ...isWritten].join(' AND ')} THEN sealed_on::text END`;
  const bound = hasTags.length === 0 ? '' : `WHERE events_before < ${EVENTS_SEARCHED} OR place = 1`;
  return {
    text: `
      SELECT
        trace_id, event_count, ${['true', ...isWritten, ...hasTags].join(' AND ')} AS is_selected,
        ${sealedDay} AS day
      FROM (
        SELECT
          trace_id, event_count, key_names, sealed_on, row_number() OVER (ORDER BY trace_id) AS place,
          sum(event_count) OVER (ORDER BY trace_id) - event_count AS events_before
        FROM (
          SELECT trace_id, event_count, key_names, sealed_on FROM traces
          WHERE ${['true', ...conditions].join(' AND ')}
          ORDER BY trace_id
          LIMIT ${parameter(limit)}
        ) AS next
      ) AS looked
      ${bound}
      ORDER BY trace_id`,
    values,
  };
}

/** Held to the end of the transaction, by any number of erasers; false when somebody pins, who holds it alone. */
export function tryShareExpiry(key: string): Query {
  return { text: 'SELECT pg_try_advisory_xact_lock_shared($1::bigint)', values: [key] };
}

/** A row of `selectReceipts`. */
export interface ReceiptsRow {
  readonly newest_ns: string | null;
  /** Of the traces that nothing is pinned to; of sealed ones the end of the day. */
  readonly oldest_ns: string | null;
  readonly clock_ms: string;
}

/** When the day of a sealed trace ends: it expires with all of them. */
const END_OF_DAY_NS = `(oldest.received_ns / ${NS_PER_DAY} + 1) * ${NS_PER_DAY}`;

export const selectReceipts: Query = {
  text: `
    SELECT
      (SELECT ${RECEIVED_NS} FROM traces ORDER BY ${RECEIVED_NS} DESC, trace_id DESC LIMIT 1)
        AS newest_ns,
      (
        SELECT CASE WHEN sealed_on IS NULL THEN received_ns ELSE least(${END_OF_DAY_NS}, (
          SELECT ${RECEIVED_NS} FROM traces WHERE sealed_on IS NULL AND ${NOT_PINNED}
          ORDER BY ${RECEIVED_NS}, trace_id LIMIT 1
        )) END
        FROM (
          SELECT ${RECEIVED_NS} AS received_ns, sealed_on FROM traces WHERE ${NOT_PINNED}
          ORDER BY ${RECEIVED_NS}, trace_id LIMIT 1
        ) AS oldest
      ) AS oldest_ns,
      trunc(extract(epoch FROM clock_timestamp()) * 1000) AS clock_ms`,
};

/**
 * Locks the earliest of the traces that expired and that nobody else holds, and gives their ids. Of the day that is
 * not over for retention those that are not sealed: sealed ones go with their whole day.
 */
export function lockExpired(beforeNs: bigint, limit: number): Query {
  const earliest = (condition: string) => `
          SELECT * FROM (
            SELECT trace_id, ${RECEIVED_NS} AS received_ns, event_count FROM traces
            WHERE ${condition} AND ${NOT_PINNED}
            ORDER BY ${RECEIVED_NS}, trace_id
            LIMIT $2
            FOR UPDATE SKIP LOCKED
          ) AS earliest`;
  return {
    text: `
      SELECT trace_id
      FROM (
        SELECT
          trace_id, row_number() OVER (ORDER BY received_ns, trace_id) AS place,
          sum(event_count) OVER (ORDER BY received_ns, trace_id) AS events
        FROM (${earliest(`${RECEIVED_NS} < $3`)}
          UNION ALL${earliest(`sealed_on IS NULL AND ${RECEIVED_NS} >= $3 AND ${RECEIVED_NS} < $1`)}
        ) AS oldest
      ) AS expired
      WHERE place <= $2 AND (place = 1 OR events <= ${EXPIRED_EVENTS})
      ORDER BY place`,
    values: [String(beforeNs), limit, String(dayStartNs(beforeNs))],
  };
}

/** Traces, each with one that an erasure of it concerns: of its group, or of a finding that it takes part in. */
export function selectConcerned(traceIds: readonly string[]): Query {
  return {
    text: `
      WITH grouped AS MATERIALIZED (
        SELECT trace_id, unnest(coalesce(group_ids, ARRAY[trace_id])) COLLATE "C" AS member
        FROM traces WHERE trace_id = ANY($1::text[])
      )
      SELECT trace_id, member FROM grouped
      UNION
      SELECT grouped.trace_id, concerned.member
      FROM grouped
      JOIN findings ON findings.trace_ids @> ARRAY[grouped.member] AND ${IS_KEPT}
      CROSS JOIN LATERAL unnest(findings.trace_ids || findings.trace_id) AS concerned (member)
      ORDER BY trace_id, member`,
    values: [traceIds],
  };
}

/** Locks those of some traces that nobody else holds, and gives their ids. */
export function lockFreeTraces(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id FROM traces WHERE trace_id = ANY($1::text[])
      ORDER BY trace_id FOR UPDATE SKIP LOCKED`,
    values: [traceIds],
  };
}

/** Those of some traces that are stored. */
export function selectStored(traceIds: readonly string[]): Query {
  return {
    text: 'SELECT trace_id FROM traces WHERE trace_id = ANY($1::text[]) ORDER BY trace_id',
    values: [traceIds],
  };
}

/**
 * What was stored of traces, in the order in which writers lock what is counted of it; the services that go
 * with the rows of trace_services. Tags go with the traces, by a trigger.
 */
export function eraseTraceRows(traceIds: readonly string[]) {
  const eraseFrom = (table: string) => eraseRows(table, 'trace_id = ANY($1::text[])', [traceIds]);
  return {
    traces: [{ erased: 'traces', query: eraseFrom('traces') }],
    services: {
      text: `
        DELETE FROM trace_services WHERE trace_id = ANY($1::text[])
        RETURNING service_key, service`,
      values: [traceIds],
    },
    others: [
      { erased: 'events', query: eraseFrom('events') },
      { erased: 'verdicts', query: eraseFrom('latency_verdicts') },
    ],
  } as const;
}

/** Held to the end of the transaction: two erasures must not each leave a service to the other. */
export function lockServices(key: string): Query {
  return { text: 'SELECT pg_advisory_xact_lock($1::bigint)', values: [key] };
}

/**
 * Those of some services that no trace names any more. In the order of an index: Postgres may think that a
 * service has so many traces that it would soon come across one of them anywhere.
 */
export function selectGoneServices(keys: readonly string[], services: readonly string[]): Query {
  return {
    text: `
      SELECT service FROM unnest($1::text[], $2::text[]) AS named (service_key, service)
      WHERE (
        SELECT true FROM trace_services
        WHERE trace_services.service_key = named.service_key
        ORDER BY service_key, trace_id LIMIT 1
      ) IS NULL`,
    values: [keys, services],
  };
}

/**
 * Locks the counts of services, in the order in which writers lock these rows: who writes to one of them
 * now is waited for.
 */
export function lockServiceCounts(services: readonly string[]): Query {
  return {
    text: `
      SELECT FROM service_counts WHERE service_key = ANY($1::text[])
      ORDER BY service_key, slot FOR UPDATE`,
    values: [services],
  };
}

/** Erases the counts of those of some services that have no trace. */
export function eraseServiceCounts(services: readonly string[]): Query {
  return eraseRows(
    'service_counts',
    `service_key IN (
      SELECT service_key FROM service_counts WHERE service_key = ANY($1::text[])
      GROUP BY service_key HAVING sum(trace_count) = 0
    )`,
    [services],
  );
}

/** What was learnt of services, in the order in which writers lock these rows. */
export function eraseServiceBuckets(services: readonly string[]): Query {
  return eraseRows(
    'latency_buckets',
    `(operation_key, slot) IN (
      SELECT operation_key, slot FROM latency_buckets WHERE service = ANY($1::text[])
      ORDER BY operation_key, slot
      FOR UPDATE
    )`,
    [services],
  );
}

/**
 * What traces of the groups left behind, and the findings of others that the erased ones take part
 * in.
 */
export function eraseDerivedRows(traceIds: readonly string[], groups: readonly string[]) {
  return [
    {
      erased: 'findings',
      query: eraseRows(
        'findings',
        'trace_ids && $1::text[] COLLATE "C" OR trace_id = ANY($2::text[])',
        [traceIds, groups],
      ),
    },
    {
      erased: 'footprints',
      query: eraseRows('footprints', 'trace_id = ANY($1::text[])', [groups]),
    },
    {
      erased: 'calls',
      query: eraseRows('trace_calls', 'trace_id = ANY($1::text[])', [groups]),
    },
    {
      erased: 'spans',
      query: eraseRows('trace_spans', 'trace_id = ANY($1::text[])', [traceIds]),
    },
  ] as const;
}

/** Rows of sums that came to nothing: after an erasure they would still hold names. */
export function eraseEmptySums(variables: readonly string[], fingerprints: readonly string[]) {
  return [
    {
      erased: 'variables',
      query: eraseRows(
        'variables',
        'variable_key = ANY($1::text[]) AND document IS NULL AND finding_count = 0',
        [variables],
      ),
    },
    {
      erased: 'issues',
      query: eraseRows(
        'issues',
        'fingerprint = ANY($1::text[]) AND finding_count = 0 AND trace_pairs = 0',
        [fingerprints],
      ),
    },
    { erased: 'serviceCalls', query: eraseRows('service_calls', 'trace_count = 0', []) },
  ] as const;
}

/** Erases which issues variables are part of, where no finding says so any more. */
export function eraseEmptyVariableIssues(variables: readonly string[]): Query {
  return eraseRows(
    'variable_issues',
    `variable_hash IN (SELECT md5(name) FROM unnest($1::text[]) AS name) AND finding_count = 0`,
    [variables],
  );
}

/** Takes erased traces out of the groups of others, until these are analysed again. */
export function leaveGroups(members: readonly string[], erased: readonly string[]): Query {
  return {
    text: `
      UPDATE traces SET group_ids = (
        SELECT array_agg(member ORDER BY member) FROM unnest(group_ids) AS member
        WHERE member <> ALL($2::text[])
        HAVING count(*) > 1
      )
      WHERE trace_id = ANY($1::text[])`,
    values: [members, erased],
  };
}
