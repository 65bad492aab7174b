/** Faults at random, from a seed that is printed: RACEWAY_TEST_SEED repeats their order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../support/postgres.ts';
import { startStoppablePostgres } from '../support/postgres-server.ts';
import { randomFrom } from '../support/random.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { assertAllStored, emptyObservation, startLoad } from './load.ts';
import { watchReadiness } from './readiness.ts';
import { pause, startAgain, startServerProcess, untilReady } from './server-process.ts';

const FAULTS = 25;
const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };

test(`${FAULTS} faults at random: every acknowledged event is there, once`, async (t) => {
  const seed = Number(process.env['RACEWAY_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`RACEWAY_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const postgres = await startStoppablePostgres(durable);
  const { connection } = postgres;
  const proxy = await startTcpProxy(connection);
  const throughProxy = { ...connection, port: proxy.port };
  let server = await startServerProcess(throughProxy);
  const seen = emptyObservation();
  let load = startLoad(server.url, seen);
  let readiness = watchReadiness(server.url);
  const startServerAgain = async () => {
    await load.stop();
    await readiness.stop();
    server = await startServerProcess(throughProxy);
    load = startLoad(server.url, seen);
    readiness = watchReadiness(server.url);
  };
  const faults = {
    async 'kill the server'() {
      await server.end('SIGKILL');
      await startServerAgain();
    },
    async 'stop the server'() {
      assert.equal(await server.end('SIGTERM'), 0);
      await startServerAgain();
    },
    async 'kill the database'() {
      await postgres.kill();
      await pause(random() * 300);
      await startAgain(postgres);
    },
    async 'cut the network'() {
      await proxy.cut();
      await pause(random() * 500);
      await proxy.mend();
    },
    async 'lose an answer to COMMIT'() {
      proxy.loseAnswerTo('COMMIT\0', 'INSERT INTO events');
    },
    async 'end the sessions'() {
      await run(
        connection,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      );
    },
    async 'lock a table'() {
      await run(connection, 'BEGIN; LOCK TABLE events; SELECT pg_sleep(0.4); COMMIT');
    },
  };
  const names = Object.keys(faults) as (keyof typeof faults)[];
  for (let count = 0; count < FAULTS; count += 1) {
    await pause(random() * 400);
    const name = names[Math.floor(random() * names.length)] as keyof typeof faults;
    t.diagnostic(name);
    await faults[name]();
    await untilReady(server.url);
  }
  await load.stop();
  await readiness.stop();
  const stored = await assertAllStored(server.url, seen);
  assert.equal(await server.end('SIGTERM'), 0);
  assert.ok(stored > 0);
  t.diagnostic(`${stored} events acknowledged`);
  await proxy.cut();
  await postgres.stop('SIGINT');
});
