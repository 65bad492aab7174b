import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import {
  type Bodies,
  fillPostgres,
  freshDatabase,
  longTraces,
  markAnalysed,
  smallTraces,
} from './fill.ts';
import { listCases, secondPage } from './list-cases.ts';
import type { Load } from './load.ts';
import { analysisOff, key, type MeasuredServer, type Sink, startMeasured } from './programs.ts';
import { latencyRow, type Row } from './results.ts';
import type { Scale } from './scale.ts';
import { Stream } from './stream.ts';

/** What the list of traces may take, and a trace of 1,000 events, in milliseconds at p99. */
const LIST_TARGET = { most: 25 };
const TRACE_TARGET = { most: 60 };
/** What a page deep in the list may cost more than the second. */
const DEPTH_TARGET = { ratio: 0.8 };
/** How long the findings of the first events may be waited for. */
const ANALYSIS_MS = 20_000;
/** Traces that are opened, by their number of events; each is opened once in a run. */
const OPENED: readonly (readonly [events: number, traces: number])[] = [
  [100, 20],
  [1000, 20],
  [10_000, 2],
];
/** Bytes that a million events and their indexes take in memory, with room to spare. */
const MEMORY_BYTES = 1024 * 1024 * 1024;

/** Traces to open. */
interface Opened {
  readonly events: number;
  readonly traceIds: readonly string[];
}

/** A server in front of stored events. */
interface Filled {
  /** The server, once there are so many events beside the traces that are opened. */
  upTo(events: number): Promise<MeasuredServer>;
  end(): Promise<void>;
}

/**
 * How long readers wait, by the number of events stored; then once more while events arrive at half
 * of the rate that the server takes at most.
 *
 * @param connection null: the memory backend
 */
export async function* measureQueries(
  name: string,
  connection: PostgresConnection | null,
  load: Load,
  sink: Sink,
  scale: Scale,
): AsyncGenerator<Row> {
  const opened = OPENED.filter(([events]) => events <= scale.openedEvents).map(
    ([events, traces]) => ({
      events,
      traceIds: Array.from({ length: Math.min(traces, scale.reads) }, () => crypto.randomUUID()),
    }),
  );
  const filled =
    connection === null
      ? filledMemory(opened)
      : filledPostgres(await freshDatabase(connection, 'queries'), opened);
  const readers = { load, sink, scale };
  for (const events of scale.storedEvents) {
    const server = await filled.upTo(events);
    const place = `${name}, ${events.toLocaleString('en')} events stored`;
    const isLast = events === scale.storedEvents.at(-1);
    yield* lists(place, server, readers, isLast);
    yield* openedTraces(place, server, readers, opened, connection !== null);
    yield* others(place, server, readers);
    if (!isLast) continue;
    yield* depth(place, server, readers);
    const stream = await Stream.start(server, scale);
    const busy = `${place}, ${Math.round(stream.eventsPerSecond)} more a second`;
    yield* lists(busy, server, readers, false);
    yield* openedTraces(busy, server, readers, opened.slice(0, 2), false);
    yield* others(busy, server, readers);
    await stream.stop();
  }
  await filled.end();
}

interface Readers {
  readonly load: Load;
  readonly sink: Sink;
  readonly scale: Scale;
}

/** A page deep in the list against the second, both by cursor. */
async function* depth(
  place: string,
  server: MeasuredServer,
  readers: Readers,
): AsyncGenerator<Row> {
  const { load } = readers;
  const [whole] = await listCases(server);
  const pathOfSecond = await secondPage(server);
  const deepPath = whole?.deepPath ?? pathOfSecond;
  await load.prepareReads(repeat(pathOfSecond, readers), key);
  const second = { name: 'page 2', took: await load.send(server.url, 1) };
  await load.prepareReads(repeat(deepPath, readers), key);
  const deep = await load.send(server.url, 1);
  yield latencyRow(`${place}: list, deep by cursor`, deep, second, DEPTH_TARGET);
}

