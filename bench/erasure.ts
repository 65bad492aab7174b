/**
 * What an erasure costs writers: the time that an ingest request takes while nothing else happens,
 * while a tag is erased, and while retention erases the rest; then whether anything is left.
 *
 *     npm run bench:erasure -- [events stored before, default 1000000]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { readBatch } from '../src/domain/batch.ts';
import { everything } from '../src/domain/trace-selection.ts';
import { eraseSelection } from '../src/storage/erasure.ts';
import { openPostgresStorage } from '../src/storage/postgres/open.ts';
import { Retention } from '../src/storage/retention.ts';
import { freshSchema, poolOptions, run } from '../test/support/postgres.ts';

const EVENTS_PER_TRACE = 10;
const TRACES_PER_REQUEST = 50;
const DAY_MS = 86_400_000;
/** Time between two requests of the writer that is measured. */
const INTERVAL_MS = 20;

const eventsWanted = Number(process.argv[2] ?? 1_000_000);
let counter = 0;

/** Requests of traces that are some days old; those of one in a hundred are the subject's. */
function traffic(daysAgo: number, traces: number) {
  const startMs = Date.now() - daysAgo * DAY_MS;
  const events = Array.from({ length: traces }, () => {
    counter += 1;
    const isSubject = counter % 100 === 0;
    const person = isSubject ? 'subject' : `person-${counter}`;
    return Array.from({ length: EVENTS_PER_TRACE }, (_, index) => ({
      id: crypto.randomUUID(),
      trace_id: crypto.randomUUID(),
      parent_id: null,
      timestamp: new Date(startMs + index).toISOString(),
      kind: {
        StateChange: {
          variable: `db:accounts.${counter % 1000}`,
          new_value: person,
          location: 'accounts.ts:12',
          access_type: 'Read',
        },
      },
      metadata: {
        thread_id: 'main',
        process_id: 1,
        service_name: 'shop',
        environment: 'bench',
        tags: { user: person },
        duration_ns: null,
      },
    })).map((event, _index, all) => ({ ...event, trace_id: all[0]?.trace_id }));
  }).flat();
  const batch = readBatch(JSON.stringify({ events }));
  if (batch === null || batch.rejected.length > 0) throw new Error('the traffic is no good');
  return batch.events;
}

const schema = await freshSchema();
const storage = await openPostgresStorage({ ...poolOptions(schema.connection), autoMigrate: true });
const nowNs = () => BigInt(Date.now()) * 1_000_000n;

const perRequest = TRACES_PER_REQUEST * EVENTS_PER_TRACE;
for (let stored = 0; stored < eventsWanted; stored += perRequest) {
  await storage.append([traffic(40, TRACES_PER_REQUEST)], nowNs());
}
console.log(`${eventsWanted} events stored`);

/** Writes small requests while something happens; gives what they took, in milliseconds. */
async function whileWriting(work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const isDone = work().then(() => true);
  const later = () => pause(INTERVAL_MS).then(() => false);
  do {
    const events = traffic(1, 5);
    const startedMs = performance.now();
    await storage.append([events], nowNs());
    took.push(performance.now() - startedMs);
  } while (!(await Promise.race([isDone, later()])));
  await isDone;
  return took;
}

function report(name: string, took: number[]): number {
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(share * (took.length - 1))] ?? 0;
  const [p50, p99] = [at(0.5), at(0.99)].map((ms) => ms.toFixed(1));
  console.log(`${name}: ${took.length} requests, p50 ${p50} ms, p99 ${p99} ms`);
  return at(0.99);
}

const idle = report('idle', await whileWriting(() => pause(20_000)));
const selection = { ...everything, tags: [{ key: 'user', value: 'subject' }], untilNs: nowNs() };
let erased = 0;
const erasing = await whileWriting(async () => {
  const { deleted } = await eraseSelection(storage, selection, false, pause);
  erased = deleted.events;
});
const erasure = report(`erasing ${erased} events by tag`, erasing);
const stillThere = await eraseSelection(
  storage,
  { ...selection, untilNs: nowNs() - BigInt(30 * DAY_MS) * 1_000_000n },
  true,
  pause,
);
const log = { info: console.log, warn: console.warn, error: console.error };
const retention = new Retention(storage, 30, log);
const expiring = report('retention', await whileWriting(() => retention.run()));

const tables = await run(
  schema.connection,
  `SELECT relname FROM pg_class
   WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')`,
);
let old = 0;
for (const { relname } of tables) {
  const [row] = await run(
    schema.connection,
    `SELECT count(*) AS count FROM "${relname}" AS t WHERE row_to_json(t)::text LIKE $1`,
    [`%${new Date(Date.now() - 40 * DAY_MS).toISOString().slice(0, 10)}T%`],
  );
  old += Number(row?.['count']);
}
console.log(
  `rows that still name the subject: ${stillThere.matchedTraces}, the erased day: ${old}`,
);
const ratio = Math.max(erasure, expiring) / idle;
console.log(`the worst p99 is ${ratio.toFixed(2)} times the idle one`);
await storage.close();
await schema.drop();
process.exitCode = stillThere.matchedTraces === 0 && old === 0 && ratio < 3 ? 0 : 1;
