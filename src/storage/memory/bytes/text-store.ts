import { ByteReader, ByteWriter } from '../../bytes/byte-writer.ts';
import { pack, unpack } from './packing.ts';
import { type Slot, SlotStore } from './slot-store.ts';

/** Lists that were not packed when they came, and are for each one that comes packed. */
const PACKED_PER_PUT = 2;

/** Shared: nothing stays in it between calls. */
const writer = new ByteWriter();

/** A list of texts that was put. */
export interface KeptTexts {
  slot: Slot;
  isPacked: boolean;
}

/**
 * Lists of texts off the heap: what is derived repeats itself, and is seldom read. They are deflated once
 * memory is wanted, each new one with some of those that came before.
 */
export class TextStore {
  readonly #slots = new SlotStore();
  readonly #isWanted: () => boolean;
  /** Lists that are not packed, those that came first in front. */
  readonly #unpacked = new Set<KeptTexts>();

  /** @param isWanted whether there is use for the memory that packing saves */
  constructor(isWanted: () => boolean) {
    this.#isWanted = isWanted;
  }

  get bytes(): number {
    return this.#slots.bytes;
  }

  /** Keeps texts without lone surrogates; null when there are none. */
  put(texts: readonly string[]): KeptTexts | null {
    if (texts.length === 0) return null;
    writer.clear();
    for (const text of texts) writer.text(text);
    const isPacked = this.#isWanted();
    const bytes = isPacked ? pack(writer.bytes) : writer.bytes;
    const kept = { slot: this.#slots.put(bytes), isPacked };
    if (isPacked) this.#packFirst();
    else this.#unpacked.add(kept);
    return kept;
  }

  read(kept: KeptTexts | null): string[] {
    if (kept === null) return [];
    const stored = this.#slots.read(kept.slot);
    const bytes = kept.isPacked ? unpack(stored) : stored;
    const reader = new ByteReader(bytes, 0);
    const texts: string[] = [];
    while (reader.position < bytes.length) texts.push(reader.text());
    return texts;
  }

  free(kept: KeptTexts | null): void {
    if (kept === null) return;
    this.#slots.free(kept.slot);
    this.#unpacked.delete(kept);
  }

  #packFirst(): void {
    let packed = 0;
    for (const kept of this.#unpacked) {
      if (packed === PACKED_PER_PUT) return;
      const bytes = pack(this.#slots.read(kept.slot));
      this.#slots.free(kept.slot);
      kept.slot = this.#slots.put(bytes);
      kept.isPacked = true;
      this.#unpacked.delete(kept);
      packed += 1;
    }
  }
}