/** The list by every filter; only the slowest ones are told unless all are asked for. */
async function* lists(
  place: string,
  server: MeasuredServer,
  readers: Readers,
  all: boolean,
): AsyncGenerator<Row> {
  const target = all ? LIST_TARGET : undefined;
  const first: Row[] = [];
  const deep: Row[] = [];
  for (const { name, path, deepPath } of await listCases(server)) {
    const one = await readRow(
      `${place}: list, ${name}`,
      repeat(path, readers),
      server,
      readers,
      target,
    );
    first.push(one);
    if (all) yield one;
    if (deepPath === null) continue;
    const what = `${place}: list, ${name}, deep by cursor`;
    const other = await readRow(what, repeat(deepPath, readers), server, readers, target);
    deep.push(other);
    if (all) yield other;
  }
  if (!all)
    for (const rows of [first, deep]) yield* rows.sort((a, b) => b.value - a.value).slice(0, 1);
}

async function* openedTraces(
  place: string,
  server: MeasuredServer,
  readers: Readers,
  opened: readonly Opened[],
  hasTarget: boolean,
): AsyncGenerator<Row> {
  for (const { events, traceIds } of opened) {
    const size = events.toLocaleString('en');
    const whole = traceIds.map((traceId) => `/api/traces/${traceId}`);
    const target = hasTarget && events === 1000 ? TRACE_TARGET : undefined;
    yield await readRow(`${place}: trace of ${size}`, whole, server, readers, target);
    const plain = traceIds.map((traceId) => `/api/traces/${traceId}/events?limit=${events}`);
    yield await readRow(`${place}: events of a trace of ${size}`, plain, server, readers);
  }
}

async function* others(
  place: string,
  server: MeasuredServer,
  readers: Readers,
): AsyncGenerator<Row> {
  for (const path of ['/api/services', '/api/races']) {
    yield await readRow(`${place}: ${path}`, repeat(path, readers), server, readers);
  }
}

function repeat(path: string, { scale }: Readers): string[] {
  return Array.from({ length: scale.reads }, () => path);
}

/** Asks for one thing after the other, then the bare route for as many bytes. */
async function readRow(
  what: string,
  paths: readonly string[],
  server: MeasuredServer,
  { load, sink }: Readers,
  target?: Row['target'],
): Promise<Row> {
  await load.prepareReads(paths, key);
  const took = await load.send(server.url, 1);
  await load.prepareReads(
    paths.map(() => `/bytes/${took.replyBytes}`),
    key,
  );
  const bare = { name: 'a bare route with the same bytes', took: await load.send(sink.url, 1) };
  return latencyRow(what, took, bare, target);
}

/**
 * Filled by requests. The first events are analysed; for more of them another server takes all again
 * with the analysis off, which would take minutes.
 */
function filledMemory(opened: readonly Opened[]): Filled {
  const servers: MeasuredServer[] = [];
  let stored = 0;
  return {
    async upTo(events) {
      if (servers.length < 2) {
        await servers[0]?.end('SIGTERM');
        const settings = { RACEWAY_STORAGE_MEMORY_MAX_BYTES: String(MEMORY_BYTES) };
        servers.push(
          await startMeasured(
            null,
            servers.length === 0 ? settings : { ...settings, ...analysisOff },
          ),
        );
        stored = 0;
      }
      const server = servers.at(-1) as MeasuredServer;
      for (const one of stored === 0 ? opened : []) {
        await sendAll(server, longTraces(one.traceIds, one.events));
      }
      await sendAll(server, smallTraces(events - stored));
      stored = events;
      await server.settled(ANALYSIS_MS);
      return server;
    },
    async end() {
      await servers.at(-1)?.end('SIGTERM');
    },
  };
}

async function sendAll(server: MeasuredServer, parts: Bodies): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  for (const bodies of parts) {
    for (const body of bodies) {
      const reply = await fetch(`${server.url}/events`, { method: 'POST', headers, body });
      if (reply.status !== 200) throw new Error(`POST was answered with ${reply.status}`);
      await reply.arrayBuffer();
    }
  }
}

/** Filled beside the server, which is not there meanwhile: what it analyses are the first events. */
function filledPostgres(connection: PostgresConnection, opened: readonly Opened[]): Filled {
  let server: MeasuredServer | null = null;
  let stored = 0;
  return {
    async upTo(events) {
      await server?.end('SIGTERM');
      for (const one of stored === 0 ? opened : []) {
        await fillPostgres(connection, longTraces(one.traceIds, one.events));
      }
      await fillPostgres(connection, smallTraces(events - stored));
      if (stored > 0) await markAnalysed(connection);
      server = await startMeasured(connection);
      if (stored === 0) await server.settled(ANALYSIS_MS);
      stored = events;
      return server;
    },
    async end() {
      await server?.end('SIGTERM');
    },
  };
}
