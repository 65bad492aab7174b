/** A replica that answers readers while it is killed, starts again, and falls behind: nobody notices. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { wireEvent } from '../support/events.ts';
import { run } from '../support/postgres.ts';
import { startStoppablePostgres } from '../support/postgres-server.ts';
import { assertAllStored, emptyObservation, startLoad } from './load.ts';
import { pause, startAgain, startServerProcess, until } from './server-process.ts';

const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };
const READERS = 4;
const OUTAGES = 3;
const OUTAGE_MS = 500;

interface ToldReplica {
  readonly answered: number;
  readonly passed_on: number;
  readonly fault: string | null;
}

test('a replica killed and held back under load: every reader sees what was stored before', async (t) => {
  const primary = await startStoppablePostgres(durable);
  await primary.stop('SIGINT');
  const replica = await startStoppablePostgres(durable, tmpdir(), primary);
  await startAgain(primary);
  const { host, port, user, password, database } = replica.connection;
  const server = await startServerProcess(primary.connection, {
    RACEWAY_POSTGRES_READ_CONNECTION: `postgresql://${user}:${password}@${host}:${port}/${database}?sslmode=disable`,
  });
  const told = async (): Promise<ToldReplica> => {
    const reply = await fetch(`${server.url}/status`);
    const { data } = (await reply.json()) as { data: { storage: { replica: ToldReplica } } };
    return data.storage.replica;
  };
  const isUsed = async () => {
    await fetch(`${server.url}/api/traces?page_size=1`).then((reply) => reply.arrayBuffer());
    return (await told()).fault === null;
  };
  await until('the replica is used', isUsed);
  const load = startLoad(server.url, emptyObservation(), { clients: 4, pauseMs: 20 });
  const readers = startReaders(server.url);
  for (let outage = 0; outage < OUTAGES; outage += 1) {
    const before = readers.reads();
    await until('it is read', () => readers.reads() > before + 5);
    await replica.kill();
    await pause(OUTAGE_MS);
    await startAgain(replica);
    await until('it is used again', isUsed);
    await run(replica.connection, 'SELECT pg_wal_replay_pause()');
    await pause(OUTAGE_MS);
    await run(replica.connection, 'SELECT pg_wal_replay_resume()');
    await until('it is used again', isUsed);
  }
  const reads = await readers.stop();
  await load.stop();
  assert.deepEqual([...load.seen.outcomes.keys()], ['200']);
  await assertAllStored(server.url, load.seen);
  const { answered, passed_on: passedOn } = await told();
  assert.ok(answered > 0 && passedOn > 0, `${answered} answered, ${passedOn} passed on`);
  t.diagnostic(
    `${reads} times read what was just stored; the replica answered ${answered} reads, ${passedOn} were passed on`,
  );
  assert.equal(await server.end('SIGTERM'), 0);
  await replica.stop('SIGINT');
  await primary.stop('SIGINT');
});

/** Store an event of a trace again and again, and read the trace at once. */
function startReaders(url: string) {
  let isStopped = false;
  let reads = 0;
  const reader = async (number: number) => {
    const trace = `read-at-once-${number}`;
    for (let count = 1; !isStopped; count += 1) {
      const body = JSON.stringify({ events: [wireEvent({ trace, at: count })] });
      const headers = { 'content-type': 'application/json' };
      const stored = await fetch(`${url}/events`, { method: 'POST', headers, body });
      assert.equal(stored.status, 200, await stored.text());
      const read = await fetch(`${url}/api/traces/${trace}/summary`);
      const text = await read.text();
      assert.equal(read.status, 200, text);
      assert.match(text, new RegExp(`"event_count":${count}\\b`));
      reads += 1;
    }
  };
  const readers = Promise.all(Array.from({ length: READERS }, (_, number) => reader(number)));
  // Told where it is waited for.
  readers.catch(() => {});
  return {
    reads: () => reads,
    async stop(): Promise<number> {
      isStopped = true;
      await readers;
      return reads;
    },
  };
}
