import { RacewayError } from '../domain/errors.ts';
import { BATCH_TRACES, restMs } from './erasure-pace.ts';
import type { Storage } from './storage.ts';

/** What retention tells the log. */
export interface RetentionLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What an operator sees of retention. */
export interface RetentionState {
  /** Null: everything is kept. */
  readonly days: number | null;
  /** When the last round ended; null before the first. */
  readonly lastRunAtMs: number | null;
  /** Traces erased since the start. */
  readonly erasedTraces: number;
  /** Why the last round did not come to its end; null when it did. */
  readonly fault: string | null;
}

const ROUND_MS = 600_000;
const DAY_MS = 86_400_000;

/**
 * Erases traces whose last activity is too long ago, in rounds, with a pause after each
 * batch.
 */
export class Retention {
  readonly #storage: Storage;
  readonly #days: number | null;
  readonly #log: RetentionLog;
  #timer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #lastRunAtMs: number | null = null;
  #erasedTraces = 0;
  #fault: string | null = null;

  /** @param days null: everything is kept */
  constructor(storage: Storage, days: number | null, log: RetentionLog) {
    this.#storage = storage;
    this.#days = days;
    this.#log = log;
  }

  get state(): RetentionState {
    return {
      days: this.#days,
      lastRunAtMs: this.#lastRunAtMs,
      erasedTraces: this.#erasedTraces,
      fault: this.#fault,
    };
  }

  start(): void {
    if (this.#days === null) return;
    this.#timer = setInterval(() => void this.run(), ROUND_MS).unref();
    void this.run();
  }

  /** One round, up to now; asked for during a round, it is that one. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#wake?.();
    await this.#running;
  }

  async #round(): Promise<void> {
    if (this.#days === null) return;
    const beforeNs = BigInt(Date.now() - this.#days * DAY_MS) * 1_000_000n;
    let traces = 0;
    try {
      while (!this.#isClosed) {
        const startedMs = performance.now();
        const erased = await this.#storage.eraseExpired(beforeNs, BATCH_TRACES);
        if (erased.traces === 0) break;
        traces += erased.traces;
        this.#erasedTraces += erased.traces;
        await this.#rest(restMs(performance.now() - startedMs));
      }
      this.#fault = null;
    } catch (error) {
      this.#tell(error);
    }
    this.#lastRunAtMs = Date.now();
    if (traces > 0)
      this.#log.info({ traces, days: this.#days }, 'erased what was kept long enough');
  }

  /** Once for each fault, not once for each round. */
  #tell(error: unknown): void {
    const isKnown = error instanceof RacewayError;
    const fault = isKnown ? error.message : 'an internal error; see the log';
    if (fault !== this.#fault) {
      const message = 'retention erases nothing (storage.retention_days)';
      if (isKnown) this.#log.warn({ reason: fault }, message);
      else this.#log.error({ err: error }, message);
    }
    this.#fault = fault;
  }

  /** Waits; `close` ends it. */
  async #rest(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
