import { BASELINE_HOURS } from '../domain/latency/buckets.ts';

/**
 * Operations that one process learns. The bound keeps a hostile client from filling the memory with
 * invented names.
 */
export const OPERATIONS_MAX = 10_000;

interface Entry<State> {
  usedHour: number;
  readonly state: State;
}

/**
 * Keeps the operations whose durations a process learns. When there is no room, a new operation
 * takes the place of one that nobody used for as long as a baseline reaches back. If there is none,
 * the new one is not learnt: nobody can push out what is known of others.
 */
export class RecentOperations<State> {
  readonly #max: number;
  /** The one used least recently comes first. */
  readonly #entries = new Map<string, Entry<State>>();

  constructor(max = OPERATIONS_MAX) {
    this.#max = max;
  }

  get(key: string): State | null {
    return this.#entries.get(key)?.state ?? null;
  }

  /**
   * The state of an operation that is used now; null when it is new and there is no place for it.
   *
   * @param hour now, in hours since 1970
   * @param release called with the state that gives way
   */
  use(
    key: string,
    hour: number,
    create: () => State,
    release: (state: State) => void = () => {},
  ): State | null {
    const known = this.#entries.get(key);
    if (known === undefined && !this.#makeRoom(hour, release)) return null;
    const entry = known ?? { usedHour: hour, state: create() };
    entry.usedHour = Math.max(entry.usedHour, hour);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.state;
  }

  /** Gives up the operation used least recently; gives its state, null when there is none. */
  evictOldest(): State | null {
    for (const [key, { state }] of this.#entries) {
      this.#entries.delete(key);
      return state;
    }
    return null;
  }

  /** Erases the operations whose keys are chosen; gives their states. */
  eraseAll(isChosen: (key: string) => boolean): State[] {
    const chosen = [...this.#entries].filter(([key]) => isChosen(key));
    for (const [key] of chosen) this.#entries.delete(key);
    return chosen.map(([, { state }]) => state);
  }

  /** Erases one operation. */
  erase(key: string): void {
    this.#entries.delete(key);
  }

  *entries(): Generator<readonly [key: string, state: State]> {
    for (const [key, { state }] of this.#entries) yield [key, state];
  }

  *states(): Generator<State> {
    for (const { state } of this.#entries.values()) yield state;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Evicts an operation when it must; tells whether there is room for another one. */
  #makeRoom(hour: number, release: (state: State) => void): boolean {
    if (this.#entries.size < this.#max) return true;
    const [oldest] = this.#entries.values();
    if (oldest === undefined || oldest.usedHour > hour - BASELINE_HOURS) return false;
    this.evictOldest();
    release(oldest.state);
    return true;
  }
}
