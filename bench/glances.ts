/**
 * What a look at many traces costs: the list with each filter, its facets and its picture, on a Postgres with
 * two million traces, of which the rows are made by SQL. `npm run bench:glances`; `--traces=100000` for fewer.
 */
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import { migrate } from '../src/storage/postgres/schema/migrate.ts';
import { poolOptions } from '../test/support/postgres.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { freshDatabase, runSql } from './fill.ts';
import { analysisOff, key, type MeasuredServer, startMeasured } from './programs.ts';

const TRACES = Number(
  process.argv.find((argument) => argument.startsWith('--traces='))?.slice('--traces='.length) ??
    2_000_000,
);
const REPEATS = 5;
/** The newest of the traces; one comes each 40 ms, so that two million are of 22 hours. */
const NEWEST_MS = Date.UTC(2024, 0, 2, 12);
const STEP_MS = 40;

/** Of a thousand services with one that all share; of a user a hundred traces, of a version half of all. */
async function fill(connection: PostgresConnection): Promise<void> {
  const newestNs = `${NEWEST_MS}000000::bigint`;
  const at = `${newestNs} - (${TRACES} - n)::bigint * ${STEP_MS}000000`;
  await runSql(
    connection,
    `INSERT INTO traces (
      trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
      last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns, written_xid,
      analysed_events, race_count, anomaly_count, environments
    )
    SELECT
      md5(n::text), 5 + n % 40, CASE WHEN n % 50 = 0 THEN 1 ELSE 0 END,
      ${at} - (n % 997)::bigint * 1000000, gen_random_uuid(), '2024-01-01T12:00:00Z', ${at},
      gen_random_uuid(), '2024-01-01T12:00:00Z', 'GET /page/' || n % 300, ${at},
      pg_current_xact_id(), 5 + n % 40, CASE WHEN n % 1000003 = 1 THEN 1 ELSE 0 END,
      CASE WHEN n % 20 = 0 THEN 1 ELSE 0 END,
      ARRAY[CASE WHEN n % 3 = 0 THEN 'staging' ELSE 'production' END]
    FROM generate_series(1, ${TRACES}) AS n`,
  );
  await runSql(
    connection,
    `INSERT INTO trace_services (trace_id, service_key, service, event_count)
    SELECT md5(n::text), service, service, 3
    FROM generate_series(1, ${TRACES}) AS n
    CROSS JOIN LATERAL (VALUES ('gateway'), ('service-' || n % 1000)) AS named (service)`,
  );
  await runSql(
    connection,
    `INSERT INTO trace_tags (trace_id, tags)
    SELECT md5(n::text), ARRAY['user:' || n / 100, 'version:' || n % 2, 'region:' || n % 12]
    FROM generate_series(1, ${TRACES}) AS n`,
  );
  await runSql(connection, 'VACUUM (ANALYZE)');
}

const since = new Date(NEWEST_MS - 3_600_000).toISOString();
const filters = {
  'no filter': '',
  'of the last hour': `since=${since}`,
  'with races, of which there are two': 'has_races=true',
  'an hour or longer, which none is': 'min_duration_ms=3600000',
  'with errors': 'has_errors=true',
  'a service that all have': 'service=gateway',
  'a service of one in a thousand': 'service=service-7',
  'a root of one in 300': 'operation=GET%20/page/7',
  'an environment': 'environment=staging',
  'a tag of a hundred traces': 'tag=user:77',
  'a tag of half of all': 'tag=version:1',
  'two tags of one in 24': 'tag=version:1&tag=region:7',
  'a text that begins all roots': 'q=GET',
  'all together': `since=${since}&service=gateway&has_errors=true&tag=version:0&q=GET`,
};

async function measure(server: MeasuredServer, path: string): Promise<string> {
  const times: number[] = [];
  let what = '';
  for (let round = 0; round < REPEATS; round += 1) {
    const startedMs = performance.now();
    const reply = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
    const text = await reply.text();
    times.push(performance.now() - startedMs);
    if (reply.status !== 200) return `${reply.status} after ${times[0]?.toFixed(0)} ms`;
    const { data } = JSON.parse(text) as { data: Record<string, unknown> };
    what = `${String(data['total_traces'] ?? data['total'])}${data['complete'] === false ? '+' : ''}`;
  }
  const [first = 0] = times;
  const sorted = times.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(REPEATS / 2)] ?? 0;
  return `${middle.toFixed(0)} ms (first ${first.toFixed(0)}), ${what}`;
}

const administration = await startPostgres();
const connection = await freshDatabase(administration, 'glances');
await migrate(poolOptions(connection));
await fill(connection);
const [size] = await runSql(
  connection,
  'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
);
console.log(`${TRACES} traces, ${String(size?.['size'])}`);
const server = await startMeasured(connection, analysisOff);
try {
  for (const [name, filter] of Object.entries(filters)) {
    const paths = [
      `/api/traces?page_size=50&${filter}`,
      `/api/traces/facets?${filter}`,
      `/api/traces/histogram?${filter}`,
    ];
    const rows: string[] = [];
    for (const path of paths) rows.push(await measure(server, path));
    console.log(`${name}: list ${rows[0]}; facets ${rows[1]}; picture ${rows[2]}`);
  }
} finally {
  await server.end('SIGTERM');
}
