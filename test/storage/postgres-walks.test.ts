import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { packWalkStart, unpackWalkStart } from '../../src/storage/postgres/events/walk-start.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { post, testApp } from '../support/app.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { walk } from './list-contract.ts';

const receivedNs = 2_000_000_000_000_000_000n;
/** Transactions that are open during the walks, as many as the test database has slots for. */
const OPEN = 25;

test('the start of a walk comes back from a cursor, with thousands of open transactions', () => {
  const id = fc.bigInt({ min: 3n, max: 2n ** 62n });
  fc.assert(
    fc.property(fc.bigInt(), id, fc.uniqueArray(id, { maxLength: 50 }), (cluster, least, open) => {
      const system = BigInt.asIntN(64, cluster);
      const ids = open.map((distance) => least + (distance % 1_000_000n)).toSorted(compare);
      const next = (ids.at(-1) ?? least) + 1n;
      const snapshot = `${least}:${next}:${[...new Set(ids)].join(',')}`;
      const packed = packWalkStart(`${system}/${snapshot}`);
      assert.deepEqual(unpackWalkStart(packed), { cluster: String(system), snapshot });
    }),
  );
  const many = Array.from({ length: 2500 }, (_, index) => 4_000_000_000 + index * 13);
  const packed = packWalkStart(`7713731463338528268/4000000000:4100000000:${many.join(',')}`);
  assert.ok(packed.length < 9000);
  for (const foreign of ['', '1:2:', '1.2.3', '1.2.3.x', '1/2:3:']) {
    assert.equal(unpackWalkStart(foreign), null);
  }
});

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}

for (const sort of ['asc', 'desc'] as const) {
  test(`a walk is exact (${sort}): restored traces, long transactions, writers at work`, async (t) => {
    const database = await testDatabase(t);
    const options = { ...poolOptions(database.connection), autoMigrate: true };
    const storage = await openPostgresStorage(options);
    t.after(() => storage.close());
    const append = (trace: string, at: number) =>
      storage.append(keyless(records([wireEvent({ trace, at })])), receivedNs);
    const own = Array.from({ length: 30 }, (_, index) => `own-${index}`);
    const old = Array.from({ length: 60 }, (_, index) => `restored-${index}`);
    for (const [index, trace] of [...own, ...old].entries()) await append(trace, index * 1000);
    // As a dump of another cluster leaves them: its transaction ids are those that come next here.
    await database.run(
      `UPDATE traces SET
        written_cluster = 42,
        written_xid = (
          pg_current_xact_id()::text::bigint - 20 + 3 * split_part(trace_id, '-', 2)::bigint
        )::text::xid8
       WHERE trace_id LIKE 'restored-%'`,
    );
    const ends = await Promise.all(
      Array.from({ length: OPEN }, () => database.begin('SELECT pg_current_xact_id()')),
    );
    const touched = new Set<string>();
    const seen = await walk(storage, { ...everyTrace, sort, limit: 4 }, async (page) => {
      const number = (page * 7) % 30;
      for (const trace of [`own-${number}`, `restored-${number * 2}`, `new-${page}`]) {
        touched.add(trace);
        // Some move to the end, some stay where they are.
        await append(trace, page % 2 === 0 ? 1_000_000 + page : 0);
      }
      if (page % 3 === 0) await ends.pop()?.();
    });
    await Promise.all(ends.map((end) => end()));
    assert.equal(new Set(seen).size, seen.length, 'nothing is there twice');
    const missing = [...own, ...old].filter(
      (trace) => !touched.has(trace) && !seen.includes(trace),
    );
    assert.deepEqual(missing, []);
  });
}

test('a cursor of another cluster goes on, and leaves out what was written here since', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  const { app } = await testApp(t, { storage });
  for (const trace of ['a', 'b', 'c']) await post(app, [wireEvent({ trace, at: 0 })]);
  const first = await storage.listTraces({ ...everyTrace, sort: 'asc', limit: 1 });
  assert.ok(first.next !== null);
  // The same rows after a dump and restore into a cluster whose ids are behind.
  await database.run('UPDATE traces SET written_cluster = 42');
  const asOf = packWalkStart('42/5000000000:5000000000:');
  await post(app, [wireEvent({ trace: 'a', at: 5 })]);
  const rest = await storage.listTraces({
    ...everyTrace,
    sort: 'asc',
    cursor: { ...first.next, asOf },
  });
  assert.deepEqual(
    rest.traces.map(({ traceId }) => traceId),
    ['b', 'c'],
  );
});
