/** How long the thread that answers requests is kept at most by steps of what nobody waits for. */
const STRETCH_MS = 10;

/** Lets requests come in between the steps of something long. */
export class Pauses {
  #sinceMs = performance.now();

  /** To be awaited between steps: goes on at once, or when others had their turn. */
  async betweenSteps(): Promise<void> {
    if (performance.now() - this.#sinceMs < STRETCH_MS) return;
    await new Promise(setImmediate);
    this.#sinceMs = performance.now();
  }
}
