import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import type { StoppablePostgres } from '../test/support/postgres-server.ts';
import { type BatchShape, EVENTS_PER_TRACE, plannedTraffic } from './batches.ts';
import { freshDatabase, runSql } from './fill.ts';
import type { Load } from './load.ts';
import { untilIdle } from './otlp.ts';
import { familyTime, loadOfMachine } from './processor-time.ts';
import { key, type MeasuredServer, type Sink, startMeasured } from './programs.ts';
import { type Row, rowOf } from './results.ts';
import type { Scale } from './scale.ts';

interface CostCase {
  readonly name: string;
  readonly shape: Omit<BatchShape, 'gzip'>;
  /** Processor seconds per million events that are wished for: of ingest to the last reply, and of all. */
  readonly most?: Readonly<Record<'memory' | 'Postgres', { ingest?: number; all?: number }>>;
}

/** What one server took for one case, in processor seconds per million events. */
interface Cost {
  /** Of the serving thread, up to the last reply. */
  readonly serving: number;
  /** Of the process and of the database, up to the last reply. */
  readonly toReply: number;
  /** The same when nothing is left to be done. */
  readonly settled: number;
  /** Bytes of the database's log, an event. */
  readonly walBytes: number;
}

const CONNECTIONS = 16;
/** First part of what is sent, by which both sides are warmed up, and which does not count. */
const WARM_UP_SHARE = 0.5;
const SETTLE_MS = 600_000;

const cases: readonly CostCase[] = [
  {
    name: 'ordinary',
    shape: { events: 40_000, batchSize: 100, traffic: 'ordinary' },
    most: { memory: { ingest: 12, all: 30 }, Postgres: { ingest: 35, all: 75 } },
  },
  {
    name: 'dense',
    shape: { events: 40_000, batchSize: 100, traffic: 'dense' },
    most: { memory: { all: 60 }, Postgres: {} },
  },
  {
    name: 'storm of 2,000 on one row',
    shape: { events: 2000 * EVENTS_PER_TRACE, batchSize: 100, traffic: 'storm' },
  },
  {
    name: 'storm of 200 on each of 50 rows',
    shape: { events: 10_000 * EVENTS_PER_TRACE, batchSize: 100, traffic: 'rows' },
  },
  {
    name: 'ordinary, single events',
    shape: { events: 8000, batchSize: 1, traffic: 'ordinary' },
    most: { memory: { ingest: 80 }, Postgres: { ingest: 300 } },
  },
  {
    name: 'OTLP protobuf',
    shape: { events: 40_000, batchSize: 100, otlp: 'protobuf' },
    most: { memory: { ingest: 8.5 }, Postgres: {} },
  },
];

/** Ingest by itself: everything else of the server is as shipped. */
const racesOff = { RACEWAY_RACE_DETECTION_ENABLED: 'false' };

/**
 * Processor seconds per million events: of ingest by itself, and of everything from the first event until
 * nothing waits. Each against the bare sink of the same bodies, and against another build where
 * `BENCH_BEFORE` names its folder, by turns in one run.
 */
