/** What is left of a window after a request was taken from it. */
export interface WindowState {
  /** Requests that the window still takes. */
  readonly remaining: number;
  /** Until the next window, rounded up. */
  readonly resetSeconds: number;
  /** Whether the request that was taken was one too many. */
  readonly isExceeded: boolean;
}

/**
 * A budget of requests over fixed windows; each begins with its first request. Unlike the plugin that
 * counts by address it makes no promises, for it counts every request.
 */
export class RequestWindow {
  readonly #max: number;
  readonly #windowMs: number;
  #startedMs = Number.NEGATIVE_INFINITY;
  #taken = 0;

  /**
   * @param max requests in a window
   * @param windowMs its length
   */
  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  take(nowMs: number): WindowState {
    if (nowMs >= this.#startedMs + this.#windowMs) {
      this.#startedMs = nowMs;
      this.#taken = 0;
    }
    this.#taken += 1;
    return {
      remaining: Math.max(0, this.#max - this.#taken),
      resetSeconds: Math.ceil((this.#startedMs + this.#windowMs - nowMs) / 1000),
      isExceeded: this.#taken > this.#max,
    };
  }
}
