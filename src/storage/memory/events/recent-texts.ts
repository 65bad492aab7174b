/** Distinct texts that a new one is compared with; a request has two or three kinds of metadata. */
export const RECENT_TEXTS_MAX = 8;

/** Distinct texts of one append with their places: to compare strings takes no time next to bytes. */
export class RecentTexts {
  readonly #texts: string[] = [];
  readonly #places: number[] = [];

  placeOf(text: string): number | null {
    const index = this.#texts.lastIndexOf(text);
    return index === -1 ? null : (this.#places[index] as number);
  }

  add(text: string, place: number): void {
    this.#texts.push(text);
    this.#places.push(place);
    if (this.#texts.length <= RECENT_TEXTS_MAX) return;
    this.#texts.shift();
    this.#places.shift();
  }
}
