/**
 * What everything costs with more and more stored, on Postgres: every route that reads, storing, analysing, retention,
 * erasure, export, a restart, disk and log, with the exponent of growth of each: `npm run bench:scale`. The first
 * traces come over HTTP and are analysed; the others are copies of them by SQL, with other ids and times.
 *
 *     npm run bench:scale -- --events=100000,1000000   sizes; `--smoke`: small ones, to see that it works
 *     npm run bench:scale -- --tree=FOLDER   the server that was built there, of another version
 *     npm run bench:scale -- --instances   four servers whose commits are slow, in place of all that
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startStoppablePostgres } from '../../test/support/postgres-server.ts';
import { freshDatabase, runSql } from '../fill.ts';
import { type MeasuredServer, startMeasured } from '../programs.ts';
import { capacityTable } from './capacity.ts';
import { faultsOf, type SizeFigures, tablesOf } from './figures.ts';
import { copyTraces } from './filling.ts';
import { measuredPostgres, PostgresMeter } from './postgres-meter.ts';
import { measureRoute, type RouteFigure, routeCases } from './routes.ts';
import { measureSlowCommits } from './slow-commits.ts';
import {
  analyse,
  EVENTS_PER_TRACE,
  eraseSince,
  exportLines,
  letExpire,
  makeTraffic,
  measureWork,
  sendTraffic,
  untilErased,
  type WorkFigure,
} from './work.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    tree: { type: 'string' },
    json: { type: 'string', default: 'scale-results.json' },
    smoke: { type: 'boolean', default: false },
    instances: { type: 'boolean', default: false },
  },
});
const { smoke: isSmoke, tree } = values;
const sizes = (values.events ?? (isSmoke ? '2000,8000' : '100000,1000000')).split(',').map(Number);
/** Traces that are sent and analysed before the first copies. */
const ORIGINALS = isSmoke ? 100 : 1000;
/** Traces that are stored, analysed and erased again at each size. */
const WORK_TRACES = isSmoke ? 40 : 400;
const EXPORTED = isSmoke ? 2000 : 50_000;
const patience = isSmoke ? { most: 2, least: 1, ms: 0 } : { most: 100, least: 5, ms: 3000 };
const IDLE_MS = isSmoke ? 1000 : 5000;

const postgres = await startStoppablePostgres(measuredPostgres);
try {
  if (values.instances) await measureSlowCommits(postgres, isSmoke);
  else await measureSizes();
} finally {
  await postgres.stop('SIGINT');
}

async function measureSizes(): Promise<void> {
  const connection = await freshDatabase(postgres.connection, 'scale');
  const meter = await PostgresMeter.open(postgres, connection);
  const start = (settings = {}) => startMeasured(connection, settings, tree);
  const first = await start();
  const originals = makeTraffic(ORIGINALS);
  await sendTraffic(first, originals);
  await analyse(first);
  await first.end('SIGTERM');
  const measured: SizeFigures[] = [];
  let copies = 0;
  for (const events of sizes) {
    const wanted = Math.max(0, Math.round(events / (ORIGINALS * EVENTS_PER_TRACE)) - 1);
    await told(`copies up to ${events.toLocaleString('en')} events`, () =>
      copyTraces(connection, copies, wanted),
    );
    copies = wanted;
    measured.push(await measureSize(start, meter));
    writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`);
  }
  console.log(`${tablesOf(measured)}\n`);
  const last = measured.at(-1);
  if (last !== undefined) console.log(capacityTable(last));
  // Other versions lack routes and parameters.
  if (tree !== undefined) return;
  for (const fault of faultsOf(measured)) {
    console.error(fault);
    process.exitCode = 1;
  }
}

type StartServer = (settings?: Readonly<Record<string, string>>) => Promise<MeasuredServer>;

async function measureSize(start: StartServer, meter: PostgresMeter): Promise<SizeFigures> {
  const [stored] = await runSql(
    meter.connection,
    `SELECT (SELECT count(*) FROM traces)::int AS traces, (SELECT count(*) FROM events)::int AS events,
       pg_database_size(current_database())::float8 AS bytes`,
  );
  const startedMs = performance.now();
  const server = await start();
  const restartMs = performance.now() - startedMs;
  const idle = await meter.measure(() => new Promise<void>((wake) => setTimeout(wake, IDLE_MS)));
  const idleBlocksPerSecond = (idle.cost.blocks * 1000) / IDLE_MS;
  const routes: RouteFigure[] = [];
  await told('routes', async () => {
    for (const one of await routeCases(server)) {
      routes.push(await measureRoute(server, meter, one, patience, idleBlocksPerSecond));
    }
  });
  let work: readonly WorkFigure[] = [];
  await told('work', async () => {
    work = await measureAllWork(start, server, meter);
  });
  return {
    events: stored?.['events'] as number,
    traces: stored?.['traces'] as number,
    diskBytes: stored?.['bytes'] as number,
    ...{ routes, work, restartMs, idleBlocksPerSecond },
  };
}

/** Leaves what is stored as it was; ends the server. */
async function measureAllWork(
  start: StartServer,
  server: MeasuredServer,
  meter: PostgresMeter,
): Promise<readonly WorkFigure[]> {
  const figures: WorkFigure[] = [];
  const measure = async (
    name: string,
    count: number,
    of: MeasuredServer,
    does: () => Promise<void>,
  ) => {
    figures.push(await measureWork(name, count, of, meter, does));
  };
  const sinceMs = Date.now();
  const traffic = makeTraffic(WORK_TRACES);
  const events = WORK_TRACES * EVENTS_PER_TRACE;
  await measure('storing', events, server, () => sendTraffic(server, traffic));
  await measure('analysing', events, server, () => analyse(server));
  await measure('export', EXPORTED, server, async () => {
    await exportLines(server, EXPORTED);
  });
  const expired = traffic.traceIds.slice(0, WORK_TRACES / 2);
  await server.end('SIGTERM');
  await letExpire(meter, expired);
  const eraser = await start({ RACEWAY_STORAGE_RETENTION_DAYS: '30' });
  await measure('retention', events / 2, eraser, () => untilErased(meter, expired));
  await measure('erasure by time', events / 2, eraser, () => eraseSince(eraser, sinceMs));
  await eraser.end('SIGTERM');
  return figures;
}

async function told(what: string, work: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  await work();
  console.error(`${what}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}
