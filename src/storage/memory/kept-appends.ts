import { SharedTurns } from '../shared-turns.ts';
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
  /** Traces of which the disk may still have entries that are gone from the memory: those before a number. */
  readonly #owed = new Map<string, number>();
  readonly #payments = new SharedTurns(() => this.#pay());

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
    const { next } = this.#journal;
    const done = Promise.allSettled([written, this.#last]).then(([taken]) => {
      if (taken.status === 'rejected') {
        // The disk may have what it said it did not take: who erases means that too.
        this.#storedBefore = next;
        throw taken.reason;
      }
      const place = taken.value;
      let isNeeded = false;
      try {
        const outcomes = this.storing(place, store);
        isNeeded = outcomes.some(({ accepted }) => accepted > 0);
        return outcomes;
      } finally {
        if (!isNeeded) this.leaveOut(place);
        if (this.#owed.size > 0) this.#later(this.paid());
      }
    });
    this.#last = done;
    return done;
  }

  /** Stores what was taken down at a place. */
  storing<Result>({ from, to }: JournalPlace, store: () => Result): Result {
    this.#storedBefore = from;
    try {
      return store();
    } finally {
      this.#storedBefore = to;
    }
  }

  /** Has what was taken down at a place not come back: the memory did not take it. */
  leaveOut(place: JournalPlace): void {
    this.#later(this.#journal.forgetAppend(place));
  }

  /**
   * Leaves out what the memory had of some traces; resolves once the disk has nothing of it. Should the
   * disk fail, it is tried again until it succeeds.
   */
  forget(traceIds: readonly string[]): Promise<void> {
    for (const traceId of traceIds) this.#owed.set(traceId, this.#storedBefore);
    return this.paid();
  }

  /** The same of a trace that was given up for room, which nobody waits for. */
  giveUp(traceId: string): void {
    this.#owed.set(traceId, this.#storedBefore);
    this.#later(this.paid());
  }

  /**
   * Resolves once the disk has nothing of what was erased or given up until now. Who erases by selection is
   * not to find nothing in the memory while the disk still has it.
   */
  async paid(): Promise<void> {
    if (this.#owed.size > 0) await this.#payments.take();
  }

  /** @throws {RacewayError} `unavailable` when the disk takes nothing */
  ready(): Promise<void> {
    return this.#journal.ready();
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#last]);
    await Promise.allSettled([...this.#leaving, this.paid()]);
    await this.#journal.close();
  }

  async #pay(): Promise<void> {
    const owed = [...this.#owed];
    await this.#journal.forgetTraces(owed);
    for (const [traceId, before] of owed) {
      if (this.#owed.get(traceId) === before) this.#owed.delete(traceId);
    }
  }

  /** Nobody waits for it, and the next write tells of a fault of the disk. */
  #later(done: Promise<void>): void {
    const settled = done.catch(() => {}).finally(() => this.#leaving.delete(settled));
    this.#leaving.add(settled);
  }
}
