/**
 * Raceway beside others that store traces: `BENCH_PEERS=folder npm run bench:peers [-- --spans=100000]`. The folder
 * holds what docs/performance.md, "Beside others", says. Each round starts one server after the other and sends
 * each the same recorded spans with new ids; figures are medians of three rounds.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Connection } from './client.ts';
import { findPeers, type Peer, type RunningPeer } from './peer-programs.ts';
import { requestsFor } from './peer-spans.ts';
import { processorTime } from './processor-time.ts';
import { median, number } from './results.ts';

interface Measured {
  readonly startMs: number;
  readonly spansPerSecond: number;
  readonly p99Ms: number;
  /** Processor time per million spans: to the last reply, and when what it left to be done has ended. */
  readonly cpuToReply: number;
  readonly cpuSettled: number;
  readonly residentMiB: number;
  readonly traceMs: number;
}

const ROUNDS = 3;
const CONNECTIONS = 16;
const BATCH_SIZE = 100;
const WARM_UP_SPANS = 10_000;
const SETTLE_MS = 6000;
const TRACES_READ = 100;
const [START_MS_MAX, LOOK_MS] = [300_000, 5];
/** The figures of the table, in its order, with their names there. */
const columns: Readonly<Record<keyof Measured, string>> = {
  cpuToReply: 'CPU s/M',
  cpuSettled: 'CPU s/M, 6 s later',
  spansPerSecond: 'spans/s',
  p99Ms: 'p99 ms',
  residentMiB: 'MiB',
  traceMs: 'trace of 20, ms',
  startMs: 'start, ms',
};

const folder = process.env['BENCH_PEERS'];
if (folder === undefined) throw new Error('BENCH_PEERS names no folder with other servers');
const { values } = parseArgs({ options: { spans: { type: 'string', default: '40000' } } });
const peers = findPeers(folder);
const rounds = new Map<Peer, Measured[]>(peers.map((peer) => [peer, []]));
printLine(['server', ...Object.values(columns)]);
printLine(['server', ...Object.values(columns)].map(() => '---'));
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const [peer, measured] of rounds) {
    const one = await measure(peer, Number(values.spans));
    measured.push(one);
    printFigures(`${peer.name}, round ${round}`, [one]);
  }
}
for (const [{ name }, measured] of rounds) printFigures(`${name}, median`, measured);

async function measure(peer: Peer, spans: number): Promise<Measured> {
  const first = requestsFor(peer, 1, 1);
  const warmUp = requestsFor(peer, WARM_UP_SPANS, BATCH_SIZE);
  const { requests, traceIds } = requestsFor(peer, spans, BATCH_SIZE);
  const startedMs = performance.now();
  const running = await peer.start();
  try {
    await untilAccepted(running, first.requests[0] as Buffer);
    const startMs = performance.now() - startedMs;
    await sendAll(running, warmUp.requests);
    await rest(SETTLE_MS);
    const cpuBefore = processorTime(running.pid).all;
    const sentMs = performance.now();
    const took = await sendAll(running, requests);
    const seconds = (performance.now() - sentMs) / 1000;
    const cpuReplied = processorTime(running.pid).all;
    await rest(SETTLE_MS);
    const cpuSettled = processorTime(running.pid).all;
    return {
      startMs,
      spansPerSecond: spans / seconds,
      p99Ms: took[Math.floor(took.length * 0.99)] ?? Number.NaN,
      cpuToReply: ((cpuReplied - cpuBefore) * 1e6) / spans,
      cpuSettled: ((cpuSettled - cpuBefore) * 1e6) / spans,
      residentMiB: residentMiB(running),
      traceMs: await readTraces(peer, running, traceIds.slice(0, TRACES_READ)),
    };
  } finally {
    await running.end();
  }
}

async function untilAccepted({ ingestPort }: RunningPeer, request: Buffer): Promise<void> {
  const endMs = performance.now() + START_MS_MAX;
  while (performance.now() < endMs) {
    const connection = await Connection.open(ingestPort).catch(() => null);
    const reply = await connection?.send(request).catch(() => null);
    connection?.close();
    if (reply != null && reply.status < 300) return;
    await rest(LOOK_MS);
  }
  throw new Error('a server did not start');
}

/** How long each request took, in milliseconds, sorted. */
async function sendAll(
  { ingestPort }: RunningPeer,
  requests: readonly Buffer[],
): Promise<readonly number[]> {
  const took: number[] = [];
  let next = 0;
  const sendSome = async () => {
    const connection = await Connection.open(ingestPort);
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const sentMs = performance.now();
      const { status } = await connection.send(request);
      if (status >= 300) throw new Error(`a request was answered with ${status}`);
      took.push(performance.now() - sentMs);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sendSome));
  return took.sort((a, b) => a - b);
}

/** The median time of reading a trace; one that is not there fails. */
async function readTraces(
  { tracePath, headers }: Peer,
  { readPort }: RunningPeer,
  traceIds: readonly string[],
): Promise<number> {
  const took: number[] = [];
  for (const traceId of traceIds) {
    const sentMs = performance.now();
    const reply = await fetch(`http://127.0.0.1:${readPort}${tracePath(traceId)}`, { headers });
    await reply.arrayBuffer();
    if (!reply.ok) throw new Error(`a trace was answered with ${reply.status}`);
    took.push(performance.now() - sentMs);
  }
  return median(took);
}

function residentMiB({ pid }: RunningPeer): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

function rest(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

function printFigures(name: string, measured: readonly Measured[]): void {
  const figures = Object.keys(columns) as (keyof Measured)[];
  printLine([name, ...figures.map((figure) => number(median(measured.map((one) => one[figure]))))]);
}

function printLine(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