export async function* measureCosts(
  name: 'memory' | 'Postgres',
  postgres: StoppablePostgres | null,
  load: Load,
  sink: Sink,
  scale: Scale,
): AsyncGenerator<Row> {
  const before = process.env['BENCH_BEFORE'];
  for (const one of scale.allTraffic ? cases : cases.slice(0, 1)) {
    const shape = { ...one.shape, gzip: false, events: scale.events(one.shape.events) };
    const { traffic } = shape;
    const overlapping =
      traffic === undefined || traffic === 'dense'
        ? ''
        : `, ${plannedTraffic({ ...shape, traffic }).overlappingPercent.toFixed(1)} % overlap`;
    const what = `${name}: ${one.name}${overlapping}`;
    for (const part of ['ingest', 'all'] as const) {
      // What one event of a storm costs is the analysis.
      const isStorm = traffic === 'storm' || traffic === 'rows';
      if (isStorm && part === 'ingest') continue;
      const settings = part === 'ingest' ? racesOff : {};
      const measured: Cost[] = [];
      const ofSink: number[] = [];
      const ofBefore: number[] = [];
      for (let round = 1; round <= (isStorm ? 1 : scale.rounds); round += 1) {
        const cost = await costOf(shape, settings, postgres, load);
        measured.push(cost);
        ofSink.push((await sinkCost(shape, load, sink)) / figureOf(part, cost));
        if (before === undefined || shape.otlp !== undefined) continue;
        const old = await costOf(shape, settings, postgres, load, before);
        ofBefore.push(figureOf(part, old) / figureOf(part, cost));
      }
      const most = one.most?.[name][part];
      const target = most === undefined ? {} : { target: { most } };
      const row = (kind: string, values: readonly number[], more = {}) =>
        rowOf({ what: `${what}: ${kind}`, unit: 'CPU s/M', ...more }, values, ofSink);
      const ceiling = { ceiling: 'the bare sink' };
      if (part === 'ingest') {
        const toReply = measured.map((cost) => cost.toReply);
        yield row('ingest to the last reply', toReply, { ...target, ...ceiling });
        yield rowOf(
          { what: `${what}: of it the serving thread`, unit: 'CPU s/M' },
          measured.map((cost) => cost.serving),
        );
        yield rowOf(
          { what: `${what}: ingest when its work has ended`, unit: 'CPU s/M' },
          measured.map((cost) => cost.settled),
        );
      } else {
        const all = measured.map((cost) => cost.settled);
        yield row('all in, until nothing waits', all, { ...target, ...ceiling });
        if (isStorm) {
          const perTrace = all.map((seconds) => (seconds * EVENTS_PER_TRACE) / 1000);
          yield rowOf(
            { what: `${what}: a request`, unit: 'CPU ms', target: { most: 2 } },
            perTrace,
          );
        }
      }
      if (ofBefore.length > 0) {
        yield rowOf({ what: `${what}: ${part}, before by now`, unit: 'times' }, ofBefore);
      }
      if (postgres !== null) {
        const bytes = measured.map((cost) => cost.walBytes);
        const least = part === 'ingest' && shape.batchSize > 1 ? { target: { most: 1000 } } : {};
        yield rowOf(
          { what: `${what}: ${part}, log of the database`, unit: 'B/event', ...least },
          bytes,
        );
      }
    }
    yield rowOf({ what: `${what}: load of the machine`, unit: 'processes' }, [loadOfMachine()]);
  }
}

function figureOf(part: 'ingest' | 'all', cost: Cost): number {
  return part === 'ingest' ? cost.toReply : cost.settled;
}

async function sinkCost(shape: BatchShape, load: Load, sink: Sink): Promise<number> {
  await load.prepare(shape, key);
  await load.send(sink.url, CONNECTIONS);
  const before = sink.processorTime().all;
  await load.send(sink.url, CONNECTIONS);
  return ((sink.processorTime().all - before) * 1e6) / shape.events;
}

let databases = 0;

async function costOf(
  shape: BatchShape,
  settings: Readonly<Record<string, string>>,
  postgres: StoppablePostgres | null,
  load: Load,
  folder?: string,
): Promise<Cost> {
  databases += 1;
  const database =
    postgres === null ? null : await freshDatabase(postgres.connection, `costs_${databases}`);
  const server = await startMeasured(database, settings, folder);
  const pid = postgres === null ? null : postmasterOf(postgres);
  const time = () => server.processorTime().all + (pid === null ? 0 : familyTime(pid));
  const events = Math.ceil(shape.events * WARM_UP_SHARE);
  await load.prepare({ ...shape, events }, key);
  await load.send(server.url, CONNECTIONS);
  await untilDone(server);
  await load.prepare(shape, key);
  const [stored, started, wal] = [await server.storedEvents(), time(), await walOf(database)];
  const serving = server.processorTime().serving;
  await load.send(server.url, CONNECTIONS);
  const replied = time();
  const served = server.processorTime().serving;
  await untilDone(server);
  const settled = time();
  const written = (await walOf(database)) - wal;
  const count = (await server.storedEvents()) - stored;
  if (count < shape.events) throw new Error(`${count} of ${shape.events} events are stored`);
  await server.end('SIGTERM');
  const perMillion = (seconds: number) => (seconds * 1e6) / shape.events;
  return {
    serving: perMillion(served - serving),
    toReply: perMillion(replied - started),
    settled: perMillion(settled - started),
    walBytes: written / shape.events,
  };
}

/** Until nothing waits, and what else is left has been done. */
async function untilDone(server: MeasuredServer): Promise<void> {
  await server.settled(SETTLE_MS);
  await untilIdle(server);
}

function postmasterOf({ dataFolder }: StoppablePostgres): number {
  return Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function walOf(database: PostgresConnection | null): Promise<number> {
  if (database === null) return 0;
  const [row] = await runSql(database, "SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes");
  return Number(row?.['bytes']);
}
