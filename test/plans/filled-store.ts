import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { poolOptions, run } from '../support/postgres.ts';

/** When the first trace was active, in nanoseconds since 1970. */
export const STARTED_NS = 1_760_000_000_000_000_000n;
/** From one trace to the next: two million fill a month. */
const STEP_NS = 1_296_000_000n;
/** Tables that are filled at once. */
const CONNECTIONS = 2;

/** Each trace of the store has these, by its number from 1 on. */
export const stored = {
  traceId: (number: number) => `trace-${String(number).padStart(9, '0')}`,
  atNs: (number: number) => STARTED_NS + BigInt(number) * STEP_NS,
  service: (number: number) => `service-${number % 40}`,
  root: (number: number) => `GET /place-${number % 500}`,
  /** One trace in four is about few variables, the others about many. */
  variable: (number: number) => `row-${number % 4 === 0 ? number % 40 : number % 200_000}`,
  /** Of the finding of each tenth trace: half of them are of ten issues. */
  fingerprint: (number: number) =>
    String(number % 20 === 0 ? (number / 20) % 10 : number % 1000).padStart(16, '0'),
  /** Of the span of each trace. */
  span: (number: number) => `span-${String(number).padStart(11, '0')}`,
  operationKey: (number: number) => `operation-${number % 500}`,
} as const;

/** Whether the events of a trace are sealed. */
export function isSealed(number: number): boolean {
  return number % 4 === 1 && number <= SEALED_LAST;
}

/** The last trace that is sealed: those behind it are too new. */
const SEALED_LAST = 1_000_000;

/** The same in SQL, of a number called `n`. */
const sql = {
  traceId: `'trace-' || lpad(n::text, 9, '0')`,
  atNs: `(${STARTED_NS} + n * ${STEP_NS}::bigint)`,
  eventId: 'md5(n::text)::uuid',
  service: `'service-' || n % 40`,
  root: `'GET /place-' || n % 500`,
  variable: `'row-' || CASE WHEN n % 4 = 0 THEN n % 40 ELSE n % 200000 END`,
  fingerprint: `lpad((CASE WHEN n % 20 = 0 THEN n / 20 % 10 ELSE n % 1000 END)::text, 16, '0')`,
  span: `'span-' || lpad(n::text, 11, '0')`,
  isSealed: `n % 4 = 1 AND n <= ${SEALED_LAST}`,
  day: `(to_timestamp((${STARTED_NS} + n * ${STEP_NS}::bigint) / 1000000000) AT TIME ZONE 'UTC')::date`,
} as const;

/** A table, and how it is filled with rows of so many traces. */
type Filling = readonly [table: string, insert: (traces: number) => string];

const rowsOf = (traces: number, every = 1) =>
  `FROM generate_series(${every}, ${traces}, ${every}) AS n`;

