/** How Postgres goes about statements that run every second, or before every answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PostgresPool } from '../../src/storage/postgres/connection/pool.ts';
import type { Query } from '../../src/storage/postgres/connection/query.ts';
import { within } from '../../src/storage/postgres/connection/time-limit.ts';
import {
  claimComparisons,
  claimTraces,
  selectBacklog,
} from '../../src/storage/postgres/derived/claim-queries.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { poolOptions, type TestDatabase, testDatabase } from '../support/postgres.ts';

const TRACES = 10_000;

/** Stores traces that were analysed and compared, but for a share of them. */
async function storeTraces({ run }: TestDatabase, waiting: { one: number; of: number }) {
  await run(`
    INSERT INTO traces (
      trace_id, event_count, error_count, first_timestamp_ns, first_event_id, first_timestamp,
      last_timestamp_ns, last_event_id, last_timestamp, root, last_activity_ns, written_xid,
      analysed_events, compare_mark, compared_mark
    )
    SELECT
      'trace-' || n, 20, 0, n, gen_random_uuid(), '2024-01-01T12:00:00Z', n, gen_random_uuid(),
      '2024-01-01T12:00:00Z', 'root', n, pg_current_xact_id(),
      CASE WHEN n % ${waiting.of} < ${waiting.one} THEN 10 ELSE 20 END, n % 3 + 1,
      CASE WHEN n % ${waiting.of} < ${waiting.one} THEN 0 ELSE n % 3 + 1 END
    FROM generate_series(1, ${TRACES}) AS n`);
  await run('VACUUM ANALYZE traces');
}

/** The ways in which a statement reads `traces`. */
async function scansOf({ run }: TestDatabase, { text, values = [] }: Query): Promise<string[]> {
  const rows = await run(`EXPLAIN (COSTS off) ${text}`, [...values]);
  const lines = rows.map((row) => String(row['QUERY PLAN']));
  return lines.filter((line) => line.includes(' on traces')).map((line) => line.trim());
}

test('what waits for analysis is found without reading all traces, be it nothing, little or much', async (t) => {
  for (const waiting of [
    { one: 0, of: 2 },
    { one: 1, of: 1000 },
    { one: 1, of: 2 },
  ]) {
    const database = await testDatabase(t);
    await migrate(poolOptions(database.connection));
    await storeTraces(database, waiting);
    for (const query of [
      selectBacklog(1),
      selectBacklog(1000),
      claimTraces('me', 64, 60, null),
      claimComparisons('me', 64, 60, null),
    ]) {
      const scans = await scansOf(database, query);
      assert.ok(scans.length >= 2, query.text);
      const whole = scans.filter((scan) => scan.includes('Seq Scan'));
      assert.deepEqual(whole, [], `${waiting.one} of ${waiting.of} wait: ${query.text}`);
    }
  }
});

test('no statement is compiled, and the setting ends with its transaction', async (t) => {
  const { connection, run } = await testDatabase(t);
  await run(`ALTER DATABASE ${connection.database} SET jit = on`);
  const pool = new PostgresPool({ ...poolOptions(connection), maxConnections: 1 });
  t.after(() => pool.close());
  const show = { text: 'SHOW jit' };
  assert.deepEqual(await pool.read((session) => session(show)), [['off']]);
  assert.deepEqual(await pool.write((session) => session(show)), [['off']]);
  const after = { text: 'COMMIT' };
  const outside = await pool.read(async (session) => {
    await session(after);
    return session(show);
  });
  assert.deepEqual(outside, [['on']]);
});

test('a statement that takes too long is given up alone: the transaction goes on as it was', async (t) => {
  const { connection } = await testDatabase(t);
  const pool = new PostgresPool(poolOptions(connection));
  t.after(() => pool.close());
  const timeout = { text: 'SHOW statement_timeout' };
  const told = await pool.read(async (session) => {
    const before = await session(timeout);
    const slow = await within(session, 20, (limited) => limited({ text: 'SELECT pg_sleep(60)' }));
    const quick = await within(session, 60_000, (limited) => limited(timeout));
    const wrong = await within(session, 60_000, (limited) =>
      limited({ text: 'SELECT 1 / 0' }),
    ).catch(() => 'refused');
    return { before, slow, quick, wrong, after: await session(timeout) };
  });
  assert.deepEqual(told, {
    before: [['30s']],
    slow: null,
    quick: [['1min']],
    wrong: 'refused',
    after: [['30s']],
  });
});
