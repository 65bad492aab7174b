import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import type { BatchShape } from './batches.ts';
import type { Load } from './load.ts';
import { key, type MeasuredServer, type Sink, startMeasured } from './programs.ts';
import { type Row, rowOf } from './results.ts';
import { type Scale, TARGET_FACTOR } from './scale.ts';

interface IngestCase {
  readonly batchSize: number;
  readonly connections: number;
  readonly gzip: boolean;
}

const cases: readonly IngestCase[] = [1, 10, 100, 500].flatMap((batchSize) =>
  [1, 16, 256].flatMap((connections) =>
    (batchSize === 100 && connections === 16 ? [false, true] : [false]).map((gzip) => ({
      batchSize,
      connections,
      gzip,
    })),
  ),
);

/** Most events of a round: single events are slow, and as many rounds of each are wanted. */
const SINGLE_EVENTS = 4000;
const BATCHED_EVENTS = 20_000;

/**
 * Events a second that are stored, for every size of batch, against the bare sink in the same round.
 *
 * @param connection null: the memory backend
 */
export async function* measureIngest(
  name: string,
  connection: PostgresConnection | null,
  load: Load,
  sink: Sink,
  scale: Scale,
  settings: Readonly<Record<string, string>> = {},
  chosen: (one: IngestCase) => boolean = () => true,
): AsyncGenerator<Row> {
  const server = await startMeasured(connection, settings);
  for (const one of cases.filter(chosen).filter(scale.includes)) {
    const least = leastOf(name, one);
    const factor = least === null ? 1 : TARGET_FACTOR;
    const rounds = scale.rounds * factor;
    const events = scale.events(factor * (one.batchSize === 1 ? SINGLE_EVENTS : BATCHED_EVENTS));
    const shape = { events, batchSize: one.batchSize, gzip: one.gzip };
    const rates: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const { rate, ratio } = await roundOf(server, sink, load, shape, one.connections);
      // The first warms both up.
      if (round === 0) continue;
      rates.push(rate);
      ratios.push(ratio);
    }
    yield rowOf(
      {
        what:
          `${name}: batches of ${one.batchSize}, ${one.connections} connections` +
          `${one.gzip ? ', gzip' : ''}`,
        unit: 'events/s',
        ceiling: 'the bare sink',
        ...(least === null ? {} : { target: { ratio: least } }),
      },
      rates,
      ratios,
    );
  }
  await server.end('SIGTERM');
}

/** The part of the ceiling that is wished for; null: of this case none. */
function leastOf(name: string, { batchSize, connections, gzip }: IngestCase): number | null {
  if (gzip) return null;
  const wished: Readonly<Record<string, number>> = {
    'memory 100 16': 0.4,
    'memory, analysis off 100 16': 0.6,
    'memory 1 16': 0.6,
    'Postgres 1 256': 0.4,
  };
  return wished[`${name} ${batchSize} ${connections}`] ?? null;
}

/** Sends the same requests to the sink and to the server, and counts what the server has then. */
async function roundOf(
  server: MeasuredServer,
  sink: Sink,
  load: Load,
  shape: BatchShape,
  connections: number,
): Promise<{ rate: number; ratio: number }> {
  await load.prepare(shape, key);
  const bare = await load.send(sink.url, connections);
  const before = await server.storedEvents();
  const stored = await load.send(server.url, connections);
  const count = (await server.storedEvents()) - before;
  if (count !== shape.events) throw new Error(`${count} of ${shape.events} events are stored`);
  await server.settled();
  return { rate: shape.events / stored.seconds, ratio: bare.seconds / stored.seconds };
}
