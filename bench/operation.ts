import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import { freePort } from '../test/support/free-port.ts';
import { ingestRequest, makeBodies } from './batches.ts';
import { Connection } from './client.ts';
import { freshDatabase } from './fill.ts';
import type { Load } from './load.ts';
import {
  key,
  type MeasuredServer,
  type Sink,
  settingsAsShipped,
  startMeasured,
} from './programs.ts';
import { median, type Row, rowOf } from './results.ts';
import { type Scale, TARGET_FACTOR } from './scale.ts';
import { BATCH_SIZE, CONNECTIONS, fullRate } from './stream.ts';

/** The least that a server on Fastify loads. */
const BARE_SERVER = `import { fastify } from 'fastify';
  const app = fastify();
  app.post('/events', async () => ({}));
  await app.listen({ host: '127.0.0.1', port: Number(process.argv[1]) });`;
const START_MS = 350;
const CONNECT_PAUSE_MS = 2;
/** How long requests arrive at half of the highest rate. */
const HALF_RATE_SECONDS = 8;
const INGEST_P99_MS = 50;
/** Events sent before the next are made. */
const LONG_PART = 50_000;
const MEMORY_MIB = 300;
/** What memory may grow between the second quarter of a long ingest and the last. */
const GROWTH_PERCENT = 10;
const SAMPLE_MS = 500;

/** From the start of the process to the answer to the first event, with the memory storage. */
export async function* measureStart(scale: Scale): AsyncGenerator<Row> {
  const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const took: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= scale.rounds; round += 1) {
    const bareMs = await startOnce((port) => [
      ...['--input-type=module', '--eval', BARE_SERVER, String(port)],
    ]);
    const ms = await startOnce((port) => [program, 'serve', '--port', String(port)]);
    // The first reads the files from the disk.
    if (round === 0) continue;
    took.push(ms);
    ratios.push(bareMs / ms);
  }
  yield rowOf(
    {
      what: 'memory: start to the first accepted event',
      unit: 'ms',
      ceiling: 'a bare Fastify',
      target: { most: START_MS },
    },
    took,
    ratios,
  );
}

async function startOnce(programOn: (port: number) => readonly string[]): Promise<number> {
  const port = await freePort();
  const shape = { events: 1, batchSize: 1, gzip: false };
  const request = ingestRequest(makeBodies(shape)[0] as Buffer, shape, key);
  const startedMs = performance.now();
  const child = spawn(process.execPath, programOn(port), {
    env: { PATH: process.env['PATH'], RACEWAY_LOGGING_LEVEL: 'error', ...settingsAsShipped },
    stdio: 'ignore',
  });
  const connection = await untilConnected(port, child);
  const { status } = await connection.send(request);
  const tookMs = performance.now() - startedMs;
  connection.close();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  if (status !== 200) throw new Error(`the first event was answered with ${status}`);
  return tookMs;
}

async function untilConnected(port: number, child: ChildProcess): Promise<Connection> {
  while (child.exitCode === null) {
    const connection = await Connection.open(port).catch(() => null);
    if (connection !== null) return connection;
    await new Promise((wake) => setTimeout(wake, CONNECT_PAUSE_MS));
  }
  throw new Error('the server did not start');
}

/**
 * What a request takes while events arrive at half of the rate that the server took a moment before.
 * A pause of the machine of a tenth of a second is the 99th percentile of its round, so there are
 * several.
 */
export async function* measureHalfRate(
  connection: PostgresConnection,
  load: Load,
  sink: Sink,
  scale: Scale,
): AsyncGenerator<Row> {
  const server = await startMeasured(await freshDatabase(connection, 'half_rate'));
  const took: number[] = [];
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round <= TARGET_FACTOR * scale.rounds; round += 1) {
    const perSecond = (await fullRate(server, load, scale)) / 2 / BATCH_SIZE;
    await server.settled();
    // The first warms up.
    if (round === 0) continue;
    const events = scale.events(Math.ceil(perSecond * BATCH_SIZE * HALF_RATE_SECONDS));
    await load.prepare({ events, batchSize: BATCH_SIZE, gzip: false }, key);
    const bare = await load.send(sink.url, CONNECTIONS, perSecond);
    const outcome = await load.send(server.url, CONNECTIONS, perSecond);
    rates.push(perSecond);
    took.push(outcome.p99Ms);
    ratios.push(bare.p50Ms / outcome.p50Ms);
  }
  await server.end('SIGTERM');
  const perSecond = Math.round(median(rates));
  yield rowOf(
    {
      what: `Postgres: ingest at half of the highest rate (${perSecond} requests/s)`,
      unit: 'ms p99',
      ceiling: 'the bare sink',
      target: { most: INGEST_P99_MS },
    },
    took,
    ratios,
  );
}

/** Memory of the server while events arrive as fast as it takes them. */
export async function* measureLongIngest(
  connection: PostgresConnection,
  load: Load,
  events: number,
): AsyncGenerator<Row> {
  const server = await startMeasured(await freshDatabase(connection, 'long_ingest'));
  const memory = sampleMemory(server);
  const rates: number[] = [];
  for (let sent = 0; sent < events; sent += LONG_PART) {
    const part = Math.min(LONG_PART, events - sent);
    await load.prepare({ events: part, batchSize: BATCH_SIZE, gzip: false }, key);
    rates.push(part / (await load.send(server.url, CONNECTIONS)).seconds);
  }
  const stored = await server.storedEvents();
  if (stored !== events) throw new Error(`${stored} of ${events} events are stored`);
  const mebibytes = await memory.end();
  await server.end('SIGTERM');
  const place = `Postgres: ${events.toLocaleString('en')} events at full speed`;
  yield rowOf({ what: place, unit: 'events/s' }, rates);
  const quarter = Math.floor(mebibytes.length / 4);
  const [early, late] = [
    median(mebibytes.slice(quarter, 2 * quarter)),
    median(mebibytes.slice(-quarter)),
  ];
  const most = Math.max(...mebibytes);
  yield {
    what: `${place}: resident memory, most`,
    value: most,
    unit: 'MiB',
    spread: [early, late],
    spreadNames: ['second quarter', 'last quarter'],
    ratio: null,
    ceiling: '',
    target: { most: MEMORY_MIB },
  };
  yield rowOf({ what: `${place}: growth of memory`, unit: '%', target: { most: GROWTH_PERCENT } }, [
    (late / early - 1) * 100,
  ]);
}

function sampleMemory(server: MeasuredServer): { end(): Promise<readonly number[]> } {
  const mebibytes: number[] = [];
  let isEnded = false;
  const running = (async () => {
    while (!isEnded) {
      mebibytes.push((await server.residentBytes()) / 1024 ** 2);
      await new Promise((wake) => setTimeout(wake, SAMPLE_MS));
    }
  })();
  return {
    async end() {
      isEnded = true;
      await running;
      return mebibytes;
    },
  };
}
