import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { pause } from '../chaos/server-process.ts';
import type { Random } from '../support/random.ts';
import { recordedTraces } from '../support/recordings.ts';

const WRITERS = 6;
const READERS = 3;
const RETRY_MS = 50;
/** Between two traces of a writer, so that all can be looked for meanwhile. */
const WRITE_PAUSE_MS = 50;
/**
 * Traces of one generation: writers that have written so many rest until the one before is looked for and
 * erased. It follows what the machine gives, so that a turn takes about so long on a slow one too; else those
 * that write get ahead of who looks and erases, by more each turn, and the end never comes.
 */
const generationTraces = { least: 20, most: 400 };
const TURN_MS = 10_000;
/** How long a request may be refused again and again: longer than any fault here lasts. */
const PATIENCE_MS = 300_000;
/** Traces that are looked for at once. */
const LOOKS_AT_ONCE = 8;
const READ_PAUSE_MS = 30;
/** Longer than the server waits for anything, and than an outage here. */
const ANSWER_MS = 120_000;
const templates = ['ts-race', 'python-race', 'go-locked'].flatMap(recordedTraces);

/** Traces of one time, which are written, looked for, and erased. */
interface Generation {
  /** Ids of the events that were acknowledged, by trace. */
  readonly acknowledged: Map<string, readonly string[]>;
  /** Requests that are not answered yet. */
  open: number;
}

/** What the clients of a soak saw. */
export interface SoakTotals {
  readonly outcomes: Map<string, number>;
  stored: number;
  checked: number;
  erased: number;
}

/** Writers, readers and erasures on one server, until they are told to stop. */
export class SoakClients {
  readonly totals: SoakTotals = { outcomes: new Map(), stored: 0, checked: 0, erased: 0 };
  readonly #url: string;
  readonly #key: string;
  readonly #random: Random;
  #generationTraces = generationTraces.most;
  #current: Generation = { acknowledged: new Map(), open: 0 };
  #isStopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(url: string, key: string, random: Random) {
    this.#url = url;
    this.#key = key;
    this.#random = random;
  }

  start(): void {
    const writers = Array.from({ length: WRITERS }, () => this.#write());
    const readers = Array.from({ length: READERS }, () => this.#read());
    this.#running = Promise.all([...writers, ...readers]);
    // Who waits for the end is told of it.
    this.#running.catch(() => {});
  }

  /** Ends what goes on, whatever becomes of it. */
  giveUp(): void {
    this.#isStopped = true;
  }

  /** Ends when all that was begun is answered, and what is left was looked for. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await this.turn();
  }

  /** Begins a new generation, and looks for the old one: all acknowledged is there, once; then erases it. */
  async turn(): Promise<void> {
    const startedMs = performance.now();
    const old = this.#current;
    this.#current = { acknowledged: new Map(), open: 0 };
    while (old.open > 0) await pause(RETRY_MS);
    const left = [...old.acknowledged];
    const look = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await this.#check(...next);
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
    const traceIds = [...old.acknowledged.keys()];
    for (let at = 0; at < traceIds.length; at += 50) {
      const part = traceIds.slice(at, at + 50);
      const query = part.map((traceId) => `trace_id=${traceId}`).join('&');
      await this.#persist('DELETE', `/api/traces?${query}`);
      this.totals.erased += part.length;
    }
    for (const traceId of traceIds.slice(0, 3)) {
      const { status } = await this.#ask('GET', `/api/traces/${traceId}`);
      assert.ok([404, 503].includes(status), `${traceId} is still there`);
    }
    const share = TURN_MS / (performance.now() - startedMs);
    // Twice as many at most, for a turn in which little was there tells little.
    const traces = Math.round(this.#generationTraces * Math.min(2, Math.max(0.5, share)));
    const { least, most } = generationTraces;
    this.#generationTraces = Math.min(most, Math.max(least, traces));
  }

  async #check(traceId: string, ids: readonly string[]): Promise<void> {
    const text = await this.#persist('GET', `/api/traces/${traceId}/events`);
    const stored = text
      .trimEnd()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).id);
    assert.deepEqual(stored.sort(), [...ids].sort(), `${traceId} is not as it was acknowledged`);
    this.totals.checked += ids.length;
  }

  async #write(): Promise<void> {
    while (!this.#isStopped) {
      const generation = this.#current;
      if (generation.acknowledged.size + generation.open >= this.#generationTraces) {
        await pause(WRITE_PAUSE_MS);
        continue;
      }
      const traceId = randomUUID();
      const events = this.#trace(traceId);
      generation.open += 1;
      try {
        // Two parts, as SDKs send them; the second may pass the first.
        const half = Math.ceil(events.length / 2);
        const parts = [events.slice(0, half), events.slice(half)];
        await Promise.all(
          parts.map((part) => this.#persist('POST', '/events', JSON.stringify({ events: part }))),
        );
        generation.acknowledged.set(
          traceId,
          events.map(({ id }) => id),
        );
        this.totals.stored += events.length;
      } finally {
        generation.open -= 1;
      }
      await pause(WRITE_PAUSE_MS);
    }
  }

  async #read(): Promise<void> {
    while (!this.#isStopped) {
      const [trace = randomUUID()] = this.#current.acknowledged.keys();
      const paths = [
        ...['/api/traces?page_size=100', '/api/races', '/api/services', '/status', '/metrics'],
        ...['/api/analyze/global', '/api/distributed/hotspots', '/api/performance/metrics'],
        ...[`/api/traces/${trace}`, `/api/traces/${trace}/timeline`],
      ];
      await this.#ask('GET', paths[Math.floor(this.#random() * paths.length)] as string);
      await pause(READ_PAUSE_MS);
    }
  }

  #trace(traceId: string) {
    const template = templates[Math.floor(this.#random() * templates.length)] ?? [];
    const ids = new Map(template.map((event) => [event['id'], randomUUID() as string]));
    return template.map((event) => ({
      ...event,
      id: ids.get(event['id']) as string,
      trace_id: traceId,
      parent_id: ids.get(event['parent_id']) ?? null,
    }));
  }

  /** Asks until the answer is 200, as who must not lose anything does. */
  async #persist(method: string, path: string, body?: string): Promise<string> {
    const endMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const { status, text } = await this.#ask(method, path, body);
      if (status === 200) return text;
      assert.equal(status, 503, `${method} ${path}: ${text}`);
      assert.ok(performance.now() < endMs, `${method} ${path} is refused for ever: ${text}`);
      await pause(RETRY_MS);
    }
  }

  /** Fails on an answer that a server never gives. */
  async #ask(method: string, path: string, body?: string) {
    const reply = await fetch(this.#url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        accept: path.endsWith('/events') ? 'application/x-ndjson' : '*/*',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body }),
    });
    const { status } = reply;
    this.totals.outcomes.set(String(status), (this.totals.outcomes.get(String(status)) ?? 0) + 1);
    // A stream that the database leaves in the middle is cut.
    const text = await reply.text().catch(() => null);
    if (text === null) return { status: 503, text: 'cut' };
    const isWhole =
      !path.endsWith('/events') || method !== 'GET' || text.includes('"complete":true');
    assert.ok([200, 404, 503].includes(status), `${method} ${path}: ${status} ${text}`);
    return isWhole || status !== 200 ? { status, text } : { status: 503, text: 'cut' };
  }
}
