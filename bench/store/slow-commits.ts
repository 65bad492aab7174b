import pg from 'pg';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import type { StoppablePostgres } from '../../test/support/postgres-server.ts';
import { freshDatabase, runSql } from '../fill.ts';
import { type MeasuredServer, startMeasured } from '../programs.ts';
import { median } from '../results.ts';
import { makeTraffic, sendTraffic, type Traffic } from './work.ts';

const INSTANCES = 4;
/** What each commit of events takes longer: as across an ocean, and far longer than any processor is waited for. */
const COMMIT_MS = 400;
/** From one look at who waits for a lock to the next. */
const LOOK_MS = 100;
/** Requests of one transaction each; as many are under way on each instance as it writes at once. */
const REQUESTS = 80;
const REQUESTS_SMOKE = 64;
const ROUNDS = 3;
const SENDERS_PER_INSTANCE = 2;

/** Once per transaction that stores events, just before it commits. */
const slowCommit = `
  CREATE FUNCTION bench_slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF coalesce(current_setting('bench.slept', true), '') = '' THEN
      PERFORM set_config('bench.slept', 'yes', true);
      PERFORM pg_sleep(${COMMIT_MS / 1000});
    END IF;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER bench_slow_commit AFTER INSERT ON events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bench_slow_commit()`;

/** Transactions a second of four instances whose commits are slow, with durations learnt and without, by turns. */
export async function measureSlowCommits(
  postgres: StoppablePostgres,
  isSmoke: boolean,
): Promise<void> {
  const rates = { on: [] as number[], off: [] as number[] };
  const waits = { on: new Map<string, number>(), off: new Map<string, number>() };
  const looks = { on: 0, off: 0 };
  const requests = isSmoke ? REQUESTS_SMOKE : REQUESTS;
  for (let round = 0; round <= (isSmoke ? 0 : ROUNDS); round += 1) {
    for (const mode of ['off', 'on'] as const) {
      const connection = await freshDatabase(postgres.connection, `slow_${mode}_${round}`);
      const servers = await startInstances(connection, mode);
      await runSql(connection, slowCommit);
      const watch = await watchLocks(connection, waits[mode]);
      const perSecond = await rateOf(servers, requests);
      looks[mode] += await watch.end();
      for (const server of servers) await server.end('SIGTERM');
      // The first warms up.
      if (round > 0 || isSmoke) rates[mode].push(perSecond);
    }
  }
  const [on, off] = [median(rates.on), median(rates.off)];
  console.log(`durations not learnt: ${off.toFixed(1)} transactions/s (${rounded(rates.off)})`);
  console.log(`durations learnt: ${on.toFixed(1)} transactions/s (${rounded(rates.on)})`);
  console.log(`with against without: ${((on / off) * 100).toFixed(0)} %`);
  for (const mode of ['off', 'on'] as const) {
    const seen = [...waits[mode]].map(([table, count]) => `${table} ${count}`).join(', ');
    console.log(`waits for locks seen (${mode}) in ${looks[mode]} looks: ${seen || 'none'}`);
  }
}

function rounded(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(', ');
}

async function startInstances(
  connection: PostgresConnection,
  mode: 'on' | 'off',
): Promise<readonly MeasuredServer[]> {
  const servers: MeasuredServer[] = [];
  for (let count = 0; count < INSTANCES; count += 1) {
    servers.push(
      await startMeasured(connection, {
        RACEWAY_ANOMALY_DETECTION_ENABLED: String(mode === 'on'),
        RACEWAY_ENGINE_BATCH_SIZE: '1',
      }),
    );
  }
  return servers;
}

/** Each instance is sent its requests one after the other, on as many connections as it has writers. */
async function rateOf(servers: readonly MeasuredServer[], requests: number): Promise<number> {
  const parts = servers.flatMap((server) =>
    Array.from({ length: SENDERS_PER_INSTANCE }, () => ({
      server,
      traffic: singleTraces(Math.ceil(requests / servers.length / SENDERS_PER_INSTANCE)),
    })),
  );
  const startedMs = performance.now();
  await Promise.all(
    parts.map(async ({ server, traffic }) => {
      for (const one of traffic) await sendTraffic(server, one);
    }),
  );
  const count = parts.reduce((sum, { traffic }) => sum + traffic.length, 0);
  return (count * 1000) / (performance.now() - startedMs);
}

/** Traffic of one trace each: requests of twenty events. */
function singleTraces(count: number): readonly Traffic[] {
  return Array.from({ length: count }, () => makeTraffic(1));
}

/** Looks who waits for a lock, and notes the table that the statement begins with. */
async function watchLocks(connection: PostgresConnection, seen: Map<string, number>) {
  const { host, port, user, password, database } = connection;
  const client = new pg.Client({ host, port, user, password: password ?? '', database });
  await client.connect();
  let isEnded = false;
  let looks = 0;
  const watching = (async () => {
    while (!isEnded) {
      const { rows } = await client.query<{ query: string }>(
        `SELECT query FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      for (const { query } of rows) {
        const table = /(?:INTO|UPDATE|FROM)\s+(\w+)/i.exec(query)?.[1] ?? query.slice(0, 40);
        seen.set(table, (seen.get(table) ?? 0) + 1);
      }
      looks += 1;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
    await client.end();
  })();
  return {
    async end(): Promise<number> {
      isEnded = true;
      await watching;
      return looks;
    },
  };
}
