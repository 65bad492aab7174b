/** Keys that are remembered; the one seen longest ago is forgotten first. */
const keysMax = 5000;

interface Window {
  current: number;
  ttl: number;
  startedMs: number;
}

/**
 * Counts requests in windows of time, for the plugin of limits, by the clock that nobody sets: its own
 * store goes by the wall clock, and set back by an hour that refuses everybody for an hour.
 */
export class MonotonicWindows {
  readonly #windows = new Map<string, Window>();

  incr(
    key: string,
    done: (error: Error | null, result: { current: number; ttl: number }) => void,
    windowMs: number,
  ): void {
    const nowMs = performance.now();
    const known = this.#windows.get(key);
    const isOver = known === undefined || nowMs - known.startedMs >= windowMs;
    const window = isOver ? { current: 0, ttl: windowMs, startedMs: nowMs } : known;
    window.current += 1;
    window.ttl = Math.ceil(windowMs - (nowMs - window.startedMs));
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size > keysMax) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    done(null, window);
  }

  /** A store for one more limit. */
  child(): MonotonicWindows {
    return new MonotonicWindows();
  }
}
