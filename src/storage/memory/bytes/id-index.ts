/** Records of a trace that are searched one after the other before an index pays. */
export const SCANNED_RECORDS_MAX = 24;

/** Secret, so that nobody can send ids that all fall into one place of the table. */
const seeds = crypto.getRandomValues(new Uint32Array(4));

/** An id in the form in which it is stored and compared. */
export type BinaryId = Uint8Array;
export const ID_BYTES = 16;

/**
 * Finds a record by its event id: open addressing with linear probing (Knuth, The Art of Computer
 * Programming 3, 6.4) over the offsets of the records, off the heap.
 */
export class IdIndex {
  #slots = new Uint32Array(SCANNED_RECORDS_MAX * 4);
  #count = 0;
  readonly #idAt: (offset: number) => BinaryId;

  /** @param idAt the id of the record at an offset */
  constructor(idAt: (offset: number) => BinaryId) {
    this.#idAt = idAt;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  has(id: BinaryId): boolean {
    for (let slot = this.#home(id); ; slot = this.#after(slot)) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return false;
      if (Buffer.compare(this.#idAt(entry - 1), id) === 0) return true;
    }
  }

  /** Adds a record whose id is not in the index. */
  add(offset: number): void {
    if ((this.#count + 1) * 2 > this.#slots.length) this.#grow();
    this.#place(offset);
    this.#count += 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#place(entry - 1);
  }

  #place(offset: number): void {
    let slot = this.#home(this.#idAt(offset));
    while (this.#slots[slot] !== 0) slot = this.#after(slot);
    this.#slots[slot] = offset + 1;
  }

  #after(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1;
  }

  /** Mixes the four words of an id as the finaliser of MurmurHash3 does, each with its seed. */
  #home(id: BinaryId): number {
    let hash = 0;
    for (let word = 0; word < 4; word += 1) {
      const at = word * 4;
      const bits =
        (id[at] as number) |
        ((id[at + 1] as number) << 8) |
        ((id[at + 2] as number) << 16) |
        ((id[at + 3] as number) << 24);
      hash ^= bits ^ (seeds[word] as number);
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
    return (hash >>> 0) % this.#slots.length;
  }
}
