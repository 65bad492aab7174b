import { BackgroundRounds, type RoundsLog } from './background-rounds.ts';
import { EXPIRED_TRACES, restMs } from './erasure-pace.ts';
import { RetentionLag } from './retention-lag.ts';
import type { Storage } from './storage.ts';
import { TrustedTime } from './trusted-time.ts';

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
  readonly #log: RoundsLog;
  readonly #rounds: BackgroundRounds;
  #erasedTraces = 0;
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
  constructor(storage: Storage, days: number | null, log: RoundsLog, graceHours = 24) {
    this.#graceHours = graceHours;
    this.#time = new TrustedTime(clocks(null), graceHours * HOUR_MS);
    this.#storage = storage;
    this.#days = days;
    this.#log = log;
    this.#rounds = new BackgroundRounds(log, {
      waits: 'retention waits (storage.retention_days)',
      brokeOff: 'retention erases nothing (storage.retention_days)',
    });
  }

  get state(): RetentionState {
    return {
      days: this.#days,
      lastRunAtMs: this.#rounds.lastRunAtMs,
      erasedTraces: this.#erasedTraces,
      lagMs: this.#lag.ms,
      fault: this.#rounds.fault ?? this.#lag.fault,
      waiting: this.#rounds.waiting,
    };
  }

  start(): void {
    if (this.#days === null) return;
    this.#rounds.start(() => this.run());
  }

  /** One round, up to now; asked for during a round, it is that one. Never rejects. */
  run(): Promise<void> {
    const days = this.#days;
    return days === null ? Promise.resolve() : this.#rounds.run(() => this.#round(days));
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  async #round(days: number): Promise<void> {
    const rounds = this.#rounds;
    let traces = 0;
    try {
      while (!rounds.isClosed) {
        const startedMs = performance.now();
        // A round that is behind may take hours: each batch asks what time it is.
        const beforeNs = BigInt(Date.now() - days * DAY_MS) * 1_000_000n;
        rounds.tellToWait(await this.#reasonToWait(beforeNs));
        if (rounds.waiting !== null) break;
        this.#hasErased = true;
        const erased = await this.#storage.eraseExpired(beforeNs, EXPIRED_TRACES);
        if (erased.traces === 0) break;
        traces += erased.traces;
        this.#erasedTraces += erased.traces;
        await rounds.rest(this.#lag.isBehind ? 0 : restMs(performance.now() - startedMs));
      }
    } finally {
      if (traces > 0) this.#log.info({ traces, days }, 'erased what was kept long enough');
    }
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
}

function clocks(storageMs: number | null) {
  return { wallMs: Date.now(), monotonicMs: performance.now(), storageMs };
}
