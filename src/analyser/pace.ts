import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the analyser waits for more after a first mark: a trace comes in several requests. */
const GATHER_MS = 20;
/** How often marks of other instances are looked for. */
const IDLE_MS = 1000;
/**
 * How many times as long as the work a rest is when requests need most of the event loop or of the
 * database.
 */
const REST_PER_WORK_BUSY = 9;
/** When requests use the event loop for more than this part of a rest, they come first. */
const BUSY_UTILIZATION = 0.5;

/**
 * Decides when the analyser works and when it rests. While events come in, it shares the time with
 * requests. When requests need all the time, they come first, unless a reader waits for findings.
 */
export class Pace {
  readonly #isQueueing: () => boolean;
  readonly #waiters = new Set<() => void>();
  #wake: (() => void) | null = null;
  /** Traces were marked since the present step began. */
  #isMarked = false;
  #isIdle = false;
  #isEnded = false;

  /** @param isQueueing whether events wait for the storage */
  constructor(isQueueing: () => boolean) {
    this.#isQueueing = isQueueing;
  }

  /** Events come in, and nobody waits for findings. */
  get isBusy(): boolean {
    return this.#isMarked && this.#waiters.size === 0;
  }

  /** A step of work begins; it sees all that was marked before. */
  beginStep(): void {
    this.#isMarked = false;
  }

  /** Says that traces were marked. */
  mark(): void {
    this.#isMarked = true;
    if (this.#isIdle) this.#wake?.();
  }

  /** Waits until there was nothing to do, and for `timeoutMs` at most; no rest is taken meanwhile. */
  async untilIdle(timeoutMs: number): Promise<void> {
    this.#isMarked = true;
    this.#wake?.();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiters.add(done);
    });
  }

  /** Rests after work, as long as {@link isBusy}. */
  async giveWay(workMs: number): Promise<void> {
    await nextTurn();
    if (!this.isBusy) return;
    const before = performance.eventLoopUtilization();
    await this.pause(workMs);
    const { utilization } = performance.eventLoopUtilization(before);
    const comeFirst = utilization >= BUSY_UTILIZATION || this.#isQueueing();
    if (comeFirst && this.isBusy) await this.pause(workMs * (REST_PER_WORK_BUSY - 1));
  }

  /**
   * There was nothing to do: waits for marks. Who came during that step waits for the next one.
   *
   * @param isDone whether those who wait for findings have them; else something is still under way
   */
  async idle(isDone: boolean): Promise<void> {
    if (this.#isMarked) return;
    if (isDone) this.release();
    this.#isIdle = true;
    await this.pause(IDLE_MS);
    this.#isIdle = false;
    if (this.isBusy) await this.pause(GATHER_MS);
  }

  /** Waits; who waits for findings, and the end, cut it short. */
  async pause(ms: number): Promise<void> {
    if (this.#isEnded) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      timer.unref();
      this.#wake = wake;
    });
  }

  /** From now on nothing waits. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Lets those go on who wait for findings. */
  release(): void {
    for (const done of this.#waiters) done();
  }
}
