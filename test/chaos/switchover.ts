/** A planned switchover: a standby takes over, and the name behind which the database was leads to it. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { run } from '../support/postgres.ts';
import { startStoppablePostgres } from '../support/postgres-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { assertAllStored, emptyObservation, startLoad } from './load.ts';
import { watchReadiness } from './readiness.ts';
import { startAgain, startServerProcess, until } from './server-process.ts';

const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };

for (const pace of [
  { clients: 16, pauseMs: 0 },
  // One request now and then: nothing but a refusal tells that the connection leads to the old primary.
  { clients: 1, pauseMs: 700 },
]) {
  test(`a switchover behind a relay, ${pace.clients} clients: on by itself, nothing lost`, async (t) => {
    const primary = await startStoppablePostgres(durable);
    await primary.stop('SIGINT');
    const standby = await startStoppablePostgres(durable, tmpdir(), primary);
    await startAgain(primary);
    const relay = await startTcpProxy(primary.connection);
    const server = await startServerProcess({ ...primary.connection, port: relay.port });
    const seen = emptyObservation();
    const load = startLoad(server.url, seen, pace);
    const readiness = pace.clients > 1 ? watchReadiness(server.url) : null;
    await until('events are stored', () => (seen.outcomes.get('200') ?? 0) > 3);

    // The old primary keeps its connections, and takes no writes any more.
    await run(primary.connection, 'ALTER SYSTEM SET default_transaction_read_only = on');
    await run(primary.connection, 'SELECT pg_reload_conf()');
    const lsn = async (of: string, ask: string) =>
      (await run(of === 'primary' ? primary.connection : standby.connection, ask))[0]?.['lsn'];
    let end = await lsn('primary', 'SELECT pg_current_wal_lsn()::text AS lsn');
    await until('the standby has it all', async () => {
      const replayed = await lsn('standby', 'SELECT pg_last_wal_replay_lsn()::text AS lsn');
      const now = await lsn('primary', 'SELECT pg_current_wal_lsn()::text AS lsn');
      const isStill = now === end;
      end = now;
      return isStill && replayed === end;
    });
    await run(standby.connection, 'SELECT pg_promote()');
    relay.redirect(standby.connection);
    const refusedBefore = seen.outcomes.get('503') ?? 0;
    const storedBefore = seen.outcomes.get('200') ?? 0;
    await until('it stores again', () => (seen.outcomes.get('200') ?? 0) > storedBefore + 3);
    await load.stop();
    await readiness?.stop();
    assert.ok([...seen.outcomes.keys()].every((outcome) => ['200', '503'].includes(outcome)));
    const refused = (seen.outcomes.get('503') ?? 0) - refusedBefore;
    const stored = await assertAllStored(server.url, seen);
    t.diagnostic(`${stored} events acknowledged; ${refused} refusals after the switch`);
    assert.equal(await server.end('SIGTERM'), 0);
    await relay.cut();
    await primary.stop('SIGINT');
    await standby.stop('SIGINT');
  });
}
