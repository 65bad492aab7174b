/** Lists of what is gone that are kept before the list is made anew. */
const STALE_MAX = 1024;

/** What waits, each once, with the time since when; taken from both ends. */
export class WaitingQueue {
  /** Since when, in milliseconds since 1970, in the order in which they came. */
  readonly #since = new Map<string, number>();
  /** The same, and some that wait no more: a map is not walked from its end. */
  #arrivals: string[] = [];

  get size(): number {
    return this.#since.size;
  }

  has(id: string): boolean {
    return this.#since.has(id);
  }

  /** Since when one waits; null when it does not. */
  sinceOf(id: string): number | null {
    return this.#since.get(id) ?? null;
  }

  /** What waits already keeps its place. */
  add(id: string, sinceMs: number): void {
    if (this.#since.has(id)) return;
    this.#since.set(id, sinceMs);
    this.#arrivals.push(id);
    if (this.#arrivals.length <= 2 * this.#since.size + STALE_MAX) return;
    this.#arrivals = [...this.#since.keys()];
  }

  delete(id: string): void {
    this.#since.delete(id);
  }

  oldestFirst(): Iterable<string> {
    return this.#since.keys();
  }

  /** One that went and came again may be there twice. */
  *newestFirst(): Generator<string> {
    for (let at = this.#arrivals.length - 1; at >= 0; at -= 1) {
      const id = this.#arrivals[at] as string;
      if (this.#since.has(id)) yield id;
      else if (at === this.#arrivals.length - 1) this.#arrivals.pop();
    }
  }

  /** Since when what waits longest does; null when nothing waits. */
  oldestMs(): number | null {
    let oldest: number | null = null;
    for (const sinceMs of this.#since.values()) {
      if (oldest === null || sinceMs < oldest) oldest = sinceMs;
    }
    return oldest;
  }
}
