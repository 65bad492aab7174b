import { isAway } from './away.ts';

/** How often a standstill that goes on is told again. */
const REPEATED_MS = 60_000;

/** Where a standstill is told. */
export interface StandstillLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/**
 * Work in the background that waits while the storage is away, and tries again and again: told at the
 * beginning, each minute with the tries between, and at the end. What else fails is a bug, and told each time.
 */
export class Standstill {
  readonly #log: StandstillLog;
  readonly #work: string;
  #sinceMs: number | null = null;
  #toldMs = 0;
  #untold = 0;

  /** @param work what stands still, as the beginning of a sentence */
  constructor(log: StandstillLog, work: string) {
    this.#log = log;
    this.#work = work;
  }

  failed(error: unknown): void {
    if (!isAway(error)) {
      this.#log.error({ err: error }, `${this.#work} failed and will be tried again`);
      return;
    }
    const nowMs = performance.now();
    this.#untold += 1;
    const isNew = this.#sinceMs === null;
    this.#sinceMs ??= nowMs;
    if (!isNew && nowMs - this.#toldMs < REPEATED_MS) return;
    const details = { reason: error.message, tries: this.#untold };
    this.#toldMs = nowMs;
    this.#untold = 0;
    this.#log.warn(details, `${this.#work} waits for the storage${isNew ? '' : ' still'}`);
  }

  succeeded(): void {
    if (this.#sinceMs === null) return;
    const seconds = Math.round((performance.now() - this.#sinceMs) / 1000);
    this.#sinceMs = null;
    this.#untold = 0;
    this.#log.info({ seconds }, `${this.#work} goes on`);
  }
}
