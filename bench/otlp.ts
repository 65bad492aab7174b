import type { OtlpFormat } from '../src/domain/otlp/otlp-format.ts';
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import type { BatchShape } from './batches.ts';
import type { Load } from './load.ts';
import { key, type MeasuredServer, type Sink, startMeasured } from './programs.ts';
import { type Row, rowOf } from './results.ts';
import type { Scale } from './scale.ts';

interface OtlpCase {
  readonly format: OtlpFormat;
  readonly batchSize: number;
  readonly gzip: boolean;
}

const cases: readonly OtlpCase[] = (['protobuf', 'json'] as const).flatMap((format) => [
  { format, batchSize: 100, gzip: false },
  { format, batchSize: 512, gzip: false },
  { format, batchSize: 512, gzip: true },
]);

const SPANS = 20_000;
const CONNECTIONS = 16;
const [IDLE_WAIT_MS, IDLE_LOOK_MS] = [5000, 300];
/** Less in the time between two looks is no work. */
const IDLE_CPU_SECONDS = 0.03;
/** The part of what `/events` takes in the same time of the processor that is wished for. */
const leastOf: Readonly<Record<OtlpFormat, number>> = { protobuf: 1.2, json: 0.8 };

/** What is measured is ingest: the analysis goes on long after it, and would be counted with the next round. */
const raceDetectionOff = { RACEWAY_RACE_DETECTION_ENABLED: 'false' };

/**
 * Spans that are stored in a second of the server's processor time, against events of SDKs in batches of
 * the same size; and spans a second, against the bare sink of the same bodies.
 *
 * @param connection null: the memory backend
 */
export async function* measureOtlp(
  name: string,
  connection: PostgresConnection | null,
  load: Load,
  sink: Sink,
  scale: Scale,
): AsyncGenerator<Row> {
  const server = await startMeasured(connection, raceDetectionOff);
  for (const { format, batchSize, gzip } of cases.filter(shownIn(scale))) {
    const spans: BatchShape = { events: scale.events(SPANS), batchSize, gzip, otlp: format };
    const events: BatchShape = { events: scale.events(SPANS), batchSize, gzip };
    const perSecond: number[] = [];
    const ofSink: number[] = [];
    const perCpuSecond: number[] = [];
    const ofEvents: number[] = [];
    for (let round = 0; round <= scale.rounds; round += 1) {
      await load.prepare(spans, key);
      const bare = await load.send(sink.url, CONNECTIONS);
      const stored = await send(server, load, spans.events);
      await load.prepare(events, key);
      const asEvents = await send(server, load, events.events);
      // The first warms all up.
      if (round === 0) continue;
      perSecond.push(spans.events / stored.seconds);
      ofSink.push(bare.seconds / stored.seconds);
      perCpuSecond.push(spans.events / stored.cpuSeconds);
      ofEvents.push(asEvents.cpuSeconds / stored.cpuSeconds);
    }
    const what = `${name}: OTLP ${format}, batches of ${batchSize}${gzip ? ', gzip' : ''}`;
    yield rowOf({ what, unit: 'spans/s', ceiling: 'the bare sink' }, perSecond, ofSink);
    yield rowOf(
      {
        what,
        unit: 'spans/CPU s',
        ceiling: 'events at /events',
        target: { ratio: leastOf[format] },
      },
      perCpuSecond,
      ofEvents,
    );
  }
  await server.end('SIGTERM');
}

/** A run that only looks at the harness takes one of each format. */
function shownIn(scale: Scale): (one: OtlpCase) => boolean {
  return (one) => scale.includes({ ...one, connections: CONNECTIONS });
}

async function send(server: MeasuredServer, load: Load, count: number) {
  const before = await server.storedEvents();
  const cpuBefore = server.processorTime().all;
  const { seconds } = await load.send(server.url, CONNECTIONS);
  const cpuSeconds = server.processorTime().all - cpuBefore;
  const stored = (await server.storedEvents()) - before;
  // A request of HTTP is two events.
  if (stored < count) throw new Error(`${stored} events are stored of ${count} sent`);
  await untilIdle(server);
  return { seconds, cpuSeconds };
}

/** What a round leaves to be done, as packing, is not to be counted with the next. */
export async function untilIdle(server: MeasuredServer): Promise<void> {
  const endMs = performance.now() + IDLE_WAIT_MS;
  for (let before = -1; performance.now() < endMs; ) {
    const cpuSeconds = server.processorTime().all;
    if (cpuSeconds - before < IDLE_CPU_SECONDS) return;
    before = cpuSeconds;
    await new Promise((wake) => setTimeout(wake, IDLE_LOOK_MS));
  }
}
