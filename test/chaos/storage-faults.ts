/** What databases, networks, disks, clocks and readers of logs do to a running server. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../support/postgres.ts';
import { type StoppablePostgres, startStoppablePostgres } from '../support/postgres-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { assertAllStored, emptyObservation, type Observation, startLoad } from './load.ts';
import { watchReadiness } from './readiness.ts';
import {
  pause,
  startAgain,
  startServerProcess,
  statusOf,
  until,
  untilReady,
} from './server-process.ts';

const KILLS = 20;
const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };
const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const lost = { text: 'COMMIT\0', after: 'INSERT INTO events' };

function told(t: TestContext, stored: number, { outcomes }: Observation): void {
  const counts = [...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', ');
  t.diagnostic(`${stored} events acknowledged; ${counts}`);
}

test(`kill -9 of Postgres and all its processes, ${KILLS} times under load`, async (t) => {
  const postgres = await startStoppablePostgres(durable);
  const server = await startServerProcess(postgres.connection);
  const seen = emptyObservation();
  const load = startLoad(server.url, seen);
  const readiness = watchReadiness(server.url);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await pause(100 + Math.random() * 400);
    await postgres.kill();
    await startAgain(postgres);
    await untilReady(server.url);
  }
  await load.stop();
  await readiness.stop();
  told(t, await assertAllStored(server.url, seen), seen);
  assert.equal(await server.end('SIGTERM'), 0);
  await postgres.stop('SIGINT');
});

test('a switchover: sessions that there are become read-only, new ones are not', async (t) => {
  const postgres = await startStoppablePostgres(durable);
  const { connection } = postgres;
  const server = await startServerProcess(connection);
  const seen = emptyObservation();
  const load = startLoad(server.url, seen);
  const readiness = watchReadiness(server.url);
  await pause(1000);
  await run(connection, 'ALTER DATABASE postgres SET default_transaction_read_only = off');
  await run(connection, 'ALTER SYSTEM SET default_transaction_read_only = on');
  await run(connection, 'SELECT pg_reload_conf()');
  // Each session that there was is refused once; then nothing is.
  await until('two seconds without a refusal', async () => {
    const refused = seen.outcomes.get('503') ?? 0;
    const stored = seen.outcomes.get('200') ?? 0;
    await pause(2000);
    return (seen.outcomes.get('503') ?? 0) === refused && (seen.outcomes.get('200') ?? 0) > stored;
  });
  await load.stop();
  await readiness.stop();
  told(t, await assertAllStored(server.url, seen), seen);
  assert.equal(await server.end('SIGTERM'), 0);
  await postgres.stop('SIGINT');
});

test('answers to COMMIT that get lost under load: no event is lost or there twice', async (t) => {
  const postgres = await startStoppablePostgres(durable);
  const proxy = await startTcpProxy(postgres.connection);
  const server = await startServerProcess({ ...postgres.connection, port: proxy.port });
  const seen = emptyObservation();
  const load = startLoad(server.url, seen);
  const readiness = watchReadiness(server.url);
  for (let cut = 0; cut < 20; cut += 1) {
    await pause(150);
    proxy.loseAnswerTo(lost.text, lost.after);
  }
  let count = 0;
  await until('a request of unknown outcome', async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    count = Number(/refused_total\{reason="outcome_unknown"\} (\d+)/.exec(metrics)?.[1] ?? 0);
    return count > 0;
  });
  await load.stop();
  await readiness.stop();
  t.diagnostic(`${count} requests of unknown outcome`);
  told(t, await assertAllStored(server.url, seen), seen);
  assert.equal(await server.end('SIGTERM'), 0);
  await proxy.cut();
  await postgres.stop('SIGINT');
});

test('a network that is cut, tables that are locked: /ready says what POST does', async (t) => {
  const postgres = await startStoppablePostgres(durable);
  const proxy = await startTcpProxy(postgres.connection);
  const server = await startServerProcess({ ...postgres.connection, port: proxy.port });
  const seen = emptyObservation();
  const load = startLoad(server.url, seen, { clients: 4, pauseMs: 50 });
  const readiness = watchReadiness(server.url);
  for (let cut = 0; cut < 3; cut += 1) {
    await pause(500);
    await proxy.cut();
    await pause(2000);
    await proxy.mend();
    await untilReady(server.url);
  }
  // Longer than a commit waits for a lock.
  const isLocked = run(
    postgres.connection,
    'BEGIN; LOCK TABLE events; SELECT pg_sleep(20); COMMIT',
  );
  await until('/ready is 503', async () => (await statusOf(`${server.url}/ready`)) === 503);
  await isLocked;
  await untilReady(server.url);
  await load.stop();
  await readiness.stop();
  told(t, await assertAllStored(server.url, seen), seen);
  assert.equal(await server.end('SIGTERM'), 0);
  await proxy.cut();
  await postgres.stop('SIGINT');
});

for (const [what, stdout] of [
  ['a pipe that nobody reads', () => 'pipe' as const],
  ['a disk that is full', () => openSync('/dev/full', 'w')],
] as const) {
  test(`a verbose log to ${what} stops nothing`, async (t) => {
    const settings = { RACEWAY_SERVER_VERBOSE: 'true', RACEWAY_LOGGING_LEVEL: 'info' };
    const server = await startServerProcess(null, settings, stdout());
    const seen = emptyObservation();
    const load = startLoad(server.url, seen);
    const readiness = watchReadiness(server.url);
    await pause(3000);
    await load.stop();
    await readiness.stop();
    assert.deepEqual([...seen.outcomes.keys()], ['200']);
    told(t, await assertAllStored(server.url, seen), seen);
    assert.equal(await server.end('SIGTERM'), 0);
  });
}

test('a clock that jumps: limits go by real time, and nothing is erased', {
  skip: existsSync(faketime)
    ? false
    : 'LEFT OUT: libfaketime is not installed (apt install faketime)',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-clock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const clock = join(folder, 'clock');
  const setClock = (offset: string) => writeFileSync(clock, `${offset}\n`);
  setClock('+0');
  const postgres = await startStoppablePostgres(durable);
  const environment = {
    LD_PRELOAD: faketime,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    RACEWAY_STORAGE_RETENTION_DAYS: '30',
  };
  const first = await startServerProcess(postgres.connection, environment);
  const seen = emptyObservation();
  const load = startLoad(first.url, seen);
  const readiness = watchReadiness(first.url);
  await pause(1000);
  for (const offset of ['-3600', '+3600', '+45d', '-45d', '+0']) {
    setClock(offset);
    await pause(300);
  }
  await load.stop();
  await readiness.stop();
  assert.deepEqual([...seen.outcomes.keys()], ['200']);
  assert.equal(await first.end('SIGTERM'), 0);

  // Started in the wrong: everything seems past its time.
  setClock('+45d');
  const limited = {
    ...environment,
    RACEWAY_SERVER_RATE_LIMIT_ENABLED: 'true',
    RACEWAY_SERVER_RATE_LIMIT_RPM: '600',
  };
  const second = await startServerProcess(postgres.connection, limited);
  interface Retention {
    readonly waiting: string | null;
    readonly erased_traces: number;
  }
  let retention: Retention = { waiting: null, erased_traces: 0 };
  await until('retention waits', async () => {
    await pause(300);
    const status = await fetch(`${second.url}/status`);
    retention = ((await status.json()) as { data: { retention: Retention } }).data.retention;
    return retention.waiting !== null;
  });
  assert.match(retention.waiting ?? '', /of the database are|everything is past its time/);
  assert.equal(retention.erased_traces, 0);
  setClock('-3600');
  let reply = await fetch(`${second.url}/status`);
  while (reply.status === 200) reply = await fetch(`${second.url}/status`);
  assert.equal(reply.status, 429);
  assert.ok(Number(reply.headers.get('retry-after')) <= 60);
  assert.equal(await second.end('SIGTERM'), 0);
  const third = await startServerProcess(postgres.connection);
  told(t, await assertAllStored(third.url, seen), seen);
  await third.end('SIGTERM');
  await postgres.stop('SIGINT');
});

test('a full disk of the database: 503 and not ready meanwhile, then on by itself', {
  skip: process.getuid?.() === 0 ? false : 'LEFT OUT: only root may mount a small disk',
}, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'raceway-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=1777', 'tmpfs', disk]);
  t.after(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  const small = { ...durable, max_wal_size: '64MB', min_wal_size: '32MB' };
  const postgres = await startStoppablePostgres(small, disk);
  const server = await startServerProcess(postgres.connection);
  const seen = emptyObservation();
  const load = startLoad(server.url, seen);
  const readiness = watchReadiness(server.url);
  await pause(1000);
  execFileSync('sh', ['-c', `cat /dev/zero > ${disk}/filler 2>/dev/null || true`]);
  await until('/ready is 503', async () => (await statusOf(`${server.url}/ready`)) === 503);
  assert.equal(await statusOf(`${server.url}/health`), 200);
  rmSync(join(disk, 'filler'));
  // What could not write its log has ended, as it should.
  if (!(await answers(postgres))) await startAgain(postgres);
  await untilReady(server.url);
  await pause(1000);
  await load.stop();
  await readiness.stop();
  told(t, await assertAllStored(server.url, seen), seen);
  assert.equal(await server.end('SIGTERM'), 0);
  await postgres.stop('SIGINT');
});

async function answers({ connection }: StoppablePostgres): Promise<boolean> {
  const endMs = performance.now() + 15_000;
  while (performance.now() < endMs) {
    const isThere = await run(connection, 'SELECT 1').then(
      () => true,
      () => false,
    );
    if (isThere) return true;
    await pause(200);
  }
  return false;
}
