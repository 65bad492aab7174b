import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import { EVENTS_PER_TRACE } from './batches.ts';
import { freshDatabase } from './fill.ts';
import { Load, type LoadOutcome } from './load.ts';
import { loadOfMachine } from './processor-time.ts';
import { key, type MeasuredServer, startMeasured } from './programs.ts';
import { type Row, rowOf } from './results.ts';
import type { Scale } from './scale.ts';
import { BATCH_SIZE, CONNECTIONS } from './stream.ts';

/** What goes on beside ordinary traffic. */
export type Beside = 'nothing' | 'a storm' | 'a giant';

const PROBE_PAUSE_MS = 250;
const LOOK_PAUSE_MS = 100;
/** One page of `/api/races`, newest first, has all probes of a run. */
const PROBES_MAX = 100;
/** How long findings are waited for once no event comes any more. */
const WAIT_MS = 300_000;
const FINDING_P99_MS = 5000;
const FULL_SPEED_EVENTS = 20_000;
const STORM_TRACES = 2000;
const GIANT_EVENTS = 60_000;
const GIANT_PART = 2000;
const BACKLOG_EVENTS = 100_000;
const READS = 100;
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

/**
 * How long findings take while ordinary traffic arrives at half of the highest rate: from the reply to the
 * last event of two requests that race to the first answer of `/api/races` that has their race.
 */
export async function* measureFindings(
  name: string,
  connection: PostgresConnection | null,
  load: Load,
  scale: Scale,
  instances: number,
  besides: readonly Beside[],
): AsyncGenerator<Row> {
  for (const beside of scale.allTraffic ? besides : besides.slice(0, 1)) {
    const database =
      connection === null
        ? null
        : await freshDatabase(connection, `findings_${instances}_${besides.indexOf(beside)}`);
    const servers: MeasuredServer[] = [];
    for (let count = 0; count < instances; count += 1) servers.push(await startMeasured(database));
    const urls = servers.map(({ url }) => url);
    const [first] = servers as [MeasuredServer];
    const shape = { batchSize: BATCH_SIZE, gzip: false, traffic: 'ordinary' } as const;
    await load.prepare({ ...shape, events: scale.events(FULL_SPEED_EVENTS) }, key);
    const { seconds } = await load.send(urls, CONNECTIONS);
    const perSecond = scale.events(FULL_SPEED_EVENTS) / seconds / 2;
    await first.settled(WAIT_MS);
    await load.prepare({ ...shape, events: Math.ceil(perSecond * scale.followedSeconds) }, key);
    const sending = load.send(urls, CONNECTIONS, perSecond / BATCH_SIZE);
    const besideLoad = beside === 'nothing' ? Promise.resolve() : sendBeside(beside, first.url);
    const { delays, analysed } = await followProbes(first, sending);
    await besideLoad;
    for (const server of servers) await server.end('SIGTERM');
    const sorted = delays.toSorted((a, b) => a - b);
    const what =
      `${name}: a finding, ${Math.round(perSecond)} events/s of ordinary traffic` +
      `${beside === 'nothing' ? '' : ` beside ${beside}`}`;
    yield {
      what,
      value: sorted[Math.floor(0.99 * (sorted.length - 1))] ?? Number.NaN,
      unit: 'ms p99',
      spread: [sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, sorted.at(-1) ?? Number.NaN],
      spreadNames: ['p50', 'most'],
      ratio: null,
      ceiling: '',
      target: { most: FINDING_P99_MS },
    };
    yield rowOf({ what: `${what}: analysed meanwhile`, unit: 'events/s' }, [analysed]);
    yield rowOf({ what: `${what}: load of the machine`, unit: 'processes' }, [loadOfMachine()]);
  }
}

/** Two requests that race are sent every now and then until the traffic ends; each race has a name of its own. */
async function followProbes(server: MeasuredServer, sending: Promise<LoadOutcome>) {
  const sent = new Map<string, number>();
  const delays: number[] = [];
  let isEnded = false;
  let analysed = 0;
  const already = await server.storedEvents();
  const startedMs = performance.now();
  const traffic = sending.then(async () => {
    isEnded = true;
    const { waiting_traces: waiting } = (await analysisOf(server)) as { waiting_traces: number };
    const seconds = (performance.now() - startedMs) / 1000;
    const stored = await server.storedEvents();
    analysed = (stored - already - waiting * EVENTS_PER_TRACE) / seconds;
  });
  const looking = (async () => {
    const endMs = performance.now() + 2 * WAIT_MS;
    while ((!isEnded || sent.size > 0) && performance.now() < endMs) {
      const path = `/api/races?service=probe&sort=last_seen&page_size=${PROBES_MAX}`;
      const { issues } = (await server.get(path)) as { issues: { variable: string }[] };
      const nowMs = performance.now();
      for (const { variable } of issues) {
        const sentMs = sent.get(variable);
        if (sentMs === undefined) continue;
        delays.push(nowMs - sentMs);
        sent.delete(variable);
      }
      await rest(LOOK_PAUSE_MS);
    }
  })();
  for (let number = 0; !isEnded && number < PROBES_MAX; number += 1) {
    const variable = `db:probe.${lettersOf(number)}`;
    await post(server.url, probe(variable));
    sent.set(variable, performance.now());
    await rest(PROBE_PAUSE_MS);
  }
  await Promise.all([traffic, looking]);
  if (sent.size > 0) throw new Error(`${sent.size} races were never found`);
  return { delays, analysed };
}

async function analysisOf(server: MeasuredServer): Promise<unknown> {
  return ((await server.get('/status')) as { analysis: unknown }).analysis;
}

