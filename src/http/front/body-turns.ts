import type { Readable } from 'node:stream';
import { httpLimits } from '../limits.ts';

/** What one read of a socket brings at most. */
const PART_BYTES = 64 * 1024;

/**
 * Shares the event loop between bodies. Node would read two megabytes of each connection in one turn, and
 * a turn that reads and unpacks several large bodies takes a second in which nobody else is answered.
 */
export class BodyTurns {
  #leftBytes: number = httpLimits.largeBytesPerTurn;
  #leftMs: number = httpLimits.bodyMsPerTurn;
  /** Large bodies that have had enough of this turn, in the order in which they go on. */
  readonly #resting = new Set<Readable>();
  /** Work on bodies that are whole. */
  readonly #small: (() => void)[] = [];
  readonly #large: (() => void)[] = [];
  #isScheduled = false;
  readonly #nowMs: () => number;

  /** @param nowMs a clock */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Counts what came of a large body; beyond what a turn may bring it rests until another. */
  read(payload: Readable, bytes: number): void {
    this.#leftBytes -= bytes;
    this.#schedule();
    if (this.#leftBytes > 0) return;
    payload.pause();
    this.#resting.add(payload);
  }

  isResting(payload: Readable): boolean {
    return this.#resting.has(payload);
  }

  /** Reads the rest of a body that was refused, and throws it away. */
  discard(payload: Readable): void {
    payload.on('error', () => {}).on('data', (part: Buffer) => this.read(payload, part.length));
    if (!this.isResting(payload)) payload.resume();
  }

  /**
   * Does what is to be done with a body: now if this turn has time left, else in another. Large bodies
   * come behind small ones, one at least in each turn.
   */
  work(bytes: number, run: () => void): void {
    this.#schedule();
    const waiting = bytes > httpLimits.smallBodyBytes ? this.#large : this.#small;
    if (waiting.length > 0 || this.#leftMs <= 0) waiting.push(run);
    else this.#do(run);
  }

  #do(run: () => void): void {
    const startedMs = this.#nowMs();
    run();
    this.#leftMs -= this.#nowMs() - startedMs;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#isScheduled = false;
    this.#leftBytes = httpLimits.largeBytesPerTurn;
    this.#leftMs = httpLimits.bodyMsPerTurn;
    let resumed = 0;
    for (const payload of this.#resting) {
      if (resumed === httpLimits.largeBytesPerTurn / PART_BYTES) break;
      this.#resting.delete(payload);
      payload.resume();
      resumed += 1;
    }
    this.#doAll(this.#small);
    const large = this.#large.shift();
    if (large !== undefined) this.#do(large);
    this.#doAll(this.#large);
    const isOver = this.#resting.size + this.#small.length + this.#large.length === 0;
    if (!isOver) this.#schedule();
  }

  /** As many as this turn has time for. */
  #doAll(waiting: (() => void)[]): void {
    while (this.#leftMs > 0) {
      const run = waiting.shift();
      if (run === undefined) return;
      this.#do(run);
    }
  }
}
