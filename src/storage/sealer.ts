import { BackgroundRounds, type RoundsLog } from './background-rounds.ts';
import { restMs } from './erasure-pace.ts';
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

const MINUTE_MS = 60_000;
const NS_PER_MS = 1_000_000n;

/**
 * Seals traces that were left alone, in rounds, from the one that was left alone for longest. Each batch is a
 * transaction of its own: whoever ends this process in between takes nothing back, and the next round goes on.
 */
export class Sealer {
  readonly #seals: SealStore | null;
  readonly #options: SealingOptions;
  readonly #rounds: BackgroundRounds;
  #sealedTraces = 0;
  #sealedEvents = 0;

  /** @param seals null: the storage has nothing to seal */
  constructor(seals: SealStore | null, options: SealingOptions, log: RoundsLog) {
    this.#seals = seals;
    this.#options = options;
    this.#rounds = new BackgroundRounds(log, {
      waits: 'traces are not sealed (storage.postgres.seal_after_minutes)',
      brokeOff: 'sealing broke off, and goes on later (storage.postgres.seal_after_minutes)',
    });
  }

  get state(): SealingState {
    return {
      afterMinutes: this.#seals === null ? null : this.#options.afterMinutes,
      lastRunAtMs: this.#rounds.lastRunAtMs,
      sealedTraces: this.#sealedTraces,
      sealedEvents: this.#sealedEvents,
      waiting: this.#rounds.waiting,
      fault: this.#rounds.fault,
    };
  }

  start(): void {
    if (this.state.afterMinutes === null) return;
    this.#rounds.start(() => this.run());
  }

  /**
   * One round over all that is due; asked for during a round, it is that one. Never rejects.
   *
   * @param told hears of each step
   */
  run(told: (step: SealStep) => void = () => {}): Promise<void> {
    const { afterMinutes } = this.#options;
    const seals = this.#seals;
    if (seals === null || afterMinutes === null) return Promise.resolve();
    return this.#rounds.run(() => this.#round(seals, afterMinutes, told));
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  async #round(
    seals: SealStore,
    afterMinutes: number,
    told: (step: SealStep) => void,
  ): Promise<void> {
    const { isAnalysed } = this.#options;
    const missing = new Set<string>();
    const obstacle = await seals.obstacle();
    const beforeNs = BigInt(Date.now() - afterMinutes * MINUTE_MS) * NS_PER_MS;
    let after: SealPlace | null = null;
    do {
      if (this.#rounds.isClosed || obstacle !== null) break;
      const startedMs = performance.now();
      const step: SealStep = await seals.seal({ beforeNs, after, isAnalysed });
      this.#sealedTraces += step.traces;
      this.#sealedEvents += step.events;
      for (const day of step.missingDays) missing.add(day);
      told(step);
      after = step.next;
      if (after !== null && step.traces > 0)
        await this.#rounds.rest(restMs(performance.now() - startedMs));
    } while (after !== null);
    this.#rounds.tellToWait(obstacle ?? missingSentence([...missing].sort()));
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
