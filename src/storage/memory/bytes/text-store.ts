import { ByteReader, ByteWriter } from './byte-writer.ts';
import { pack, unpack } from './packing.ts';
import { type Slot, SlotStore } from './slot-store.ts';

/** Shared: nothing stays in it between calls. */
const writer = new ByteWriter();

/** Lists of texts, deflated and off the heap: what is derived repeats itself, and is seldom read. */
export class TextStore {
  readonly #slots = new SlotStore();

  get bytes(): number {
    return this.#slots.bytes;
  }

  /** Keeps texts without lone surrogates; null when there are none. */
  put(texts: readonly string[]): Slot | null {
    if (texts.length === 0) return null;
    writer.clear();
    for (const text of texts) writer.text(text);
    return this.#slots.put(pack(writer.bytes));
  }

  read(slot: Slot | null): string[] {
    if (slot === null) return [];
    const bytes = unpack(this.#slots.read(slot));
    const reader = new ByteReader(bytes, 0);
    const texts: string[] = [];
    while (reader.position < bytes.length) texts.push(reader.text());
    return texts;
  }

  free(slot: Slot | null): void {
    if (slot !== null) this.#slots.free(slot);
  }
}
