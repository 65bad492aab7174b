/** Several erasers of what expired, on one database. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EXPIRY_LOCK_KEY } from '../../src/storage/postgres/derived/triage-queries.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

const LATER_NS = 1_000_000n;

/** A database with traces that were received one after the other, and two servers on it. */
async function filled(t: TestContext, traces: readonly string[]) {
  const database = await testDatabase(t);
  const open = () =>
    openPostgresStorage({ ...poolOptions(database.connection), autoMigrate: true });
  const [first, second] = [await open(), await open()];
  t.after(() => Promise.all([first.close(), second.close()]));
  for (const [place, trace] of traces.entries()) {
    await first.append(keyless(records([wireEvent({ trace })])), BigInt(place));
  }
  const left = async () =>
    (await database.run('SELECT trace_id FROM traces ORDER BY trace_id')).map(
      ({ trace_id: traceId }) => traceId,
    );
  return { database, first, second, left };
}

test('erasers take different traces, and leave what somebody else holds', async (t) => {
  const traces = ['a', 'b', 'c', 'd', 'e', 'f'];
  const { database, first, second, left } = await filled(t, traces);
  const commit = await database.begin(`SELECT FROM traces WHERE trace_id = 'b' FOR UPDATE`);
  const erased = await Promise.all(
    [first, second].map((storage) => storage.eraseExpired(LATER_NS, 6)),
  );
  assert.equal(
    erased.reduce((sum, counts) => sum + counts.traces, 0),
    5,
  );
  assert.deepEqual(await left(), ['b']);
  await commit();
  assert.equal((await second.eraseExpired(LATER_NS, 6)).traces, 1);
});

test('a trace waits while somebody holds one of its group', async (t) => {
  const { database, first, left } = await filled(t, ['a', 'b', 'c']);
  await database.run(`UPDATE traces SET group_ids = '{a,b}' WHERE trace_id IN ('a', 'b')`);
  const commit = await database.begin(`SELECT FROM traces WHERE trace_id = 'b' FOR UPDATE`);
  assert.equal((await first.eraseExpired(1n, 10)).traces, 0);
  assert.deepEqual(await left(), ['a', 'b', 'c']);
  await commit();
  assert.equal((await first.eraseExpired(1n, 10)).traces, 1);
  const groups = await database.run('SELECT trace_id, group_ids FROM traces ORDER BY trace_id');
  assert.deepEqual(groups, [
    { trace_id: 'b', group_ids: null },
    { trace_id: 'c', group_ids: null },
  ]);
});

test('while somebody pins, nothing is erased for its age', async (t) => {
  const { database, first } = await filled(t, ['a']);
  const commit = await database.begin(`SELECT pg_advisory_xact_lock(${EXPIRY_LOCK_KEY})`);
  assert.equal((await first.eraseExpired(LATER_NS, 10)).traces, 0);
  await commit();
  assert.equal((await first.eraseExpired(LATER_NS, 10)).traces, 1);
});
