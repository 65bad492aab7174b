import type { FindingRules, IgnoreRule } from '../domain/findings/finding-rules.ts';
import { Standstill, type StandstillLog } from './standstill.ts';
import type { TriageStore } from './triage-store.ts';

/** How late an end or a rule may be taken note of. */
const ROUND_MS = 30_000;

/** Sees to it that what was decided about races ends when it is to, and holds them against the rules. */
export class TriageKeeper {
  readonly #store: TriageStore;
  readonly #rules: FindingRules;
  readonly #standstill: Standstill;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;

  constructor(store: TriageStore, rules: FindingRules, log: StandstillLog) {
    this.#store = store;
    this.#rules = rules;
    this.#standstill = new Standstill(log, 'what was decided about races');
  }

  start(): void {
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
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    const nowMs = Date.now();
    const { ignore, owners } = this.#rules;
    const isHeld = ({ expiresMs }: IgnoreRule) => expiresMs === null || expiresMs > nowMs;
    const rules = { ignore: ignore.filter(isHeld), owners };
    try {
      await this.#store.settle(nowMs, rules);
      this.#standstill.succeeded();
    } catch (error) {
      this.#standstill.failed(error);
    }
  }
}
