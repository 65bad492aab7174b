import { type Facet, facetOf } from '../../../domain/facet.ts';
import { countedPart } from '../../../domain/trace/tag-facet.ts';
import { Interned } from '../bytes/interned.ts';

/** What the tags of a trace take besides four bytes each: an array, and its place in the list. */
const LIST_BYTES = 120;
const TAG_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** The tags of traces, by their slots in the list: as numbers, as many traces have the same. */
export class TraceTags {
  readonly #texts = new Interned<string>();
  readonly #bySlot = new Map<number, Uint32Array>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes + this.#texts.bytes;
  }

  /** Puts tags in the place of those that a trace had. */
  write(slot: number, tags: readonly string[]): void {
    const before = this.#bySlot.get(slot);
    const numbers = Uint32Array.from(tags, (text) => this.#texts.use(text, text));
    for (const number of before ?? []) this.#texts.release(number);
    if (before !== undefined) this.#bytes -= bytesOf(before);
    if (numbers.length === 0) {
      this.#bySlot.delete(slot);
      return;
    }
    this.#bySlot.set(slot, numbers);
    this.#bytes += bytesOf(numbers);
  }

  /** The keys that the traces of some slots have, or the values of one key. */
  facet(slots: readonly number[], key: string | null): Facet {
    const parts = new Map<number, string | null>();
    const partOf = (number: number): string | null => {
      const known = parts.get(number);
      if (known !== undefined) return known;
      const part = countedPart(this.#texts.valueOf(number), key);
      parts.set(number, part);
      return part;
    };
    return facetOf(slots, (slot) =>
      [...(this.#bySlot.get(slot) ?? [])].map(partOf).filter((part) => part !== null),
    );
  }

  /** Whether the trace of a slot has all of some tags. */
  test(wanted: readonly string[]): (slot: number) => boolean {
    const numbers = wanted.map((text) => this.#texts.numberOf(text));
    if (numbers.includes(null)) return () => false;
    return (slot) => {
      const own = this.#bySlot.get(slot);
      return own !== undefined && numbers.every((number) => own.includes(number as number));
    };
  }
}

function bytesOf(numbers: Uint32Array): number {
  return LIST_BYTES + numbers.length * TAG_BYTES;
}