const bigTables: readonly Filling[] = [
  [
    'traces',
    (traces) => `
      INSERT INTO traces (
        trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
        last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns, written_xid,
        last_received_ns, analysed_events, compare_mark, compared_mark, footprint_xid,
        compare_snapshot, race_count, anomaly_count, judged_count, environments, analysis_cuts,
        root_standing, sealed_on
      )
      SELECT
        ${sql.traceId}, count, (n % 20 = 0)::int, ${sql.atNs}, ${sql.eventId}, '2025-10-09T08:53:20Z',
        ${sql.atNs} + CASE WHEN n % 1000 = 3 THEN 5000 ELSE n % 50 END * 1000000::bigint,
        ${sql.eventId}, '2025-10-09T08:53:20Z', ${sql.root}, ${sql.atNs}, pg_current_xact_id(),
        ${sql.atNs}, count - (n % 100000 = 7)::int, 1, 1, pg_current_xact_id(),
        pg_current_snapshot(), (n % 10 = 0)::int, (n % 100 = 0)::int, 1,
        CASE WHEN n % 1000 = 1 THEN '{staging}'::text[] ELSE '{production}' END,
        CASE WHEN n % 20000 = 0 THEN '[["traces_of_a_variable", null]]'::json END, 0,
        CASE WHEN ${sql.isSealed} THEN ${sql.day} END
      FROM (
        SELECT n, CASE WHEN n % 1000 = 0 THEN 500 ELSE 1 END AS count ${rowsOf(traces)}
      ) AS counted`,
  ],
  [
    'events',
    (traces) => `
      INSERT INTO events (
        trace_id, id, timestamp_text, timestamp_ns, occurred_at, kind, service, operation, is_error,
        payload, metadata, received_at
      )
      SELECT
        ${sql.traceId}, ${sql.eventId}, '2025-10-09T08:53:20Z', ${sql.atNs}, now(), 'HttpRequest',
        ${sql.service}, ${sql.root}, n % 20 = 0, '{"method":"GET","url":"/place"}',
        '{"thread_id":"1","tags":{}}', now()
      ${rowsOf(traces)}`,
  ],
  [
    'footprints',
    (traces) => `
      INSERT INTO footprints (
        trace_id, variable_key, variable, first_ns, last_ns, is_transaction, document
      )
      SELECT
        ${sql.traceId}, ${sql.variable}, ${sql.variable}, ${sql.atNs}, ${sql.atNs}, false, '{}'
      ${rowsOf(traces)}`,
  ],
  [
    'trace_services',
    (traces) => `
      INSERT INTO trace_services (trace_id, service_key, service, event_count)
      SELECT ${sql.traceId}, ${sql.service}, ${sql.service}, 1 ${rowsOf(traces)}`,
  ],
  [
    'trace_spans',
    (traces) => `
      INSERT INTO trace_spans (trace_id, span_id, is_missing)
      SELECT ${sql.traceId}, ${sql.span}, false ${rowsOf(traces)}`,
  ],
  [
    'findings',
    (traces) => `
      INSERT INTO findings (
        trace_id, fingerprint, is_across, variable, is_critical, rank, evidence, pattern,
        proven_pairs, overlapping_pairs, meeting, is_request_local, first_ns, last_ns, trace_ids,
        witness
      )
      SELECT
        ${sql.traceId}, ${sql.fingerprint}, false, ${sql.variable}, n % 3 = 0,
        400000000 + n % 1000, 'E2', 'write_write', 0, 1, ${sql.fingerprint}, false, ${sql.atNs},
        ${sql.atNs}, ARRAY[${sql.traceId}], '{"events":[]}'
      ${rowsOf(traces, 10)}`,
  ],
  [
    'trace_tags',
    (traces) => `
      INSERT INTO trace_tags (trace_id, tags)
      SELECT ${sql.traceId}, ARRAY['user:' || n % 1000] ${rowsOf(traces, 10)}`,
  ],
  [
    'trace_calls',
    (traces) => `
      INSERT INTO trace_calls (
        trace_id, from_key, to_key, link_type, from_service, to_service, calls
      )
      SELECT
        ${sql.traceId}, ${sql.service}, 'service-0', 'sync', ${sql.service}, 'service-0', 1
      ${rowsOf(traces, 10)}`,
  ],
  [
    'latency_verdicts',
    (traces) => `
      INSERT INTO latency_verdicts (
        trace_id, event_id, timestamp_ns, timestamp_text, service, kind, operation, status, label,
        location, anomaly, severity, duration_ms, deviations, baseline_count, p50_ms, p999_ms
      )
      SELECT
        ${sql.traceId}, ${sql.eventId}, ${sql.atNs}, '2025-10-09T08:53:20Z', ${sql.service},
        'HttpResponse', ${sql.root}, 'ok', 'label', 'place', 'slow', 'WARNING', 9, 9, 100, 1, 2
      ${rowsOf(traces, 100)}`,
  ],
];

