/**
 * What reading costs, each as a ratio measured in one run: a trace of 1,000 recorded events with its
 * analysis against its events alone, the list of races by the number of events stored, and ingest while a
 * trace of 100,000 events is opened ten times at once, or somebody follows what is stored.
 * `npm run bench:reading`, memory storage; `-- Pages` for those with that in their name.
 */
import { Load, type LoadOutcome } from './load.ts';
import { key, type MeasuredServer, startMeasured } from './programs.ts';
import { createTraffic } from './traffic.ts';

const REPEATS = 15;
/** Traces opened before those that count. */
const WARM_UP = 100;
const BIG_EVENTS = 100_000;
const EVENTS_PER_REQUEST = 2000;
const READERS = 10;
const PROBES_IDLE = 300;
/** With and without a follower, by turns: a machine that slows down slows both. */
const LIVE_TURNS = 10;
const PAGE_TURNS = 3;
const PAGE_TURN_EVENTS = 200_000;
const PAGE_CONNECTIONS = 16;
/** Between two steps that somebody looks at. */
const STEP_PAUSE_MS = 1000;
const BASE_MS = Date.UTC(2024, 0, 1, 12);

const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

async function post(server: MeasuredServer, body: string): Promise<void> {
  const reply = await fetch(`${server.url}/events`, { method: 'POST', headers, body });
  if (reply.status !== 200) throw new Error(`POST was answered with ${reply.status}`);
  await reply.arrayBuffer();
}

