const HOUR_MS = 3_600_000;
/** A difference of clocks that no ordinary correction makes. */
const STEP_MS = HOUR_MS;
/** How long clocks must agree after one was wrong. */
const AGREED_MS = 600_000;

/** What the clocks show at one moment. */
export interface Clocks {
  readonly wallMs: number;
  /** Of the clock that nobody sets: only differences of it mean something. */
  readonly monotonicMs: number;
  /** Of the machine of the storage; null when it has none of its own. */
  readonly storageMs: number | null;
}

/**
 * Tells whether the wall clock can be trusted: it must go with the monotonic one, and agree with that
 * of the storage. After a step of more than an hour all must agree for ten minutes. Where the storage
 * has no clock, a step that stays is believed in the end.
 */
export class TrustedTime {
  /** How long a step must stay before it is believed without a witness. */
  readonly #believedMs: number;
  #reference: Clocks;
  /** Since when the clocks disagree; null: they agree. */
  #apartSinceMs: number | null = null;
  /** Since when they agree again; null: they do not, or always did. */
  #agreedSinceMs: number | null = null;

  constructor(clocks: Clocks, believedMs: number) {
    this.#reference = clocks;
    this.#believedMs = believedMs;
  }

  /** Looks at the clocks; gives why they are not to be trusted now, or null. */
  look(clocks: Clocks): string | null {
    const { wallMs, monotonicMs, storageMs } = clocks;
    const passedMs = monotonicMs - this.#reference.monotonicMs;
    const steppedMs = wallMs - this.#reference.wallMs - passedMs;
    const apartMs = storageMs === null ? 0 : wallMs - storageMs;
    const isStepped = Math.abs(steppedMs) > STEP_MS;
    const isApart = Math.abs(apartMs) > STEP_MS;
    if (!isStepped && !isApart) return this.#agree(monotonicMs);
    this.#agreedSinceMs = null;
    this.#apartSinceMs ??= monotonicMs;
    const sinceMs = this.#apartSinceMs;
    const hasWitness = storageMs !== null && !isApart;
    const isBelieved = storageMs === null && monotonicMs - sinceMs >= this.#believedMs;
    if (hasWitness || isBelieved) this.#reference = clocks;
    return isApart
      ? `the clock of this machine and that of the database are ${hours(apartMs)} apart`
      : `the clock of this machine was set by ${hours(steppedMs)}`;
  }

  #agree(monotonicMs: number): string | null {
    if (this.#apartSinceMs === null) return null;
    this.#agreedSinceMs ??= monotonicMs;
    if (monotonicMs - this.#agreedSinceMs < AGREED_MS) {
      return 'the clocks agree again, and must do so for ten minutes';
    }
    this.#apartSinceMs = null;
    this.#agreedSinceMs = null;
    return null;
  }
}

function hours(ms: number): string {
  return `${(Math.abs(ms) / HOUR_MS).toFixed(1)} hours`;
}
