import { RacewayError } from '../domain/errors.ts';
import { restMs } from './erasure-pace.ts';
import type { RetentionLog } from './retention.ts';
import type { SealPlace, SealStep, SealStore } from './seal-store.ts';

/** What an operator sees of sealing. */
export interface SealingState {
  /** Null: nothing is sealed. */
  readonly afterMinutes: number | null;
  /** When the last round ended; null before the first. */
  readonly lastRunAtMs: number | null;
  /** Sealed by this process since its start. */
  readonly sealedTraces: number;
  readonly sealedEvents: number;
  /** What keeps traces as they are; null when nothing does. */
  readonly waiting: string | null;
  /** Why the last round did not come to its end; null when it did. */
  readonly fault: string | null;
}

export interface SealingOptions {
  /** Null: nothing is sealed. */
  readonly afterMinutes: number | null;
  /** Whether traces are analysed here, and wait for that first. */
  readonly isAnalysed: boolean;
}

const ROUND_MS = 60_000;
const MINUTE_MS = 60_000;
const NS_PER_MS = 1_000_000n;

/**
 * Seals traces that were left alone, in rounds, from the one that was left alone for longest. Each batch is a
 * transaction of its own: whoever ends this process in between takes nothing back, and the next round goes on.
 */
export class Sealer {
  readonly #seals: SealStore | null;
  readonly #options: SealingOptions;
  readonly #log: RetentionLog;
  #timer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #lastRunAtMs: number | null = null;
  #sealedTraces = 0;
  #sealedEvents = 0;
  #waiting: string | null = null;
  #fault: string | null = null;

  /** @param seals null: the storage has nothing to seal */
  constructor(seals: SealStore | null, options: SealingOptions, log: RetentionLog) {
    this.#seals = seals;
    this.#options = options;
    this.#log = log;
  }

  get state(): SealingState {
    return {
      afterMinutes: this.#seals === null ? null : this.#options.afterMinutes,
      lastRunAtMs: this.#lastRunAtMs,
      sealedTraces: this.#sealedTraces,
      sealedEvents: this.#sealedEvents,
      waiting: this.#waiting,
      fault: this.#fault,
    };
  }

  start(): void {
    if (this.state.afterMinutes === null) return;
    this.#timer = setInterval(() => void this.run(), ROUND_MS).unref();
    void this.run();
  }

  /**
   * One round over all that is due; asked for during a round, it is that one. Never rejects.
   *
   * @param told hears of each step
   */
  run(told: (step: SealStep) => void = () => {}): Promise<void> {
    this.#running ??= this.#round(told).finally(() => {
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

  async #round(told: (step: SealStep) => void): Promise<void> {
    const { afterMinutes, isAnalysed } = this.#options;
    const seals = this.#seals;
    if (seals === null || afterMinutes === null) return;
    const missing = new Set<string>();
    try {
      const obstacle = await seals.obstacle();
      const beforeNs = BigInt(Date.now() - afterMinutes * MINUTE_MS) * NS_PER_MS;
      let after: SealPlace | null = null;
      do {
        if (this.#isClosed || obstacle !== null) break;
        const startedMs = performance.now();
        const step: SealStep = await seals.seal({ beforeNs, after, isAnalysed });
        this.#sealedTraces += step.traces;
        this.#sealedEvents += step.events;
        for (const day of step.missingDays) missing.add(day);
        told(step);
        after = step.next;
        if (after !== null && step.traces > 0)
          await this.#rest(restMs(performance.now() - startedMs));
      } while (after !== null);
      this.#tellToWait(obstacle ?? missingSentence([...missing].sort()));
      this.#fault = null;
    } catch (error) {
      this.#tell(error);
    }
    this.#lastRunAtMs = Date.now();
  }

  /** Says so once, not once for each round. */
  #tellToWait(reason: string | null): void {
    if (reason !== null && this.#waiting === null) {
      this.#log.warn({ reason }, 'traces are not sealed (storage.postgres.seal_after_minutes)');
    }
    this.#waiting = reason;
  }

  /** Once for each fault, not once for each round. */
  #tell(error: unknown): void {
    const isKnown = error instanceof RacewayError;
    const fault = isKnown ? error.message : 'an internal error; see the log';
    if (fault !== this.#fault) {
      const message = 'sealing broke off, and goes on later (storage.postgres.seal_after_minutes)';
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

function missingSentence(days: readonly string[]): string | null {
  if (days.length === 0) return null;
  const others = days.length === 1 ? '' : ` and ${days.length - 1} more days`;
  return (
    `there is no partition for ${days[0]}${others}, and the server's database user may not make one; ` +
    'run `raceway migrate` as the owner of the database'
  );
}
