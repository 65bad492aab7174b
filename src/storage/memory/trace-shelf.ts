import { SlotStore } from './slot-store.ts';
import type { StoredTrace } from './stored-trace.ts';

/** Packing a longer log would hold up everybody else for milliseconds. */
const PACKED_BYTES_MAX = 256 * 1024;

/** Knows what all traces take, and packs those that nobody has used lately. */
export class TraceShelf {
  /** Where packed events are. */
  readonly slots = new SlotStore();
  readonly #unpackedBytesMax: number;
  /** What is unpacked and could be packed, used least recently first, each with its bytes. */
  readonly #unpacked = new Map<StoredTrace, number>();
  #unpackedBytes = 0;
  #bytes = 0;

  constructor(unpackedBytesMax: number) {
    this.#unpackedBytesMax = unpackedBytesMax;
  }

  /** What all traces take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Reads from a trace, packed or not. */
  reading<Result>(trace: StoredTrace, read: () => Result): Result {
    this.use(trace);
    const result = read();
    this.use(trace);
    this.packOldest();
    return result;
  }

  /**
   * Makes sure that the events of a trace can be read and added to, until something else is packed;
   * and counts what the trace takes now.
   */
  use(trace: StoredTrace): void {
    this.#takeDown(trace);
    trace.log.unpack();
    const { bytes } = trace.log;
    if (bytes <= PACKED_BYTES_MAX) {
      this.#unpacked.set(trace, bytes);
      this.#unpackedBytes += bytes;
    }
    this.#count(trace, trace.bytes);
  }

  /** Packs as many as leave no more unpacked than there may be. */
  packOldest(): void {
    for (const trace of this.#unpacked.keys()) {
      if (this.#unpackedBytes <= this.#unpackedBytesMax) break;
      this.#takeDown(trace);
      trace.pack();
      this.#count(trace, trace.bytes);
    }
  }

  forget(trace: StoredTrace): void {
    this.#takeDown(trace);
    trace.log.clear();
    this.#count(trace, 0);
  }

  clear(): void {
    this.#unpacked.clear();
  }

  #takeDown(trace: StoredTrace): void {
    this.#unpackedBytes -= this.#unpacked.get(trace) ?? 0;
    this.#unpacked.delete(trace);
  }

  #count(trace: StoredTrace, bytes: number): void {
    this.#bytes += bytes - trace.countedBytes;
    trace.countedBytes = bytes;
  }
}
