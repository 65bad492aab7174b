/**
 * What an erasure costs writers: the time that an ingest request takes while a tag is erased and while
 * retention erases the rest, against the time while nothing else happens. In rounds, a part of the
 * traces in each, so that what else the machine does falls on all three alike; then whether anything
 * is left.
 *
 *     npm run bench:erasure -- [events stored before, default 1000000]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { readBatch } from '../src/domain/event/batch.ts';
import { everything } from '../src/domain/trace/trace-selection.ts';
import { eraseSelection } from '../src/storage/erasure.ts';
import { openPostgresStorage } from '../src/storage/postgres/open.ts';
import { Retention } from '../src/storage/retention.ts';
import { keyless } from '../test/support/events.ts';
import { freshSchema, poolOptions, run } from '../test/support/postgres.ts';

const EVENTS_PER_TRACE = 10;
const TRACES_PER_REQUEST = 50;
const ROUNDS = 10;
const IDLE_MS = 3000;
const DAY_MS = 86_400_000;
/** Traces of the first round are that old, those of each later one a day younger. */
const OLDEST_DAYS = 50;
/** Time between two requests of the writer that is measured. */
const INTERVAL_MS = 20;

const eventsWanted = Number(process.argv[2] ?? 1_000_000);
let counter = 0;

/** Traces that are some days old, each of a person; one person in three is the subject. */
function traffic(daysAgo: number, traces: number, person: string) {
  const startMs = Date.now() - daysAgo * DAY_MS;
  const events = Array.from({ length: traces }, () => {
    counter += 1;
    const traceId = crypto.randomUUID();
    const user = counter % 3 === 0 && person === 'person' ? 'subject' : `${person}-${counter}`;
    return Array.from({ length: EVENTS_PER_TRACE }, (_, index) => ({
      id: crypto.randomUUID(),
      trace_id: traceId,
      parent_id: null,
      timestamp: new Date(startMs + index).toISOString(),
      kind: {
        StateChange: {
          variable: `db:accounts.${counter % 1000}`,
          new_value: user,
          location: 'accounts.ts:12',
          access_type: 'Read',
        },
      },
      metadata: {
        thread_id: 'main',
        process_id: 1,
        service_name: 'shop',
        environment: 'bench',
        tags: { user },
        duration_ns: index % 3 === 0 ? 1_000_000 : null,
      },
    }));
  }).flat();
  const batch = readBatch(Buffer.from(JSON.stringify({ events })));
  if (batch === null || batch.rejected.length > 0) throw new Error('the traffic is no good');
  return batch.events;
}

const schema = await freshSchema();
const storage = await openPostgresStorage({ ...poolOptions(schema.connection), autoMigrate: true });
const nowNs = () => BigInt(Date.now()) * 1_000_000n;

const perRequest = TRACES_PER_REQUEST * EVENTS_PER_TRACE;
for (let stored = 0; stored < eventsWanted; stored += perRequest) {
  const round = Math.floor((ROUNDS * stored) / eventsWanted);
  await storage.append(
    keyless(traffic(OLDEST_DAYS - round, TRACES_PER_REQUEST, 'person')),
    nowNs(),
  );
}
console.log(`${eventsWanted} events stored`);

/** What requests took while one thing happened, in milliseconds, over all rounds. */
class Phase {
  readonly #name: string;
  readonly #took: number[] = [];
  #seconds = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Writes small requests while something happens. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const begunMs = performance.now();
    let isDone = false;
    const working = work().finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const events = traffic(1, 5, 'visitor');
      const startedMs = performance.now();
      await storage.append(keyless(events), nowNs());
      this.#took.push(performance.now() - startedMs);
      await Promise.race([working, pause(INTERVAL_MS)]);
    }
    this.#seconds += (performance.now() - begunMs) / 1000;
    return working;
  }

  /** Prints the figures; gives the 99th percentile. */
  report(): number {
    this.#took.sort((a, b) => a - b);
    const at = (share: number) => this.#took[Math.floor(share * (this.#took.length - 1))] ?? 0;
    const figures = [0.5, 0.9, 0.99].map((share) => `p${100 * share} ${at(share).toFixed(1)} ms`);
    const seconds = this.#seconds.toFixed(0);
    console.log(
      `${this.#name}: ${seconds} s, ${this.#took.length} requests, ${figures.join(', ')}`,
    );
    return at(0.99);
  }
}

const [idle, erasing, expiring] = ['idle', 'erasing by tag', 'retention'].map(
  (name) => new Phase(name),
) as [Phase, Phase, Phase];
const log = { info() {}, warn: console.warn, error: console.error };
let erasedEvents = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const days = OLDEST_DAYS - round - 0.5;
  await idle.during(() => pause(IDLE_MS));
  const selection = {
    ...everything,
    tags: [{ key: 'user', value: 'subject' }],
    untilNs: nowNs() - BigInt(days * DAY_MS) * 1_000_000n,
  };
  const { erased } = await erasing.during(() => eraseSelection(storage, selection, false, pause));
  erasedEvents += erased.events;
  await idle.during(() => pause(IDLE_MS));
  await expiring.during(() => new Retention(storage, days, log).run());
}
console.log(`${erasedEvents} events erased by tag, the rest by retention`);
const idleP99 = idle.report();
const ratio = Math.max(erasing.report(), expiring.report()) / idleP99;

const tables = await run(
  schema.connection,
  `SELECT relname FROM pg_class
   WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')`,
);
let left = 0;
for (const { relname } of tables) {
  const [row] = await run(
    schema.connection,
    `SELECT count(*) AS count FROM "${relname}" AS t
     WHERE row_to_json(t)::text LIKE ANY (ARRAY['%subject%', '%person-%'])`,
  );
  left += Number(row?.['count']);
}
console.log(`rows that still name the subject or the expired: ${left}`);
console.log(`the worst p99 is ${ratio.toFixed(2)} times the idle one`);
await storage.close();
await schema.drop();
process.exitCode = left === 0 && ratio < 3 ? 0 : 1;
