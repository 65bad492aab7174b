/**
 * Both backends for a while under load, readers, erasures, new keys and faults at random: nothing is lost,
 * memory stays flat, nothing fails that should not. `npm run soak`: half an hour each, or RACEWAY_SOAK_MINUTES;
 * `-- memory` or `-- postgres` runs one of the two.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import {
  pause,
  type ServerProcess,
  startAgain,
  startServerProcess,
  until,
  untilReady,
} from '../chaos/server-process.ts';
import { run } from '../support/postgres.ts';
import { startStoppablePostgres } from '../support/postgres-server.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { growthBytes, type MemorySample } from './growth.ts';
import { SoakClients } from './soak-clients.ts';

const MINUTES = Number(process.env['RACEWAY_SOAK_MINUTES'] ?? 30);
const seed = Number(process.env['RACEWAY_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const TURN_MS = 15_000;
/** Between two faults, or twice as long as the server took to be ready again, which is long on a slow machine. */
const FAULT_PAUSE_MS = 4000;
const SAMPLE_MS = 1000;
/** What it may grow by after the warm-up, in however long a time: what V8 and malloc hold more or less of. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;

/** What was committed is there after a kill; only a power loss may take it. */
const surviving = { synchronous_commit: 'on', full_page_writes: 'on' };

type Faults = Readonly<Record<string, () => Promise<void>>>;

