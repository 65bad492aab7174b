import { type SemanticName, semantic } from '../semantic-names.ts';

/** What decides on the kind of an event, its operation, and whether it failed. */
const meanings = [
  'httpMethod',
  'httpStatus',
  'urlPath',
  'urlFull',
  'httpRoute',
  'dbSystem',
  'dbStatement',
  'dbNamespace',
  'messagingOperation',
] as const satisfies readonly SemanticName[];
export type NotedMeaning = (typeof meanings)[number];

const names = meanings.flatMap((meaning) => semantic[meaning]) as readonly string[];
/** Where the names of a meaning stand among all, the present one first. */
const placesOf = Object.fromEntries(
  meanings.map((meaning) => [meaning, semantic[meaning].map((name) => names.indexOf(name))]),
) as unknown as Readonly<Record<NotedMeaning, readonly number[]>>;

/** What the value of a noted attribute is; without one it counts as absent. */
export const valueKinds = { none: 0, text: 1, escapedText: 2, number: 3, other: 4 } as const;

/** The place of an attribute that is noted, by its name; -1 for all others. */
export function notedPlace(name: string): number {
  return names.indexOf(name);
}

/** Of the attributes of one span those that matter, by where their values stand in the bytes. */
export class NotedAttributes {
  readonly #kinds = new Uint8Array(names.length);
  readonly #starts = new Int32Array(names.length);
  readonly #lengths = new Int32Array(names.length);

  clear(): void {
    this.#kinds.fill(valueKinds.none);
  }

  /**
   * @param start where the text begins; for a number, the number itself
   * @param length of the text in bytes
   */
  note(place: number, kind: number, start: number, length: number): void {
    this.#kinds[place] = kind;
    this.#starts[place] = start;
    this.#lengths[place] = length;
  }

  /** The place of the attribute that means this; -1 when there is none with a value. */
  find(meaning: NotedMeaning): number {
    const places = placesOf[meaning];
    for (let index = 0; index < places.length; index += 1) {
      const place = places[index] as number;
      if (this.#kinds[place] !== valueKinds.none) return place;
    }
    return -1;
  }

  kindAt(place: number): number {
    return this.#kinds[place] as number;
  }

  /** Where a text begins; the number, when it is one. */
  startAt(place: number): number {
    return this.#starts[place] as number;
  }

  lengthAt(place: number): number {
    return this.#lengths[place] as number;
  }
}
