/** From so much on retention erases without pauses: some rounds did not come to their end. */
const BEHIND_MS = 600_000;
/** A lag that nobody need be told of: after the days were made fewer, or the server stood still. */
const TOLD_MS = 3_600_000;
/** How long the lag must grow before it is told of. */
const GROWING_MS = 900_000;

/** How far retention is behind, and whether it falls back. */
export class RetentionLag {
  #lagMs = 0;
  /** The least lag since it began to grow, and when it was so small last. */
  #least = { lagMs: 0, atMs: 0 };
  #lookedMs = 0;

  /** For how long the oldest of what should be gone has been so. */
  get ms(): number {
    return this.#lagMs;
  }

  get isBehind(): boolean {
    return this.#lagMs > BEHIND_MS;
  }

  /** What an operator should know; null while the lag is small, or becomes smaller. */
  get fault(): string | null {
    if (this.#lagMs <= TOLD_MS || this.#lookedMs - this.#least.atMs < GROWING_MS) return null;
    const hours = (this.#lagMs / 3_600_000).toFixed(1);
    return (
      `more comes than retention erases: the oldest trace should be gone for ${hours} hours; ` +
      'run more instances, give the database more, or keep less'
    );
  }

  /**
   * Notes how it is.
   *
   * @param oldestNs when the last event of the oldest trace was received; null when there is none
   * @param beforeNs the moment before which none should have been
   */
  look(oldestNs: bigint | null, beforeNs: bigint, nowMs: number): void {
    const lagNs = oldestNs === null || oldestNs > beforeNs ? 0n : beforeNs - oldestNs;
    this.#lagMs = Number(lagNs / 1_000_000n);
    this.#lookedMs = nowMs;
    if (this.#lagMs <= this.#least.lagMs || this.#least.atMs === 0) {
      this.#least = { lagMs: this.#lagMs, atMs: nowMs };
    }
  }
}
