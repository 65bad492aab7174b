import { runSql } from '../fill.ts';
import { fleetTraffic } from '../fleet.ts';
import { key, type MeasuredServer } from '../programs.ts';
import type { Cost, PostgresMeter } from './postgres-meter.ts';

/** What some work took per event, and how fast it was. */
export interface WorkFigure {
  readonly name: string;
  readonly events: number;
  readonly perSecond: number;
  /** Microseconds of processor time, of Postgres and of the server. */
  readonly postgresMicros: number;
  readonly serverMicros: number;
  readonly walBytes: number;
}

export const EVENTS_PER_TRACE = 20;
const CONNECTIONS = 8;
const PAUSE_MS = 100;
/** Longer than any of the work takes. */
const LONG_MS = 3_600_000;
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

/** Runs work on so many events with a server. */
export async function measureWork(
  name: string,
  events: number,
  server: MeasuredServer,
  meter: PostgresMeter,
  work: () => Promise<void>,
): Promise<WorkFigure> {
  const cpuBefore = server.processorTime().all;
  const startedMs = performance.now();
  const { cost } = await meter.measure(work);
  const seconds = (performance.now() - startedMs) / 1000;
  const serverSeconds = server.processorTime().all - cpuBefore;
  return figureOf(name, events, seconds, cost, serverSeconds);
}

function figureOf(
  name: string,
  events: number,
  seconds: number,
  cost: Cost,
  serverSeconds: number,
): WorkFigure {
  return {
    name,
    events,
    perSecond: events / seconds,
    postgresMicros: (cost.cpuSeconds * 1e6) / events,
    serverMicros: (serverSeconds * 1e6) / events,
    walBytes: cost.walBytes / events,
  };
}

/** Bodies of ordinary traffic of a fleet that ends now, and the traces in them. */
export interface Traffic {
  readonly bodies: readonly Buffer[];
  readonly traceIds: readonly string[];
}

export function makeTraffic(traces: number): Traffic {
  const bodies = fleetTraffic(traces, Date.now()).bodies();
  const ids = bodies.flatMap((body) => [...body.toString().matchAll(/"trace_id":"([^"]+)"/g)]);
  return { bodies, traceIds: [...new Set(ids.map(([, id]) => id as string))] };
}

/** Sends it, to the last reply. */
export async function sendTraffic(server: MeasuredServer, { bodies }: Traffic): Promise<void> {
  const left = [...bodies].reverse();
  const send = async () => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) {
      await sendUntilTaken(server, new Uint8Array(body));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
}

async function sendUntilTaken(server: MeasuredServer, body: Uint8Array<ArrayBuffer>) {
  for (;;) {
    const reply = await fetch(`${server.url}/events`, { method: 'POST', headers, body });
    await reply.arrayBuffer();
    if (reply.status === 200) return;
    if (reply.status !== 503) throw new Error(`POST was answered with ${reply.status}`);
    await new Promise((wake) => setTimeout(wake, PAUSE_MS));
  }
}

/** Waits until all that is stored is part of findings. */
export function analyse(server: MeasuredServer): Promise<void> {
  return server.settled(LONG_MS);
}

/** Reads an export until it had so many lines; gives how many there were. */
export async function exportLines(server: MeasuredServer, lines: number): Promise<number> {
  const controller = new AbortController();
  const reply = await fetch(`${server.url}/api/export`, { headers, signal: controller.signal });
  let read = 0;
  try {
    for await (const bytes of reply.body ?? []) {
      for (const byte of bytes as Uint8Array) if (byte === 10) read += 1;
      if (read >= lines) break;
    }
  } finally {
    controller.abort();
  }
  return read;
}

/** Erases what was active since a moment, by a request. */
export async function eraseSince(server: MeasuredServer, sinceMs: number): Promise<void> {
  const path = `/api/traces?since=${new Date(sinceMs).toISOString()}`;
  const reply = await fetch(server.url + path, { method: 'DELETE', headers });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`DELETE was answered with ${reply.status}: ${text}`);
}

/** Makes traces look as if nothing had come for them in forty days. */
export async function letExpire(meter: PostgresMeter, traceIds: readonly string[]): Promise<void> {
  const [row] = await runSql(
    meter.connection,
    `SELECT count(*)::int AS columns FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = 'traces'
       AND column_name = 'last_received_ns'`,
  );
  const column = row?.['columns'] === 1 ? 'last_received_ns' : 'last_activity_ns';
  await runSql(
    meter.connection,
    `UPDATE traces SET ${column} = ${column} - 40 * 86400 * 1000000000::bigint
     WHERE trace_id IN (${listOf(traceIds)})`,
  );
}

/** Waits until none of some traces is left. */
export async function untilErased(
  meter: PostgresMeter,
  traceIds: readonly string[],
): Promise<void> {
  for (;;) {
    const [row] = await runSql(
      meter.connection,
      `SELECT count(*)::int AS left FROM traces WHERE trace_id IN (${listOf(traceIds)})`,
    );
    if (row?.['left'] === 0) return;
    await new Promise((wake) => setTimeout(wake, PAUSE_MS));
  }
}

/** Ids that this process made itself. */
function listOf(traceIds: readonly string[]): string {
  return traceIds.map((id) => `'${id}'`).join(', ');
}