/** Milliseconds until a reply was read to its end. */
async function timeOf(server: MeasuredServer, path: string): Promise<number> {
  const startedMs = performance.now();
  const reply = await fetch(server.url + path, { headers });
  if (reply.status !== 200) throw new Error(`GET ${path} was answered with ${reply.status}`);
  await reply.arrayBuffer();
  return performance.now() - startedMs;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

/** A trace of one strand per worker that reads and writes some variables, as bodies. */
function* bigTrace(traceId: string, events: number): Generator<string> {
  for (let start = 0; start < events; start += EVENTS_PER_REQUEST) {
    const count = Math.min(EVENTS_PER_REQUEST, events - start);
    const batch = Array.from({ length: count }, (_, place) => bigEvent(traceId, start + place));
    yield JSON.stringify({ events: batch });
  }
}

function bigEvent(traceId: string, number: number) {
  const micros = String(number % 1000).padStart(3, '0');
  return {
    id: crypto.randomUUID(),
    trace_id: traceId,
    parent_id: null,
    timestamp: `${new Date(BASE_MS + Math.floor(number / 1000)).toISOString().slice(0, 23)}${micros}Z`,
    kind: {
      StateChange: {
        variable: `order.${number % 50}`,
        old_value: null,
        new_value: number,
        location: 'orders.ts:12',
        access_type: number % 10 === 0 ? 'Write' : 'Read',
      },
    },
    metadata: {
      thread_id: `worker-${number % 8}`,
      process_id: 1,
      service_name: 'orders',
      environment: 'bench',
      tags: {},
      duration_ns: null,
      instance_id: 'orders-1',
    },
    causality_vector: [],
    lock_set: [],
  };
}

/** Times of small requests sent one after the other while something goes on. */
async function probe(server: MeasuredServer, goesOn: (sent: number) => boolean): Promise<number[]> {
  const traffic = createTraffic(7);
  const times: number[] = [];
  while (goesOn(times.length)) {
    const body = traffic.nextTrace();
    const startedMs = performance.now();
    await post(server, body);
    times.push(performance.now() - startedMs);
  }
  return times;
}

/**
 * Every trace is opened once, so that no report is kept from the time before. The first ones find a
 * server that has never made a report: its code is interpreted, and takes several times as long.
 */
async function traceOfThousand(server: MeasuredServer) {
  const traffic = createTraffic(250);
  const traceIds = Array.from({ length: WARM_UP + REPEATS }, () => crypto.randomUUID());
  for (const traceId of traceIds) {
    for (let part = 0; part < 4; part += 1) {
      const { events } = JSON.parse(traffic.nextTrace()) as { events: object[] };
      const joined = events.map((event) => ({ ...event, trace_id: traceId }));
      await post(server, JSON.stringify({ events: joined }));
    }
  }
  await analysed(server);
  const whole: number[] = [];
  const plain: number[] = [];
  for (const traceId of traceIds) {
    plain.push(await timeOf(server, `/api/traces/${traceId}/events?limit=1000`));
    whole.push(await timeOf(server, `/api/traces/${traceId}`));
  }
  const ratioOf = (start: number, end?: number) =>
    quantile(whole.slice(start, end), 0.5) / quantile(plain.slice(start, end), 0.5);
  return {
    row: 'trace of 1,000 events against its events alone',
    wholeMs: quantile(whole.slice(WARM_UP), 0.5),
    plainMs: quantile(plain.slice(WARM_UP), 0.5),
    ratio: ratioOf(WARM_UP),
    ratioOfFirst: ratioOf(0, REPEATS),
  };
}

/** Waits until every stored event is part of findings. */
async function analysed(server: MeasuredServer): Promise<void> {
  for (;;) {
    const { analysis } = (await server.get('/status')) as { analysis: { waiting_traces: number } };
    if (analysis.waiting_traces === 0) return;
    await server.settled();
  }
}

async function racesByEvents(server: MeasuredServer) {
  const traffic = createTraffic(7);
  const medians: number[] = [];
  for (const traces of [300, 2700]) {
    for (let made = 0; made < traces; made += 1) await post(server, traffic.nextTrace());
    await analysed(server);
    const times: number[] = [];
    for (let round = 0; round < REPEATS; round += 1) times.push(await timeOf(server, '/api/races'));
    medians.push(quantile(times, 0.5));
  }
  const [fewMs, manyMs] = medians as [number, number];
  return { row: '/api/races with ten times the events', fewMs, manyMs, ratio: manyMs / fewMs };
}

async function ingestBesideReaders(server: MeasuredServer) {
  for (const body of bigTrace('trace-of-many', BIG_EVENTS)) await post(server, body);
  await server.settled();
  await probe(server, (sent) => sent < PROBES_IDLE);
  const idle = await probe(server, (sent) => sent < PROBES_IDLE);
  let open = READERS;
  const readers = Array.from({ length: READERS }, async () => {
    await timeOf(server, '/api/traces/trace-of-many');
    open -= 1;
  });
  const busy = await probe(server, () => open > 0);
  await Promise.all(readers);
  const [idleMs, busyMs] = [quantile(idle, 0.99), quantile(busy, 0.99)];
  return {
    row: 'ingest p99 beside ten readers of 100,000 events',
    idleMs,
    busyMs,
    probes: busy.length,
    ratio: busyMs / idleMs,
  };
}

async function ingestBesideLive(server: MeasuredServer) {
  await probe(server, (sent) => sent < PROBES_IDLE);
  const aloneMs: number[] = [];
  const followedMs: number[] = [];
  for (let turn = 0; turn < 2 * LIVE_TURNS; turn += 1) {
    const end = turn % 2 === 1 ? await followLive(server) : null;
    const startedMs = performance.now();
    await probe(server, (sent) => sent < PROBES_IDLE);
    (end === null ? aloneMs : followedMs).push(performance.now() - startedMs);
    await end?.();
  }
  const [alone, followed] = [quantile(aloneMs, 0.5), quantile(followedMs, 0.5)];
  return {
    row: 'ingest beside somebody who follows what is stored',
    aloneMs: alone,
    followedMs: followed,
    ratio: followed / alone,
  };
}

/**
 * Batches of 100 on 16 connections, by turns alone and while somebody follows what is stored and opens a trace
 * of 100,000 events that nobody has read yet, then step after step of it.
 */
async function ingestBesidePages(server: MeasuredServer) {
  const load = new Load();
  const alone: PageTurn[] = [];
  const beside: PageTurn[] = [];
  try {
    for (let turn = 0; turn < 2 * PAGE_TURNS; turn += 1) {
      await load.prepare({ events: PAGE_TURN_EVENTS, batchSize: 100, gzip: false }, key);
      const traceId = `trace-of-turn-${turn}`;
      for (const body of bigTrace(traceId, BIG_EVENTS)) await post(server, body);
      await analysed(server);
      const isBeside = turn % 2 === 1;
      const started = server.processorTime();
      const close = isBeside ? await openPages(server, traceId) : null;
      const outcome = await load.send(server.url, PAGE_CONNECTIONS);
      const ended = server.processorTime();
      const servingSeconds = ended.serving - started.serving;
      (isBeside ? beside : alone).push({ ...outcome, servingSeconds });
      await close?.();
    }
  } finally {
    load.end();
  }
  const middle = (outcomes: readonly PageTurn[], of: 'p99Ms' | 'seconds' | 'servingSeconds') =>
    quantile(
      outcomes.map((outcome) => outcome[of]),
      0.5,
    );
  return {
    row: 'ingest beside a page that follows and one that opens a trace of 100,000 events',
    aloneSeconds: middle(alone, 'seconds'),
    besideSeconds: middle(beside, 'seconds'),
    ratio: middle(beside, 'seconds') / middle(alone, 'seconds'),
    aloneP99Ms: middle(alone, 'p99Ms'),
    besideP99Ms: middle(beside, 'p99Ms'),
    // Other programs on the machine change these less than they change time.
    aloneServingSeconds: middle(alone, 'servingSeconds'),
    besideServingSeconds: middle(beside, 'servingSeconds'),
  };
}

interface PageTurn extends LoadOutcome {
  /** Processor time of the thread that answers requests. */
  readonly servingSeconds: number;
}

/** Asks for what the two pages ask for; gives what closes them. */
async function openPages(server: MeasuredServer, traceId: string): Promise<() => Promise<void>> {
  const endLive = await followLive(server);
  let isOpen = true;
  const read = async () => {
    for (const part of ['summary', 'timeline', 'meanwhile']) {
      await timeOf(server, `/api/traces/${traceId}/${part}`);
    }
    for (let row = 0; isOpen; row += 1) {
      await timeOf(server, `/api/traces/${traceId}/timeline/${row}`);
      await new Promise((wake) => setTimeout(wake, STEP_PAUSE_MS));
    }
  };
  const reading = read();
  return async () => {
    isOpen = false;
    await Promise.all([reading, endLive()]);
  };
}

/** Reads the stream as it comes; gives what ends that. */
async function followLive(server: MeasuredServer): Promise<() => Promise<void>> {
  const controller = new AbortController();
  const reply = await fetch(`${server.url}/api/live`, {
    headers: { ...headers, accept: 'application/x-ndjson' },
    signal: controller.signal,
  });
  if (reply.status !== 200) throw new Error(`GET /api/live was answered with ${reply.status}`);
  const read = reply.arrayBuffer().catch(() => undefined);
  return async () => {
    controller.abort();
    await read;
  };
}

const measures = {
  traceOfThousand,
  racesByEvents,
  ingestBesideReaders,
  ingestBesideLive,
  ingestBesidePages,
};
const [wanted = ''] = process.argv.slice(2);
for (const [name, measure] of Object.entries(measures)) {
  if (!name.includes(wanted)) continue;
  const server = await startMeasured(null);
  try {
    console.log(
      JSON.stringify(await measure(server), (_, value) =>
        typeof value === 'number' ? Number(value.toFixed(2)) : value,
      ),
    );
  } finally {
    await server.end('SIGTERM');
  }
}
