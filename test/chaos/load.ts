import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { wireEvent } from '../support/events.ts';
import { pause } from './server-process.ts';

const CLIENTS = 16;
const EVENTS_MAX = 20;
const TRACES = 200;
/** Between two tries of a refused request. */
const RETRY_MS = 20;

/** A server that stops closes what was idle for half a second, and what it has not yet accepted. */
const IDLE_MS = 400;
export const LATE = 'ECONNRESET of a connection that was new or idle';
/** When a connection sent its last request. */
const sentAtMs = new WeakMap<Socket, number>();

/** What the clients of a load saw. */
export interface Observation {
  /** Ids of events whose request was answered 2xx, by trace. */
  readonly acknowledged: Map<string, Set<string>>;
  /** Answers by status, and failures by error code. */
  readonly outcomes: Map<string, number>;
}

/** How much a load sends. */
export interface Pace {
  readonly clients: number;
  /** After each request. */
  readonly pauseMs: number;
}

const fullPace: Pace = { clients: CLIENTS, pauseMs: 0 };

export interface Load {
  readonly seen: Observation;
  /** Ends the load when the requests in flight are done. */
  stop(): Promise<void>;
}

/** An observation to which several loads can add. */
export function emptyObservation(): Observation {
  return { acknowledged: new Map(), outcomes: new Map() };
}

/**
 * Clients with connections kept alive that post batches without a pause. A refused batch is sent
 * again, as SDKs do; the same event may so arrive twice.
 */
export function startLoad(url: string, seen: Observation, pace: Pace = fullPace): Load {
  let stopped = false;
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const client = async () => {
    while (!stopped) {
      const batch = randomBatch();
      const body = JSON.stringify({ events: batch });
      let outcome = await post(agent, url, body);
      count(seen, outcome);
      while (outcome !== '200' && !stopped) {
        await pause(Math.max(RETRY_MS, pace.pauseMs));
        outcome = await post(agent, url, body);
        count(seen, outcome);
      }
      if (outcome === '200') acknowledge(seen, batch);
      if (pace.pauseMs > 0) await pause(pace.pauseMs);
    }
  };
  const clients = Promise.all(Array.from({ length: pace.clients }, client));
  return {
    seen,
    async stop() {
      stopped = true;
      await clients;
      agent.destroy();
    },
  };
}

function randomBatch(): Record<string, unknown>[] {
  const trace = `chaos-${Math.floor(Math.random() * TRACES)}`;
  return Array.from({ length: 1 + Math.floor(Math.random() * EVENTS_MAX) }, (_, index) =>
    wireEvent({ id: randomUUID(), trace, at: index }),
  );
}

/**
 * The status, or the code of what went wrong on the way; {@link LATE} for a connection that broke and was
 * new, or may have been idle: a slow machine leaves long pauses between two requests.
 */
function post(agent: Agent, url: string, body: string): Promise<string> {
  return new Promise((resolve) => {
    let isLate = true;
    const fail = ({ code = 'error' }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNRESET' && isLate ? LATE : code);
    const outgoing = request(
      `${url}/events`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (reply) => {
        reply.resume();
        reply.once('end', () => resolve(String(reply.statusCode)));
        reply.once('error', fail);
      },
    );
    outgoing.once('socket', (socket) => {
      const nowMs = performance.now();
      isLate = nowMs - (sentAtMs.get(socket) ?? Number.NEGATIVE_INFINITY) > IDLE_MS;
      sentAtMs.set(socket, nowMs);
    });
    outgoing.once('error', fail);
    outgoing.end(body);
  });
}

function count({ outcomes }: Observation, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

function acknowledge({ acknowledged }: Observation, batch: Record<string, unknown>[]): void {
  for (const event of batch) {
    const trace = String(event['trace_id']);
    const ids = acknowledged.get(trace) ?? new Set<string>();
    ids.add(String(event['id']));
    acknowledged.set(trace, ids);
  }
}

/** Asks a server for every trace: all that was acknowledged must be there, once. */
export async function assertAllStored(url: string, { acknowledged }: Observation): Promise<number> {
  let total = 0;
  for (const [trace, ids] of acknowledged) {
    const reply = await fetch(`${url}/api/traces/${trace}/events`, {
      headers: { accept: 'application/x-ndjson' },
    });
    const lines = (await reply.text()).trimEnd().split('\n');
    const stored = lines.slice(0, -1).map((line) => JSON.parse(line).id as string);
    assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { complete: true, count: stored.length });
    assert.equal(new Set(stored).size, stored.length, `${trace} holds an event twice`);
    const present = new Set(stored);
    const missing = [...ids].filter((id) => !present.has(id));
    assert.deepEqual(missing, [], `${trace} lost acknowledged events`);
    total += ids.size;
  }
  return total;
}
