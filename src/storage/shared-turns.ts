/** Does a thing that must not overlap itself: who asks for it while it is being done shares the next turn. */
export class SharedTurns {
  readonly #turn: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
  }

  /** Resolves, or rejects, with a turn that begins after the call. */
  take(): Promise<void> {
    this.#next ??= this.#follow();
    return this.#next;
  }

  async #follow(): Promise<void> {
    await this.#running;
    this.#next = null;
    const done = this.#turn();
    this.#running = done.catch(() => {});
    await done;
  }
}
