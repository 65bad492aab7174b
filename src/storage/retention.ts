import { RacewayError } from '../domain/errors.ts';
import { EXPIRED_TRACES, restMs } from './erasure-pace.ts';
import { RetentionLag } from './retention-lag.ts';
import type { Storage } from './storage.ts';
import { TrustedTime } from './trusted-time.ts';

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
  /** For how long the oldest of what should be gone has been so, when it was looked at last. */
  readonly lagMs: number;
  /** Why the last round did not come to its end, or does not keep up; null when all is well. */
  readonly fault: string | null;
  /** Why nothing is erased for now, though it may be due; null when nothing is waited for. */
  readonly waiting: string | null;
}

const ROUND_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Erases traces whose last event was received too long ago, in rounds. It pauses after each batch, unless it is
 * behind: then it goes as fast as it can.
 * It waits while the clocks are not to be trusted. When everything that was there at the start is past its
 * time, there was nothing new for that long, or the clock is wrong: it waits some hours for somebody to see,
 * whatever comes meanwhile, for that is stamped by the same clock.
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
  #waiting: string | null = null;
  readonly #graceHours: number;
  readonly #startedMs = performance.now();
  #hasErased = false;
  /** When the newest event of the start was received, null inside: there was none; null: not looked at yet. */
  #startNewest: { readonly ns: bigint | null } | null = null;
  readonly #time: TrustedTime;
  #lag = new RetentionLag();

  /**
   * @param days null: everything is kept
   * @param graceHours how long a first round waits that would take everything
   */
  constructor(storage: Storage, days: number | null, log: RetentionLog, graceHours = 24) {
    this.#graceHours = graceHours;
    this.#time = new TrustedTime(clocks(null), graceHours * HOUR_MS);
    this.#storage = storage;
    this.#days = days;
    this.#log = log;
  }

  get state(): RetentionState {
    return {
      days: this.#days,
      lastRunAtMs: this.#lastRunAtMs,
      erasedTraces: this.#erasedTraces,
      lagMs: this.#lag.ms,
      fault: this.#fault ?? this.#lag.fault,
      waiting: this.#waiting,
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
    let traces = 0;
    try {
      while (!this.#isClosed) {
        const startedMs = performance.now();
        // A round that is behind may take hours: each batch asks what time it is.
        const beforeNs = BigInt(Date.now() - this.#days * DAY_MS) * 1_000_000n;
        this.#tellToWait(await this.#reasonToWait(beforeNs));
        if (this.#waiting !== null) break;
        this.#hasErased = true;
        const erased = await this.#storage.eraseExpired(beforeNs, EXPIRED_TRACES);
        if (erased.traces === 0) break;
        traces += erased.traces;
        this.#erasedTraces += erased.traces;
        await this.#rest(this.#lag.isBehind ? 0 : restMs(performance.now() - startedMs));
      }
      this.#fault = null;
    } catch (error) {
      this.#tell(error);
    }
    this.#lastRunAtMs = Date.now();
    if (traces > 0)
      this.#log.info({ traces, days: this.#days }, 'erased what was kept long enough');
  }

  async #reasonToWait(beforeNs: bigint): Promise<string | null> {
    const { newestNs, oldestNs, clockMs } = await this.#storage.receipts();
    this.#startNewest ??= { ns: newestNs };
    const { ns } = this.#startNewest;
    const isAllExpired = ns !== null && ns < beforeNs;
    const reason = this.#time.look(clocks(clockMs)) ?? (isAllExpired ? this.#graceLeft() : null);
    // What it waits for says nothing of whether it keeps up.
    if (reason !== null) this.#lag = new RetentionLag();
    else this.#lag.look(oldestNs, beforeNs, performance.now());
    return reason;
  }

  /** Says so once, not once for each round. */
  #tellToWait(reason: string | null): void {
    if (reason !== null && this.#waiting === null) {
      this.#log.warn({ reason }, 'retention waits (storage.retention_days)');
    }
    this.#waiting = reason;
  }

  #graceLeft(): string | null {
    const leftMs = this.#startedMs + this.#graceHours * HOUR_MS - performance.now();
    if (this.#hasErased || leftMs <= 0) return null;
    return (
      'everything is past its time that was there when the server started, the newest event too: ' +
      `nothing was received for ${this.#days} days, or the clock is wrong; ` +
      'it is erased when the server has run for ' +
      `${this.#graceHours} hours (storage.retention_grace_hours)`
    );
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

function clocks(storageMs: number | null) {
  return { wallMs: Date.now(), monotonicMs: performance.now(), storageMs };
}
