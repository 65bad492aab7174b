/** Remembers what was learnt of texts, the latest used ones, within a number and a size. */
export class TextMemory<Learnt> {
  readonly #entries = new Map<string, Learnt>();
  readonly #entriesMax: number;
  readonly #charactersMax: number;
  #characters = 0;

  constructor(entriesMax: number, charactersMax: number) {
    this.#entriesMax = entriesMax;
    this.#charactersMax = charactersMax;
  }

  /** What is known of a text, learnt now unless it is remembered. */
  of(text: string, learn: () => Learnt): Learnt {
    const known = this.#entries.get(text);
    if (known !== undefined) {
      this.#entries.delete(text);
      this.#entries.set(text, known);
      return known;
    }
    const learnt = learn();
    this.#entries.set(text, learnt);
    this.#characters += text.length;
    this.#forget();
    return learnt;
  }

  #forget(): void {
    for (const text of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax && this.#characters <= this.#charactersMax) return;
      this.#entries.delete(text);
      this.#characters -= text.length;
    }
  }
}