/** Runs clients and faults against a server, and holds it to what it promises. */
async function soak(
  t: TestContext,
  start: (environment: Record<string, string>, log: number) => Promise<ServerProcess>,
  faultsOf: (server: ServerProcess, random: Random) => Faults,
): Promise<void> {
  t.diagnostic(`RACEWAY_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'raceway-soak-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, keyFile, logFile] = [generateKey(), join(folder, 'keys'), join(folder, 'log')];
  writeFileSync(keyFile, key);
  const server = await start({ RACEWAY_API_KEYS_FILE: keyFile }, openSync(logFile, 'w'));
  const clients = new SoakClients(server.url, key, random);
  t.after(() => {
    clients.giveUp();
    if (server.isRunning()) process.kill(server.pid as number, 'SIGKILL');
  });
  const faults: Faults = {
    ...faultsOf(server, random),
    'a new key': () => renewKeys(server, keyFile, key),
    'bodies that stand still': () => standStill(server),
  };
  const endMs = performance.now() + MINUTES * 60_000;
  const samples: MemorySample[] = [];
  clients.start();
  const every = async (pauseMs: number, act: () => void | Promise<void>) => {
    while (performance.now() < endMs) {
      await pause(Math.min(pauseMs, Math.max(0, endMs - performance.now())));
      await act();
    }
  };
  const names = Object.keys(faults);
  const counts = new Map<string, number>();
  await Promise.all([
    every(TURN_MS, async () => {
      const startedMs = performance.now();
      await clients.turn();
      tellTurn(clients, performance.now() - startedMs, residentBytes(server));
    }),
    (async () => {
      for (let pauseMs = FAULT_PAUSE_MS; performance.now() < endMs; ) {
        await pause(Math.min(pauseMs, endMs - performance.now()));
        const name = names[Math.floor(random() * names.length)] as string;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        const startedMs = performance.now();
        await faults[name]?.();
        await untilReady(server.url);
        pauseMs = Math.max(FAULT_PAUSE_MS, 2 * (performance.now() - startedMs));
      }
    })(),
    every(SAMPLE_MS, () => {
      assert.ok(server.isRunning(), 'the server is still there');
      samples.push({ ms: performance.now(), bytes: residentBytes(server) });
    }),
  ]);
  await clients.stop();
  const headers = { authorization: `Bearer ${key}` };
  const reply = await fetch(`${server.url}/status`, { headers });
  const { data } = (await reply.json()) as { data: { storage: { evicted_traces?: number } } };
  assert.equal(data.storage.evicted_traces ?? 0, 0, 'all fits, so that all can be looked for');
  assert.equal(await server.end('SIGTERM'), 0);
  assert.deepEqual(bugsIn(readFileSync(logFile, 'utf8')), []);
  const { outcomes, stored, checked, erased } = clients.totals;
  const asked = [...outcomes].map(([status, count]) => `${status}: ${count}`).join(', ');
  t.diagnostic(`${stored} events stored, ${checked} looked for, ${erased} traces erased; ${asked}`);
  t.diagnostic(`faults: ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  const bytes = samples.map((sample) => sample.bytes).toSorted((a, b) => a - b);
  const [middle, most] = [bytes[Math.floor(bytes.length / 2)], bytes.at(-1)].map(mebibytes);
  const growth = growthBytes(samples);
  t.diagnostic(
    `${middle} MiB in the middle, ${most} MiB at most, grown by ${mebibytes(growth)} MiB after the warm-up`,
  );
  assert.ok(stored > 0 && checked === stored, `${checked} of ${stored} were there`);
  assert.ok(growth <= GROWTH_BYTES_MAX, `memory grows: by ${mebibytes(growth)} MiB`);
}

const [wanted] = process.argv.slice(2);

test(`memory, ${MINUTES} minutes`, { skip: wanted === 'postgres' }, (t) =>
  soak(
    t,
    (environment, log) => startServerProcess(null, environment, log),
    () => ({}),
  ),
);

test(`Postgres, ${MINUTES} minutes`, { skip: wanted === 'memory' }, async (t) => {
  const postgres = await startStoppablePostgres(surviving);
  const proxy = await startTcpProxy(postgres.connection);
  const { connection } = postgres;
  await soak(
    t,
    (environment, log) => startServerProcess({ ...connection, port: proxy.port }, environment, log),
    (_server, random) => ({
      async 'the database stops'() {
        await postgres.stop('SIGINT');
        await pause(random() * 1000);
        await startAgain(postgres);
      },
      async 'the database is killed'() {
        await postgres.kill();
        await pause(random() * 1000);
        await startAgain(postgres);
      },
      async 'the network is cut'() {
        await proxy.cut();
        await pause(random() * 1000);
        await proxy.mend();
      },
      async 'an answer to COMMIT gets lost'() {
        proxy.loseAnswerTo('COMMIT\0', 'INSERT INTO events');
      },
      async 'sessions are ended'() {
        await run(
          connection,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
        );
      },
      async 'a table is locked'() {
        await run(connection, 'BEGIN; LOCK TABLE events; SELECT pg_sleep(0.5); COMMIT');
      },
    }),
  );
  await proxy.cut();
  await postgres.stop('SIGINT');
});

/** Puts a second key beside the one in use; it lets in, and the one before it no more. */
async function renewKeys(server: ServerProcess, file: string, key: string): Promise<void> {
  const [, before] = readFileSync(file, 'utf8').split(',');
  const added = generateKey();
  writeFileSync(file, `${key},${added}`);
  process.kill(server.pid as number, 'SIGHUP');
  const statusFor = async (one: string) => {
    const reply = await fetch(`${server.url}/openapi.json`, {
      headers: { authorization: `Bearer ${one}` },
    });
    await reply.arrayBuffer();
    return reply.status;
  };
  // Few wrong keys, for failures have a budget by address.
  await until('the new key lets in', async () => {
    await pause(2000);
    return (await statusFor(added)) === 200;
  });
  if (before !== undefined) assert.ok([401, 429].includes(await statusFor(before)));
}

/** Clients that begin to send and go away. */
async function standStill(server: ServerProcess): Promise<void> {
  const { port } = new URL(server.url);
  const sockets = Array.from({ length: 20 }, (_, index) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    const length = index % 2 === 0 ? 'Content-Length: 1000000' : 'Transfer-Encoding: chunked';
    socket.write(`POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\n\r\n1`);
    return socket;
  });
  await pause(1000);
  for (const socket of sockets) socket.destroy();
}

/** At once, so that who waits sees that it goes on. */
function tellTurn({ totals }: SoakClients, tookMs: number, bytes: number): void {
  const { stored, checked, erased, outcomes } = totals;
  const seconds = (ms: number) => Math.round(ms / 1000);
  console.log(
    `# ${seconds(performance.now())} s: ${stored} events stored, ${checked} looked for, ${erased} traces erased, ` +
      `${outcomes.get('503') ?? 0} refusals, ${mebibytes(bytes)} MiB; ` +
      `the turn took ${seconds(tookMs)} s`,
  );
}

function residentBytes({ pid }: ServerProcess): number {
  const [, kibibytes = '0'] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

function mebibytes(bytes = 0): number {
  return Math.round(bytes / 2 ** 20);
}

/** Lines of a log that tell of a fault of the server itself: these have a stack. */
function bugsIn(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /^\{"level":"(?:error|fatal)"/.test(line) && /"stack"/.test(line));
}
