import pg from 'pg';
import { readBatch } from '../src/domain/event/batch.ts';
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import { openPostgresStorage } from '../src/storage/postgres/open.ts';
import { keyless } from '../test/support/events.ts';
import { makeBodies } from './batches.ts';
import { createTraffic } from './traffic.ts';

/** Where events come from: bodies of `POST /events`, a part at a time. */
export type Bodies = Iterable<readonly Buffer[]>;

const EVENTS_PER_BODY = 5000;
/** Made at once: their texts are held in memory. */
const EVENTS_PER_PART = 50_000;
/** Appends under way at once: while one waits for the database, the next is read. */
const APPENDS_AT_ONCE = 3;
/** Recorded events that one trace is made of, as often as needed. */
const EVENTS_PER_STRETCH = 250;

/** Events of many small traces, each beginning a moment after the other. */
export function* smallTraces(events: number): Bodies {
  for (let made = 0; made < events; made += EVENTS_PER_PART) {
    const part = Math.min(EVENTS_PER_PART, events - made);
    yield makeBodies({ events: part, batchSize: EVENTS_PER_BODY, gzip: false });
  }
}

/** Events of one trace for each id. */
export function* longTraces(traceIds: readonly string[], eventsPerTrace: number): Bodies {
  const stretch = Math.min(EVENTS_PER_STRETCH, eventsPerTrace);
  const traffic = createTraffic(stretch);
  for (const traceId of traceIds) {
    const bodies: Buffer[] = [];
    for (let made = 0; made < eventsPerTrace; made += stretch) {
      const { events } = JSON.parse(traffic.nextTrace()) as { events: object[] };
      const joined = events.map((event) => ({ ...event, trace_id: traceId }));
      bodies.push(Buffer.from(JSON.stringify({ events: joined })));
    }
    yield bodies;
  }
}

/** A database of its own, on a server that other measurements use too. */
export async function freshDatabase(
  connection: PostgresConnection,
  name: string,
): Promise<PostgresConnection> {
  await runSql(connection, `CREATE DATABASE ${name}`);
  return { ...connection, database: name };
}

/** Stores events as the server would, without a server. Durations are neither judged nor learnt. */
export async function fillPostgres(connection: PostgresConnection, parts: Bodies): Promise<void> {
  const storage = await openPostgresStorage({
    connection,
    maxConnections: APPENDS_AT_ONCE,
    minConnections: 0,
    connectionTimeoutSeconds: 10,
    autoMigrate: true,
    anomalyDetection: false,
  });
  for (const part of parts) {
    const left = [...part];
    const append = async () => {
      for (let body = left.pop(); body !== undefined; body = left.pop()) {
        const events = readBatch(body)?.events ?? [];
        await storage.append(keyless(events), BigInt(Date.now()) * 1_000_000n);
      }
    };
    await Promise.all(Array.from({ length: APPENDS_AT_ONCE }, append));
  }
  await storage.close();
}

/**
 * Marks all traces as analysed, one in five as part of a race: a list takes as long as if the
 * analysis of so many had been waited for. Then does what autovacuum would have come to.
 */
export async function markAnalysed(connection: PostgresConnection): Promise<void> {
  await runSql(
    connection,
    `UPDATE traces SET
       analysed_events = event_count, compared_mark = compare_mark,
       race_count = greatest(race_count, CASE WHEN hashtext(trace_id) % 5 = 0 THEN 1 ELSE 0 END)
     WHERE analysed_events <> event_count OR compared_mark <> compare_mark`,
  );
  await runSql(connection, 'VACUUM (ANALYZE)');
}

export async function runSql(
  connection: PostgresConnection,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const { host, port, user, password, database } = connection;
  const client = new pg.Client({ host, port, user, password: password ?? '', database });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
