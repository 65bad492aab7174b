/**
 * Work that takes long, beside the usual one: one piece after the other, so that what is ordinary never
 * waits for it.
 */
export class LongWork {
  readonly #ended: () => void;
  #pieces = 0;
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;
  #isClosed = false;

  /** @param ended is told whenever a piece has ended */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  get isUnderWay(): boolean {
    return this.#pieces > 0;
  }

  /** Begins a piece once those before it have ended. */
  begin(piece: () => Promise<unknown>): void {
    this.#pieces += 1;
    this.#last = this.#last.then(async () => {
      try {
        if (!this.#isClosed) await piece();
      } catch (error) {
        this.#failure ??= { error };
      }
      this.#pieces -= 1;
      this.#ended();
    });
  }

  /** Throws what a piece failed with since it was asked last. */
  check(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }

  /** Waits within a piece; the end cuts it short. */
  async rest(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  /** Waits for the piece under way; no other begins. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await this.#last;
  }
}
