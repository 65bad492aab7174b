import type { EventSender } from '../../../domain/event/event.ts';
import { Interned } from '../bytes/interned.ts';
import { type Bundle, entriesOf, pack } from '../bytes/packing.ts';
import { SlotStore } from '../bytes/slot-store.ts';
import type { StoredTrace } from './stored-trace.ts';

/** Packing a longer log would hold up everybody else for milliseconds. */
const PACKED_BYTES_MAX = 256 * 1024;
/**
 * Twice what a full server takes in one turn of its event loop, some 180 traces of SDK traffic: there
 * and back takes two turns when the other thread is busy too.
 */
const BUNDLE_BYTES = 1024 * 1024;
/** What is packed on the spot before others have their turn: 7 ms, or 30 for what is hard to pack. */
const STEP_BYTES = 512 * 1024;
/** Packs in another thread, see {@link packAll}; rejects when that thread ends. */
export type PackElsewhere = (bundle: Bundle) => Promise<Bundle>;

/**
 * Knows how many bytes all traces take, and packs traces that nobody has used lately. To deflate a
 * trace of 20 events takes 60 to 80 µs, twice as long as to store it. To send it to another thread
 * in a bundle, and to put the result away, takes 5 µs. A trace that is used or erased meanwhile
 * stays as it is.
 */
export class TraceShelf {
  /** Where packed events are. */
  readonly slots = new SlotStore();
  /** Senders of the events of all traces, as long as any has one of them. */
  readonly senders = new Interned<EventSender>();
  readonly #unpackedBytesMax: number;
  /** What everything may take before anything is packed. */
  readonly freeBytes: number;
  readonly #packElsewhere: PackElsewhere | null;
  /** What is unpacked and could be packed, used least recently first, each with its bytes. */
  readonly #unpacked = new Map<StoredTrace, number>();
  #unpackedBytes = 0;
  #bytes = 0;
  /** Of the bundle on its way: those that nobody has used since. They count as unpacked. */
  readonly #sent = new Set<StoredTrace>();
  #isSending = false;
  /** The bundle on its way: memory that both threads see, made for the first. */
  #scratch: Uint8Array | null = null;

  readonly #counted: (trace: StoredTrace, bytes: number) => void;

  /**
   * @param unpackedBytesMax what may be unpacked in any case
   * @param freeBytes what all traces may take before anything is packed
   * @param packElsewhere null: packs at once, where it is
   * @param counted is told of the bytes that a trace takes more, or less
   */
  constructor(
    unpackedBytesMax: number,
    freeBytes: number,
    packElsewhere: PackElsewhere | null,
    counted: (trace: StoredTrace, bytes: number) => void,
  ) {
    this.#counted = counted;
    this.#unpackedBytesMax = unpackedBytesMax;
    this.freeBytes = freeBytes;
    this.#packElsewhere = packElsewhere;
  }

  /** What all traces take, and their senders. */
  get bytes(): number {
    return this.#bytes + this.senders.bytes;
  }

  /** Reads from a trace, packed or not. */
  reading<Result>(trace: StoredTrace, read: () => Result): Result {
    this.use(trace);
    const result = read();
    this.use(trace);
    this.#packSome();
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

  /**
   * Packs as many as leave no more unpacked than there may be: elsewhere, or on the spot what
   * elsewhere falls behind with by as much as may be unpacked in any case. Others have their turns
   * between; who stores waits, so that no more comes than is packed.
   */
  async packOldest(): Promise<void> {
    while (this.#packSome()) await new Promise(setImmediate);
  }

  /** One step of packing; whether there is another to be made at once. */
  #packSome(): boolean {
    if (this.#excessBytes <= 0) return false;
    const behindBytes = this.#packElsewhere === null ? 0 : this.#unpackedBytesMax;
    let packedBytes = 0;
    for (const trace of this.#unpacked.keys()) {
      if (this.#excessBytes <= behindBytes || packedBytes > STEP_BYTES) break;
      if (this.#sent.has(trace)) continue;
      packedBytes += trace.log.end;
      this.#pack(trace, pack(trace.log.written));
    }
    if (this.#packElsewhere !== null) void this.#sendOldest(this.#packElsewhere);
    return packedBytes > STEP_BYTES && this.#excessBytes > behindBytes;
  }

  erase(trace: StoredTrace): void {
    this.#takeDown(trace);
    trace.log.clear();
    this.#count(trace, 0);
  }

  clear(): void {
    this.#unpacked.clear();
    this.#unpackedBytes = 0;
    this.#sent.clear();
  }

  /** Sends one bundle at a time: what comes up until it is back makes the next one. */
  async #sendOldest(packElsewhere: PackElsewhere): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#excessBytes > 0) {
        const traces = this.#oldest();
        const packed = entriesOf(await packElsewhere(this.#bundle(traces)));
        for (const [index, trace] of traces.entries()) {
          if (this.#sent.has(trace)) this.#pack(trace, packed[index] as Uint8Array);
        }
      }
    } catch {
      // They are packed with others, or on the spot.
    } finally {
      this.#sent.clear();
      this.#isSending = false;
    }
  }

  /** What is unpacked beyond what may be. */
  get #excessBytes(): number {
    const packedBytes = this.#bytes - this.#unpackedBytes;
    return this.#unpackedBytes - Math.max(this.#unpackedBytesMax, this.freeBytes - packedBytes);
  }

  /** As many as are to be packed, and fit into a bundle. */
  #oldest(): StoredTrace[] {
    const traces: StoredTrace[] = [];
    let excess = this.#excessBytes;
    let length = 0;
    for (const [trace, bytes] of this.#unpacked) {
      length += trace.log.end;
      if (excess <= 0 || length > BUNDLE_BYTES) break;
      excess -= bytes;
      traces.push(trace);
    }
    return traces;
  }

  #bundle(traces: readonly StoredTrace[]): Bundle {
    this.#scratch ??= new Uint8Array(new SharedArrayBuffer(BUNDLE_BYTES));
    let at = 0;
    for (const trace of traces) {
      this.#scratch.set(trace.log.written, at);
      at += trace.log.end;
      this.#sent.add(trace);
    }
    return { bytes: this.#scratch, lengths: traces.map(({ log }) => log.end) };
  }

  #pack(trace: StoredTrace, packed: Uint8Array): void {
    this.#takeDown(trace);
    trace.pack(packed);
    this.#count(trace, trace.bytes);
  }

  #takeDown(trace: StoredTrace): void {
    this.#unpackedBytes -= this.#unpacked.get(trace) ?? 0;
    this.#unpacked.delete(trace);
    this.#sent.delete(trace);
  }

  #count(trace: StoredTrace, bytes: number): void {
    this.#bytes += bytes - trace.countedBytes;
    this.#counted(trace, bytes - trace.countedBytes);
    trace.countedBytes = bytes;
  }
}