/** Two requests that read one value, and then both write. */
function probe(variable: string): readonly object[] {
  const nowMs = Date.now() - 100;
  return [0, 1].flatMap((request) => {
    const trace_id = crypto.randomUUID();
    const step = (atMs: number, access_type: string, new_value: number) => ({
      id: crypto.randomUUID(),
      trace_id,
      parent_id: null,
      timestamp: new Date(nowMs + atMs).toISOString(),
      kind: {
        StateChange: { variable, old_value: null, new_value, location: 'probe.ts:1', access_type },
      },
      metadata: {
        thread_id: `thread-${request}`,
        process_id: 1,
        service_name: 'probe',
        environment: 'bench',
        tags: {},
        duration_ns: null,
        instance_id: 'probe-1',
      },
      causality_vector: [],
      lock_set: [],
    });
    return [step(10 * request, 'Read', 1), step(50 + 10 * request, 'Write', 2 + request)];
  });
}

/** Digits in names of variables are rows of one table. */
function lettersOf(number: number): string {
  return [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
}

async function post(url: string, events: readonly object[]): Promise<void> {
  for (;;) {
    const body = JSON.stringify({ events });
    const reply = await fetch(`${url}/events`, { method: 'POST', headers, body });
    await reply.arrayBuffer();
    if (reply.status === 200) return;
    if (reply.status !== 503) throw new Error(`POST was answered with ${reply.status}`);
    await rest(PROBE_PAUSE_MS);
  }
}

/** In the midst of the ordinary traffic, as fast as one connection allows. */
async function sendBeside(beside: 'a storm' | 'a giant', url: string): Promise<void> {
  if (beside === 'a storm') {
    const own = new Load();
    const shape = { events: STORM_TRACES * EVENTS_PER_TRACE, batchSize: BATCH_SIZE, gzip: false };
    await own.prepare({ ...shape, traffic: 'storm' }, key);
    await own.send(url, 1);
    own.end();
    return;
  }
  const trace = crypto.randomUUID();
  for (let made = 0; made < GIANT_EVENTS; made += GIANT_PART) {
    const part = Array.from({ length: GIANT_PART }, (_, place) => {
      const [event] = probe(`giant.${(made + place) % 50}`) as [Record<string, unknown>];
      const timestamp = new Date(Date.now() + made + place).toISOString();
      return { ...event, trace_id: trace, timestamp };
    });
    await post(url, part);
  }
}

/**
 * How fast what was stored at full rate is worked off, against the rate that made it; and what a reader of
 * small traces waits beside it, against a time when nothing waits.
 */
export async function* measureBacklog(
  name: string,
  connection: PostgresConnection | null,
  load: Load,
  scale: Scale,
): AsyncGenerator<Row> {
  const kinds = ['ordinary', 'dense'] as const;
  for (const traffic of scale.allTraffic ? kinds : kinds.slice(0, 1)) {
    const database =
      connection === null ? null : await freshDatabase(connection, `backlog_${traffic}`);
    const events = scale.events(BACKLOG_EVENTS);
    const settings =
      connection === null
        ? { RACEWAY_STORAGE_MEMORY_MAX_BYTES: String(bytesFor(scale.events(BACKLOG_EVENTS))) }
        : {};
    const server = await startMeasured(database, settings);
    const shape = { batchSize: BATCH_SIZE, gzip: false, traffic };
    await load.prepare({ ...shape, events: scale.events(FULL_SPEED_EVENTS) }, key);
    await load.send(server.url, CONNECTIONS);
    await server.settled(WAIT_MS);
    const alone = await readTraces(server, load);
    await load.prepare({ ...shape, events }, key);
    const { seconds } = await load.send(server.url, CONNECTIONS);
    const startedMs = performance.now();
    const { waiting_traces: waiting } = (await analysisOf(server)) as { waiting_traces: number };
    const beside = await readTraces(server, load);
    await server.settled(2 * WAIT_MS);
    const workSeconds = (performance.now() - startedMs) / 1000;
    await server.end('SIGTERM');
    const rate = events / seconds;
    const worked = (waiting * EVENTS_PER_TRACE) / workSeconds;
    const what = `${name}: backlog of ${waiting} traces, ${traffic}`;
    yield {
      ...rowOf({ what, unit: 'events/s', target: { ratio: 0.7 } }, [worked], [worked / rate]),
      ceiling: 'the rate that made it',
    };
    const target = { ratio: 0.5 };
    yield {
      what: `${what}: trace of 20 beside it`,
      value: beside.p99Ms,
      unit: 'ms p99',
      spread: [beside.p50Ms, beside.mostMs],
      spreadNames: ['p50', 'most'],
      ratio: alone.p99Ms / beside.p99Ms,
      ceiling: 'the same when nothing waits',
      target,
    };
    yield {
      what: `${name}: trace of 20 when nothing waits, ${traffic}`,
      value: alone.p99Ms,
      unit: 'ms p99',
      spread: [alone.p50Ms, alone.mostMs],
      spreadNames: ['p50', 'most'],
      ratio: null,
      ceiling: '',
      target: { most: connection === null ? 5 : 10 },
    };
    yield rowOf({ what: `${what}: load of the machine`, unit: 'processes' }, [loadOfMachine()]);
  }
}

/** So much memory that the events fill three quarters of it: one takes some 700 bytes with its indexes. */
function bytesFor(events: number): number {
  return Math.ceil((events * 700 * 4) / 3);
}

/** Each trace is opened once. */
async function readTraces(server: MeasuredServer, load: Load): Promise<LoadOutcome> {
  const path = `/api/traces?page_size=${READS}`;
  const { traces } = (await server.get(path)) as { traces: { trace_id: string }[] };
  await load.prepareReads(
    traces.map(({ trace_id }) => `/api/traces/${trace_id}`),
    key,
  );
  return load.send(server.url, 1);
}

function rest(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