const sums: readonly Filling[] = [
  [
    'variables',
    (traces) => `
      INSERT INTO variables (
        variable_key, variable, access_count, trace_count, finding_count, document, environments,
        possible
      )
      SELECT
        variable_key, variable_key, count(*), count(*), count(*) FILTER (WHERE n % 10 = 0), '{}',
        json_build_object('production', json_build_array(count(*), count(*))), '[]'
      FROM (SELECT n, ${sql.variable} AS variable_key ${rowsOf(traces)}) AS named
      GROUP BY variable_key`,
  ],
  [
    'issues',
    () => `
      INSERT INTO issues (
        fingerprint, variable, scope, severity, services, subject, possible_rank, best_rank,
        finding_count, trace_pairs, possible_pattern, best_evidence, best_pattern, last_ns,
        proven_pairs, overlapping_pairs, pair_count, best_meeting, environments
      )
      SELECT
        lpad(n::text, 16, '0'), 'row-*', 'shared', 'CRITICAL', ARRAY[${sql.service}],
        '{"sites":[]}', 800000000, 400000000 + n, 1, 1, 'write_write', 'E2', 'write_write',
        ${sql.atNs}, 0, 1, 1, lpad(n::text, 16, '0'), '{production}'
      FROM generate_series(0, 999) AS n`,
  ],
  [
    'triage',
    () => `
      INSERT INTO triage (fingerprint, state, record)
      SELECT lpad(n::text, 16, '0'), 'open', '{"triage":{}}' FROM generate_series(0, 99) AS n`,
  ],
  [
    'service_calls',
    () => `
      INSERT INTO service_calls (
        from_key, to_key, link_type, from_service, to_service, calls, trace_count
      )
      SELECT ${sql.service}, 'service-0', 'sync', ${sql.service}, 'service-0', 1000, 1000
      FROM generate_series(0, 39) AS n`,
  ],
  [
    'latency_buckets',
    () => `
      INSERT INTO latency_buckets (
        operation_key, slot, period, service, kind, operation, status, learnt, flagged
      )
      SELECT
        'operation-' || n, slot, 489000 + slot, ${sql.service}, 'HttpResponse', ${sql.root}, 'ok',
        '{"1":10}', '{}'
      FROM generate_series(0, 499) AS n, generate_series(0, 23) AS slot`,
  ],
  ['alert_receivers', () => `INSERT INTO alert_receivers (name) VALUES ('everybody')`],
  [
    'alert_news',
    () => `
      INSERT INTO alert_news (receiver, subject, evidence, news, noted_at)
      SELECT 'everybody', lpad(n::text, 16, '0'), 'E2', NULL, now()
      FROM generate_series(0, 999) AS n`,
  ],
];

/**
 * Migrates a database and fills it with traces of one event each by SQL, with all that follows from them.
 * Indexes are made when the rows are there, which takes a third of the time.
 */
export async function fillStore(connection: PostgresConnection, traces: number): Promise<void> {
  await migrate(poolOptions(connection));
  const left = [...bigTables, ...sums];
  const fill = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [table, insert] = next;
      await fillTable(connection, table, insert(traces));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, fill));
  await seal(connection, traces);
  await run(connection, 'CHECKPOINT');
}

/** Puts documents into a partition for each day. */
async function seal(connection: PostgresConnection, traces: number): Promise<void> {
  const [{ days }] = (await run(
    connection,
    'SELECT array_agg(DISTINCT sealed_on::text) AS days FROM traces WHERE sealed_on IS NOT NULL',
  )) as [{ days: string[] }];
  for (const day of days) {
    const name = `sealed_traces_${day.replaceAll('-', '')}`;
    await run(
      connection,
      `CREATE TABLE ${name} PARTITION OF sealed_traces
       FOR VALUES FROM ('${day}') TO ('${day}'::date + 1)`,
    );
  }
  await run(
    connection,
    `INSERT INTO sealed_traces (trace_id, sealed_on, event_count, document)
     SELECT ${sql.traceId}, ${sql.day}, 1, convert_to(repeat(md5(n::text), 20), 'UTF8')
     ${rowsOf(traces)} WHERE ${sql.isSealed}`,
  );
  await run(connection, 'VACUUM (FREEZE, ANALYZE) sealed_traces');
}

async function fillTable(
  connection: PostgresConnection,
  table: string,
  insert: string,
): Promise<void> {
  const indexes = await run(
    connection,
    `SELECT
       coalesce(pg_get_constraintdef(pg_constraint.oid), pg_get_indexdef(indexrelid)) AS definition,
       indexrelid::regclass::text AS name, pg_constraint.oid IS NOT NULL AS is_key
     FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype = 'p'
     WHERE indrelid = $1::regclass`,
    [table],
  );
  const drops = indexes.map(({ name, is_key: isKey }) =>
    isKey === true ? `ALTER TABLE ${table} DROP CONSTRAINT ${name}` : `DROP INDEX ${name}`,
  );
  const makes = indexes.map(({ name, definition, is_key: isKey }) =>
    isKey === true
      ? `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`
      : String(definition),
  );
  const steps = [...drops, `ALTER TABLE ${table} SET UNLOGGED`, insert, ...makes];
  await run(connection, steps.join(';\n'));
  await run(connection, `VACUUM (FREEZE, ANALYZE) ${table}`);
}
