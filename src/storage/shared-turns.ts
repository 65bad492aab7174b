/** Does a thing that must not overlap itself: who asks for it while it is being done shares the next turn. */
export class SharedTurns<Result = void> {
  readonly #turn: () => Promise<Result>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Result> | null = null;

  constructor(turn: () => Promise<Result>) {
    this.#turn = turn;
  }

  /** Resolves, or rejects, with a turn that begins after the call. */
  take(): Promise<Result> {
    this.#next ??= this.#follow();
    return this.#next;
  }

  async #follow(): Promise<Result> {
    await this.#running;
    this.#next = null;
    const done = this.#turn();
    this.#running = done.catch(() => {});
    return done;
  }
}
