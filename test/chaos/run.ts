/**
 * Breaks a running server on purpose and checks that nothing acknowledged is missing afterwards.
 * Takes a minute or two, so it is not part of the suite: `npm run chaos`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStoppablePostgres } from '../support/postgres-server.ts';
import { assertAllStored, emptyObservation, LATE, startLoad } from './load.ts';
import { pause, startServerProcess, statusOf, until, untilReady } from './server-process.ts';
import './storage-faults.ts';
import './random-faults.ts';
import './kept-memory.ts';
import './large-traces.ts';
import './storm.ts';
import './replica.ts';
import './switchover.ts';

const KILLS = 20;
/** Postgres keeps what it says it keeps, unlike in the suite. */
const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };

test(`kill -9 under load, ${KILLS} times: every acknowledged event is there, once`, async (t) => {
  const postgres = await startStoppablePostgres(durable);
  const seen = emptyObservation();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const server = await startServerProcess(postgres.connection);
    const load = startLoad(server.url, seen);
    await pause(100 + Math.random() * 700);
    if (kill === 1) await until('there is a load', () => seen.acknowledged.size > 0);
    await server.end('SIGKILL');
    await load.stop();
  }
  const server = await startServerProcess(postgres.connection);
  const stored = await assertAllStored(server.url, seen);
  assert.equal(await server.end('SIGTERM'), 0);
  assert.ok(stored > 0, 'there was a load');
  t.diagnostic(`${stored} events acknowledged; ${describe(seen.outcomes)}`);
  await postgres.stop('SIGINT');
});

for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
  const how = signal === 'SIGINT' ? 'stopped' : 'crashed';
  test(`Postgres ${how} and started under load: 503 meanwhile, then on by itself`, async (t) => {
    const postgres = await startStoppablePostgres(durable);
    const server = await startServerProcess(postgres.connection);
    const seen = emptyObservation();
    const load = startLoad(server.url, seen);
    for (let outage = 0; outage < 3; outage += 1) {
      await pause(500);
      await postgres.stop(signal);
      await pause(500);
      assert.equal(await statusOf(`${server.url}/health`), 200);
      await until('/ready is 503', async () => (await statusOf(`${server.url}/ready`)) === 503);
      await postgres.start();
      await untilReady(server.url);
    }
    const before = seen.outcomes.get('200') ?? 0;
    await until('it goes on', () => (seen.outcomes.get('200') ?? 0) > before);
    await load.stop();
    assert.deepEqual([...seen.outcomes.keys()].sort(), ['200', '503']);
    assert.ok(server.isRunning());
    const stored = await assertAllStored(server.url, seen);
    assert.equal(await server.end('SIGTERM'), 0);
    t.diagnostic(`${stored} events acknowledged; ${describe(seen.outcomes)}`);
    await postgres.stop('SIGINT');
  });
}

test('SIGTERM under load: no acknowledged event missing, no connection reset', async (t) => {
  const postgres = await startStoppablePostgres(durable);
  const seen = emptyObservation();
  for (let round = 0; round < 5; round += 1) {
    const server = await startServerProcess(postgres.connection);
    const load = startLoad(server.url, seen);
    await pause(300 + Math.random() * 300);
    assert.equal(await server.end('SIGTERM'), 0);
    await load.stop();
  }
  // A new connection finds nobody; one that was open is answered to the end.
  for (const outcome of seen.outcomes.keys()) {
    assert.ok(['200', '503', 'ECONNREFUSED', LATE].includes(outcome), describe(seen.outcomes));
  }
  const server = await startServerProcess(postgres.connection);
  const stored = await assertAllStored(server.url, seen);
  await server.end('SIGTERM');
  t.diagnostic(`${stored} events acknowledged; ${describe(seen.outcomes)}`);
  await postgres.stop('SIGINT');
});

function describe(outcomes: ReadonlyMap<string, number>): string {
  return [...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', ');
}
