/** Bytes taken from the system at once. */
const PAGE_BYTES = 64 * 1024;
/** Larger entries get a page of their own size. */
const SHARED_BYTES_MAX = 8 * 1024;
/** Each slot size is a sixteenth larger than the one before: half of that is wasted on average. */
const SIZE_STEP = 1.0625;
const SIZE_LEAST = 64;
/** What the object that names an entry takes on the heap. */
const SLOT_OBJECT_BYTES = 48;

const sizes: readonly number[] = slotSizes();

interface Page {
  readonly buffer: Buffer;
  /** Index into the sizes; -1 for a page of one entry. */
  readonly size: number;
  /** Beginnings of free slots. */
  readonly free: number[];
}

/** Where an entry is. */
export interface Slot {
  readonly page: Page;
  readonly at: number;
  readonly length: number;
}

/**
 * Small pieces of bytes off the heap, many to a page (the slab allocator of Bonwick, USENIX 1994): a
 * Buffer of its own takes as much again as a small piece does, and leaves holes behind. Pages
 * that are empty are given back.
 */
export class SlotStore {
  /** Pages with a free slot, by size. */
  readonly #open: readonly Set<Page>[] = sizes.map(() => new Set());
  #bytes = 0;

  /** What all entries take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy. */
  put(entry: Uint8Array): Slot {
    const size = sizes.findIndex((bytes) => bytes >= entry.length);
    const page = size === -1 ? newPage(entry.length, -1) : this.#pageOf(size);
    const at = page.free.pop() as number;
    if (size !== -1 && page.free.length === 0) this.#open[size]?.delete(page);
    page.buffer.set(entry, at);
    this.#bytes += bytesOfPage(page);
    return { page, at, length: entry.length };
  }

  /** What was put there; valid until it is freed. */
  read({ page, at, length }: Slot): Buffer {
    return page.buffer.subarray(at, at + length);
  }

  /** Gives the place of an entry to others; nobody may read it any more. */
  free({ page, at }: Slot): void {
    this.#bytes -= bytesOfPage(page);
    page.free.push(at);
    const open = this.#open[page.size];
    if (open === undefined) return;
    if (page.free.length < slotsOf(page.size)) open.add(page);
    else open.delete(page);
  }

  #pageOf(size: number): Page {
    const open = this.#open[size] as Set<Page>;
    for (const page of open) return page;
    const page = newPage(PAGE_BYTES, size);
    open.add(page);
    return page;
  }
}

function newPage(bytes: number, size: number): Page {
  const slots = size === -1 ? 1 : slotsOf(size);
  const slotBytes = sizes[size] ?? bytes;
  return {
    buffer: Buffer.allocUnsafeSlow(bytes),
    size,
    free: Array.from({ length: slots }, (_, slot) => (slots - 1 - slot) * slotBytes),
  };
}

/** What an entry takes. */
export function bytesOfSlot({ page }: Slot): number {
  return bytesOfPage(page);
}

function bytesOfPage({ buffer, size }: Page): number {
  return SLOT_OBJECT_BYTES + (sizes[size] ?? buffer.length);
}

function slotsOf(size: number): number {
  return Math.floor(PAGE_BYTES / (sizes[size] as number));
}

function slotSizes(): number[] {
  const found: number[] = [];
  for (let bytes = SIZE_LEAST; bytes < SHARED_BYTES_MAX; bytes *= SIZE_STEP) {
    found.push(Math.ceil(bytes / 8) * 8);
  }
  return [...found, SHARED_BYTES_MAX];
}
