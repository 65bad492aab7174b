/** Seconds over which the rate is taken. */
const WINDOW_SECONDS = 10;

/** How many pieces of work were done in a second lately. */
export class Throughput {
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  /** By second, those of the window; older ones are dropped. */
  readonly #counts = new Map<number, number>();

  /** @param nowMs a clock that never goes back */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  note(count: number): void {
    const second = this.#second();
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + count);
  }

  /** Over the last seconds, or since the start when that is less ago. */
  get perSecond(): number {
    this.#second();
    const sum = [...this.#counts.values()].reduce((all, count) => all + count, 0);
    const seconds = (this.#nowMs() - this.#startedMs) / 1000;
    return sum / Math.min(Math.max(seconds, 1), WINDOW_SECONDS);
  }

  /** The present second; forgets those that are over for long. */
  #second(): number {
    const second = Math.floor(this.#nowMs() / 1000);
    for (const known of this.#counts.keys()) {
      if (known <= second - WINDOW_SECONDS) this.#counts.delete(known);
    }
    return second;
  }
}
