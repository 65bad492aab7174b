import { Agent, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { fillingBody, type LargeBody, largeBody, ordinaryBody, traceBodies } from './bodies.ts';

const LARGE_BODIES = 64;
export const READERS = 10;
const WRITERS = 16;
const WIDE_THREADS = 20_000;
/** How often the large traces get one more event, so that they are not the first to make room. */
const TOUCH_MS = 4000;
/** Who was refused a large body sends it again after this. */
const LARGE_PAUSE_MS = 500;
/** Readers that have no answer by then have none on however slow a machine. */
const ANSWERS_MS = 600_000;

/** What the answers were. */
export interface Answers {
  /** Events that the server said it has stored. */
  accepted: number;
  /** Events of requests of which the server said that it does not know. */
  unknown: number;
  /** By what was asked and status. */
  readonly statuses: Map<string, number>;
  /** Answers that no client was promised. */
  readonly wrong: string[];
  /** Those of the readers that had an answer while all went on. */
  readonly readersAnswered: Set<number>;
  /** By what was asked, the slowest in milliseconds. */
  readonly slowestMs: Map<string, number>;
}

interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

interface Sent {
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out: the reply is read and thrown away. */
  readonly keepsText?: boolean;
  readonly signal?: AbortSignal;
}

/** Everything at once that takes memory. */
export class Flood {
  readonly answers: Answers = {
    accepted: 0,
    unknown: 0,
    statuses: new Map(),
    wrong: [],
    readersAnswered: new Set(),
    slowestMs: new Map(),
  };
  readonly #url: string;
  /** How many requests a connection has had. */
  readonly #uses = new WeakMap<Socket, number>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(url: string) {
    this.#url = url;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Sends requests until the storage is as full as it is to be. */
  async fill(isFull: () => Promise<boolean>): Promise<void> {
    const bodies = Array.from({ length: 100 }, fillingBody);
    let isOver = false;
    let sent = 0;
    const write = async () => {
      while (!isOver) {
        sent += 1;
        await this.#post('fill', fresh(bodies[sent % bodies.length] as string, sent));
      }
    };
    const writers = Array.from({ length: WRITERS }, write);
    try {
      while (!(await isFull())) await pause(200);
    } finally {
      isOver = true;
      await Promise.all(writers);
    }
  }

  /** One trace of many events; `isWide`: each of the first thousands in a thread of its own. */
  async sendTrace(traceId: string, events: number, isWide = false): Promise<void> {
    const threadOf = isWide ? (number: number) => `t${number % WIDE_THREADS}` : undefined;
    for (const body of traceBodies(traceId, events, threadOf)) await this.#post('trace', body);
  }

  /**
   * Readers of the traces, large bodies and ordinary ones, all at once, until every reader was answered or
   * the server ended.
   */
  async everything(
    traceIds: readonly string[],
    ms: number,
    isRunning: () => boolean,
  ): Promise<void> {
    const ending = new AbortController();
    const hasAnswers = (async () => {
      const startedMs = performance.now();
      while (isRunning() && performance.now() - startedMs < ANSWERS_MS) {
        if (performance.now() - startedMs > ms && this.answers.readersAnswered.size === READERS)
          break;
        await pause(100);
      }
      ending.abort();
    })();
    const bodies = Array.from({ length: 8 }, (_, place) => largeBody(place));
    // On a slow machine those from before have been idle for longer than the server keeps them.
    this.#agent.destroy();
    await Promise.all([
      ...Array.from({ length: READERS }, (_, place) => this.#read(traceIds, place, ending.signal)),
      ...Array.from({ length: LARGE_BODIES }, (_, place) =>
        this.#sendLarge(bodies[place % bodies.length] as LargeBody, ending),
      ),
      this.#write(ending.signal),
      this.#touch(traceIds, ending.signal),
      hasAnswers,
    ]);
  }

  async #read(traceIds: readonly string[], reader: number, signal: AbortSignal): Promise<void> {
    for (let turn = reader; !signal.aborted; turn += 1) {
      const trace = `/api/traces/${traceIds[Math.floor(turn / 6) % traceIds.length]}`;
      const paths = ['', '?events=false', '/timeline', '/critical-path', '/events?limit=10000', ''];
      const path = trace + paths[turn % paths.length];
      const reply = await this.#ask(`read ${paths[turn % paths.length]}`, { path, signal });
      if (reply !== null) this.answers.readersAnswered.add(reader);
    }
  }

  async #sendLarge({ body, isPacked }: LargeBody, { signal }: AbortController): Promise<void> {
    const headers = isPacked ? { 'content-encoding': 'gzip' } : {};
    while (!signal.aborted) {
      const status = await this.#post('large', body, headers);
      if (status !== 200) await pause(LARGE_PAUSE_MS);
    }
  }

  async #write(signal: AbortSignal): Promise<void> {
    const bodies = Array.from({ length: 50 }, ordinaryBody);
    let sent = 0;
    const write = async () => {
      while (!signal.aborted) {
        sent += 1;
        const status = await this.#post(
          'write',
          fresh(bodies[sent % bodies.length] as string, sent),
        );
        if (status !== 200) await pause(20);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  }

  async #touch(traceIds: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const traceId of traceIds) {
        for (const body of traceBodies(traceId, 1)) await this.#post('touch', body);
      }
      await pause(TOUCH_MS);
    }
  }

  async #post(
    what: string,
    body: string | Buffer,
    more: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const headers = { 'content-type': 'application/json', ...more };
    const reply = await this.#ask(what, { path: '/events', body, headers, keepsText: true });
    if (reply === null) return 0;
    const answer = parsed(reply.text);
    if (reply.status === 200) this.answers.accepted += answer.data?.accepted ?? Number.NaN;
    if (answer.code === 'outcome_unknown') this.answers.unknown += 1;
    return reply.status;
  }

  async #ask(what: string, sent: Sent): Promise<Reply | null> {
    const startedMs = performance.now();
    const reply = await this.#send(sent).catch((error: Error) => error);
    if (sent.signal?.aborted === true) return null;
    const { statuses, wrong, slowestMs } = this.answers;
    const name = reply instanceof Error ? (errorCode(reply) ?? reply.message) : reply.status;
    const key = `${what} ${name}`;
    statuses.set(key, (statuses.get(key) ?? 0) + 1);
    slowestMs.set(what, Math.max(slowestMs.get(what) ?? 0, performance.now() - startedMs));
    if (reply instanceof Error) {
      wrong.push(`${key} after ${Math.round(performance.now() - startedMs)} ms, ${reply.message}`);
      await pause(50);
      return null;
    }
    const isRefusal = reply.status === 503 && reply.retryAfter !== undefined;
    if (reply.status !== 200 && !isRefusal) wrong.push(`${key}: ${reply.text.slice(0, 300)}`);
    return reply;
  }

  #send({ path, body, headers = {}, keepsText = false, signal }: Sent): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const options = { method, headers: { ...headers, ...length }, agent: this.#agent };
      const request = httpRequest(this.#url + path, { ...options, ...(signal && { signal }) });
      let uses = 0;
      request.on('socket', (socket) => {
        uses = (this.#uses.get(socket) ?? 0) + 1;
        this.#uses.set(socket, uses);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const { bytesWritten = 0 } = request.socket ?? {};
        error.message += `, request ${uses} of its connection, ${bytesWritten} bytes written on that`;
        reject(error);
      });
      request.on('response', (response) => {
        let text = '';
        const keeps = keepsText || response.statusCode !== 200;
        response.on('data', (part: Buffer) => {
          if (keeps) text += part.toString();
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            text,
          }),
        );
      });
      request.end(body);
    });
  }
}

/** The same events under other ids, which costs less than to write them anew. */
function fresh(body: string, number: number): string {
  const digits = number.toString(16).padStart(8, '0');
  return body.replaceAll(/"(id|trace_id)":"[0-9a-f]{8}/g, `"$1":"${digits}`);
}

function parsed(text: string): { data?: { accepted?: number }; code?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function errorCode(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
