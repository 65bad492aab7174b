import type { AppendOutcome, AppendRequest } from '../storage.ts';
import type { Journal, JournalPlace } from './journal/journal.ts';

/** What the memory stores and what lies on disk, held to each other. */
export class KeptAppends {
  readonly #journal: Journal;
  readonly #leaving = new Set<Promise<void>>();
  /** The append that was taken down last. */
  #last: Promise<unknown> = Promise.resolve();
  /** The memory has what was taken down before this number; what follows is on its way to it. */
  #storedBefore: number;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#storedBefore = journal.next;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#journal.bytes;
  }

  /**
   * Takes an append down, then stores it, after those that were taken down before. What the memory
   * refuses, or had already, is not kept.
   *
   * @param store stores it in the memory at once
   */
  append(
    requests: readonly AppendRequest[],
    receivedNs: bigint,
    store: () => AppendOutcome[],
  ): Promise<AppendOutcome[]> {
    const written = this.#journal.write(requests, receivedNs);
    const done = Promise.allSettled([written, this.#last]).then(async () => {
      const place = await written;
      let isNeeded = false;
      try {
        const outcomes = this.storing(place, store);
        isNeeded = outcomes.some(({ accepted }) => accepted > 0);
        return outcomes;
      } finally {
        if (!isNeeded) this.#later(this.#journal.forgetAppend(place));
      }
    });
    this.#last = done;
    return done;
  }

  /** Stores what was taken down at a place. */
  storing<Result>({ from, to }: JournalPlace, store: () => Result): Result {
    this.#storedBefore = from;
    const result = store();
    this.#storedBefore = to;
    return result;
  }

  /** Leaves out what the memory had of some traces; resolves once the disk has nothing of it. */
  forget(traceIds: readonly string[]): Promise<void> {
    return this.#journal.forgetTraces(traceIds, this.#storedBefore);
  }

  /** The same of a trace that was given up for room: should the disk fail, it is given up once more. */
  giveUp(traceId: string): void {
    this.#later(this.forget([traceId]));
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#last, ...this.#leaving]);
    await this.#journal.close();
  }

  /** Nobody waits for it, and the next write tells of a fault of the disk. */
  #later(done: Promise<void>): void {
    const settled = done.catch(() => {}).finally(() => this.#leaving.delete(settled));
    this.#leaving.add(settled);
  }
}
