import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import { freshDatabase } from './fill.ts';
import type { Load } from './load.ts';
import { key, type MeasuredServer, startMeasured } from './programs.ts';
import { type Row, rowOf } from './results.ts';
import type { Scale } from './scale.ts';
import { BATCH_SIZE } from './stream.ts';

const INSTANCES = 4;
/** So many that each instance has enough waiting to fill its transactions. */
const CONNECTIONS = 64;
const EVENTS = 20_000;

/** Events a second that four instances on one database store together, against one alone. */
export async function* measureScaleOut(
  connection: PostgresConnection,
  load: Load,
  scale: Scale,
): AsyncGenerator<Row> {
  const database = await freshDatabase(connection, 'scale_out');
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= scale.rounds; round += 1) {
    const one = await rateOf(1, database, load, scale);
    const all = await rateOf(INSTANCES, database, load, scale);
    // The first warms the database up.
    if (round === 0) continue;
    rates.push(all);
    ratios.push(all / one);
  }
  yield rowOf(
    {
      what: `Postgres: ${INSTANCES} instances, batches of ${BATCH_SIZE}, ${CONNECTIONS} connections`,
      unit: 'events/s',
      ceiling: 'one instance',
      target: { ratio: 1 },
    },
    rates,
    ratios,
  );
}

/** Instances are started for it, and warmed up by as many events each. */
async function rateOf(
  instances: number,
  database: PostgresConnection,
  load: Load,
  scale: Scale,
): Promise<number> {
  const servers: MeasuredServer[] = [];
  for (let count = 0; count < instances; count += 1) servers.push(await startMeasured(database));
  const urls = servers.map(({ url }) => url);
  const [first] = servers as [MeasuredServer];
  const shape = { events: scale.events(EVENTS), batchSize: BATCH_SIZE, gzip: false };
  await load.prepare({ ...shape, events: scale.events(EVENTS / 2) * instances }, key);
  await load.send(urls, CONNECTIONS);
  await first.settled();
  await load.prepare(shape, key);
  const before = await first.storedEvents();
  const { seconds } = await load.send(urls, CONNECTIONS);
  const count = (await first.storedEvents()) - before;
  if (count !== shape.events) throw new Error(`${count} of ${shape.events} events are stored`);
  for (const server of servers) await server.end('SIGTERM');
  return shape.events / seconds;
}
