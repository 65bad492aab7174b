import pg from 'pg';
import { readBatch } from '../src/domain/event/batch.ts';
import type { EventRecord } from '../src/domain/event/event.ts';
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import type { Query } from '../src/storage/postgres/connection/query.ts';
import { planAppend, runAppend } from '../src/storage/postgres/events/append.ts';
import { PostgresLatency } from '../src/storage/postgres/events/latency.ts';
import { keyless } from '../test/support/events.ts';
import { makeBodies } from './batches.ts';
import { CopyIn } from './copy.ts';
import type { Load } from './load.ts';
import { key, startMeasured } from './programs.ts';
import { type Row, rowOf } from './results.ts';
import type { Scale } from './scale.ts';

const EVENTS = 20_000;
const BATCH_SIZE = 100;
/** Events in a transaction of the bare writer: what the server takes at most. */
const EVENTS_PER_COMMIT = 1000;

/** Writes the events of one transaction; everything else is the same for all ways. */
type WriteEvents = (client: pg.Client, events: readonly EventRecord[], own: Query) => Promise<void>;

/** Everything that an append writes, the rows of events first. */
interface Commit {
  readonly events: readonly EventRecord[];
  readonly writes: readonly Query[];
}

const COLUMNS = `trace_id, id, parent_id, timestamp_text, timestamp_ns, occurred_at, kind, service,
  operation, is_error, payload, metadata, causality_vector, lock_set, extra, received_at`;
const TYPES = [
  ...['text', 'uuid', 'uuid', 'text', 'bigint', 'timestamptz', 'text', 'text', 'text', 'boolean'],
  ...['json', 'json', 'json', 'json', 'json', 'timestamptz'],
];

const ways: Readonly<Record<string, WriteEvents>> = {
  json_to_recordset: async (client, _events, own) => {
    await client.query(own.text, [...(own.values ?? [])]);
  },
  unnest: async (client, events) => {
    const rows = events.map(valuesOf);
    const lists = TYPES.map((_, column) => rows.map((row) => row[column] ?? null));
    const parameters = TYPES.map((type, column) => `$${column + 1}::${type}[]`);
    await client.query(
      `INSERT INTO events (${COLUMNS}) SELECT * FROM unnest(${parameters.join(', ')})
       ON CONFLICT (trace_id, id) DO NOTHING`,
      lists,
    );
  },
  'COPY and INSERT': async (client, events) => {
    await client.query('CREATE TEMP TABLE arrived (LIKE events) ON COMMIT DROP');
    const data = Buffer.from(events.map((event) => `${copyLine(event)}\n`).join(''));
    const copy = new CopyIn(`COPY arrived (${COLUMNS}) FROM STDIN`, data);
    client.query(copy);
    await copy.done;
    await client.query(
      `INSERT INTO events (${COLUMNS}) SELECT ${COLUMNS} FROM arrived
       ON CONFLICT (trace_id, id) DO NOTHING`,
    );
  },
};

/**
 * The ceiling of Postgres: a script that knows beforehand what the server would write into every
 * table, and writes it over one connection. The best way in each round counts.
 */
export async function* measureBareWriter(
  connection: PostgresConnection,
  load: Load,
  scale: Scale,
): AsyncGenerator<Row> {
  const server = await startMeasured(connection);
  const { host, port, user, password, database } = connection;
  const client = new pg.Client({ host, port, user, password: password ?? '', database });
  await client.connect();
  const shape = { events: scale.events(EVENTS), batchSize: BATCH_SIZE, gzip: false };
  const names = Object.keys(ways);
  const rates = new Map(names.map((name) => [name, [] as number[]]));
  const served: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round <= scale.rounds; round += 1) {
    const bare: number[] = [];
    for (const [name, write] of Object.entries(ways)) {
      const commits = await commitsOf(makeBodies(shape));
      const startedMs = performance.now();
      for (const commit of commits) await writeCommit(client, commit, write);
      const rate = (shape.events * 1000) / (performance.now() - startedMs);
      bare.push(rate);
      if (round > 0) rates.get(name)?.push(rate);
    }
    await load.prepare(shape, key);
    const before = await server.storedEvents();
    const { seconds } = await load.send(server.url, 16);
    const count = (await server.storedEvents()) - before;
    if (count !== shape.events) throw new Error(`${count} of ${shape.events} events are stored`);
    await server.settled();
    if (round === 0) continue;
    served.push(shape.events / seconds);
    ratios.push(shape.events / seconds / Math.max(...bare));
  }
  await client.end();
  await server.end('SIGTERM');
  for (const name of names) {
    yield rowOf({ what: `bare writer: ${name}`, unit: 'events/s' }, rates.get(name) ?? []);
  }
  yield rowOf(
    {
      what: `Postgres: batches of ${BATCH_SIZE}, 16 connections`,
      unit: 'events/s',
      ceiling: 'the best bare writer',
      target: { ratio: 0.7 },
    },
    served,
    ratios,
  );
}

/** What the server would write, noted instead of written. */
async function commitsOf(bodies: readonly Buffer[]): Promise<Commit[]> {
  const latency = new PostgresLatency();
  const perCommit = EVENTS_PER_COMMIT / BATCH_SIZE;
  const commits: Commit[] = [];
  for (let at = 0; at < bodies.length; at += perCommit) {
    const requests = bodies.slice(at, at + perCommit).map((body) => readBatch(body)?.events ?? []);
    const plan = planAppend(keyless(...requests));
    const writes: Query[] = [];
    const note = async (query: Query): Promise<unknown[][]> => {
      const isWrite = /^\s*INSERT/.test(query.text);
      if (isWrite) writes.push(query);
      if (writes.length > 1 || !isWrite) return [];
      return plan.events.map(({ traceId, id }) => [traceId, id]);
    };
    const session = Object.assign(note, { named: async () => [] });
    await runAppend(session, plan, BigInt(Date.now()) * 1_000_000n, latency);
    commits.push({ events: plan.events, writes });
  }
  return commits;
}

async function writeCommit(client: pg.Client, commit: Commit, write: WriteEvents): Promise<void> {
  const [own, ...others] = commit.writes;
  if (own === undefined) return;
  await client.query('BEGIN');
  await write(client, commit.events, own);
  for (const { text, values } of others) await client.query(text, [...(values ?? [])]);
  await client.query('COMMIT');
}

/** In the order of {@link COLUMNS}. */
function valuesOf(event: EventRecord): (string | null)[] {
  return [
    ...[event.traceId, event.id, event.parentId, event.timestamp, String(event.timestampNs)],
    ...[new Date(Number(event.timestampNs / 1_000_000n)).toISOString(), event.kind, event.service],
    ...[event.operation, String(event.isError), event.payload, event.metadata, event.vector],
    ...[event.lockSet, event.extra === '' ? null : event.extra, new Date().toISOString()],
  ];
}

function copyLine(event: EventRecord): string {
  return valuesOf(event)
    .map((value) => value?.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? '') ?? '\\N')
    .join('\t');
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};
