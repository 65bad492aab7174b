import type { EventRecord, EventSender, EventSource } from '../../../domain/event/event.ts';
import { kindNames } from '../../../domain/event/event-kind.ts';
import type { WrittenEvents } from '../../../domain/event/written-events.ts';
import { ByteReader, ByteWriter, writeUuid } from '../../bytes/byte-writer.ts';
import { AS_WRITTEN, timestampCode } from '../../bytes/timestamp-code.ts';
import type { EventPosition } from '../../storage.ts';
import { FLAGS_AT, flag, ID_AT, INSTANT_AT, KIND_AT, readRecord } from '../bytes/event-code.ts';
import { ID_BYTES, IdIndex, SCANNED_RECORDS_MAX } from '../bytes/id-index.ts';
import type { Interned } from '../bytes/interned.ts';
import { unpack } from '../bytes/packing.ts';
import { bytesOfSlot, type Slot, type SlotStore } from '../bytes/slot-store.ts';
import { RECENT_TEXTS_MAX, RecentTexts } from './recent-texts.ts';
import { SenderList } from './sender-list.ts';
import { ServiceCounts } from './service-counts.ts';

/** What the place of other bytes takes. */
const PLACE_BYTES = 4;
/** Below this, a log is allocated to the byte; above, copying at every append would be quadratic. */
const EXACT_BYTES_MAX = 16 * 1024;
const GROWTH = 1.125;
/** What the buffer and the lists of a log take besides what is in them, while it is not packed. */
export const UNPACKED_BYTES = 700;
/** The last four bytes of an id: the part in which ids that were made one after the other differ. */
const ID_END_AT = ID_BYTES - 4;
const nothing = Buffer.alloc(0);

/** Shared: nothing stays in it between calls. */
const writer = new ByteWriter();
const idBytes = Buffer.allocUnsafeSlow(ID_BYTES);

/**
 * The events of one trace as bytes off the heap, in the order of their arrival. It can be packed,
 * which leaves a quarter of the bytes; nothing but `count`, `services`, `bytes` and `end` may be
 * asked for then.
 */
export class TraceLog {
  readonly #slots: SlotStore;
  #packed: Slot | null = null;
  #buffer = nothing;
  #used = 0;
  #count = 0;
  #lastAt = -1;
  #index: IdIndex | null = null;
  /** Places of recent metadata texts, the latest last. */
  #metadataAt: number[] | null = null;
  readonly #services = new ServiceCounts();
  readonly #senders: SenderList;
  /** Where the bytes were written that the last event was made of, for the next that was too. */
  #source: { readonly of: EventSource; readonly at: number } | null = null;

  /**
   * @param slots where packed logs are
   * @param senders of the events of all logs
   */
  constructor(slots: SlotStore, senders: Interned<EventSender>) {
    this.#slots = slots;
    this.#senders = new SenderList(senders);
  }

  get count(): number {
    return this.#count;
  }

  get isPacked(): boolean {
    return this.#packed !== null;
  }

  get bytes(): number {
    if (this.#packed !== null) return bytesOfSlot(this.#packed);
    return UNPACKED_BYTES + this.#buffer.length + (this.#index?.bytes ?? 0);
  }

  /** What was written, as long as it is not packed. It never changes: more comes behind it. */
  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Its events as they were written; null where the bytes alone do not tell them. */
  writtenEvents(traceId: string): WrittenEvents | null {
    if (this.#packed !== null || !this.#senders.isEmpty) return null;
    return { traceId, count: this.#count, bytes: this.written };
  }

  /**
   * What earlier metadata said is forgotten: should it come again, it is written again.
   *
   * @param packed what `pack` of packing.ts makes of all that was written
   */
  pack(packed: Uint8Array): void {
    this.#packed = this.#slots.put(packed);
    this.#buffer = nothing;
    this.#index = null;
    this.#metadataAt = null;
    this.#services.shrink();
  }

  unpack(): void {
    if (this.#packed === null) return;
    this.#buffer = Buffer.allocUnsafeSlow(this.#used);
    this.#buffer.set(unpack(this.#slots.read(this.#packed)));
    this.#freePacked();
    if (this.#count > SCANNED_RECORDS_MAX) this.#buildIndex();
  }

  /** Gives back what it takes elsewhere; it is not used any more. */
  clear(): void {
    this.#freePacked();
    this.#senders.clear();
  }

  #freePacked(): void {
    if (this.#packed !== null) this.#slots.free(this.#packed);
    this.#packed = null;
  }

  /** The most that the next append adds besides its own records. */
  get growthBytes(): number {
    return Math.ceil(this.#buffer.length * (GROWTH - 1)) + (this.#index?.bytes ?? 0);
  }

  /** Service names, the empty one included, each with the number of its events. */
  services(): Iterable<readonly [name: string, eventCount: number]> {
    return this.#services.all();
  }

  has(eventId: string): boolean {
    if (this.#count === 0) return false;
    writeUuid(eventId, idBytes, 0);
    if (this.#index !== null) return this.#index.has(idBytes);
    const end = idBytes.readUInt32BE(ID_END_AT);
    for (let at = 0; at < this.#used; at += this.#buffer.readUInt32BE(at)) {
      if (this.#buffer.readUInt32BE(at + ID_AT + ID_END_AT) === end && this.#isIdOf(at))
        return true;
    }
    return false;
  }

  /** Adds events whose ids are new and different from each other. */
  append(events: readonly EventRecord[]): void {
    writer.clear();
    const texts = new RecentTexts();
    const offsets: number[] = [];
    let before: EventRecord | null = null;
    for (const event of events) {
      offsets.push(this.#write(event, before, texts));
      before = event;
    }
    this.#source = null;
    const added = writer.bytes;
    const needed = this.#used + added.length;
    if (needed > this.#buffer.length) {
      const size =
        needed <= EXACT_BYTES_MAX
          ? needed
          : Math.max(needed, Math.ceil(this.#buffer.length * GROWTH));
      const larger = Buffer.allocUnsafeSlow(size);
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
    }
    added.copy(this.#buffer, this.#used);
    this.#used = needed;
    this.#count += events.length;
    if (this.#index !== null) for (const offset of offsets) this.#index.add(offset);
    else if (this.#count > SCANNED_RECORDS_MAX) this.#buildIndex();
  }

  /** The offsets of all records from the `from`-th byte on. */
  offsets(from: number): number[] {
    const offsets: number[] = [];
    for (let at = from; at < this.#used; at += this.#buffer.readUInt32BE(at)) offsets.push(at);
    return offsets;
  }

  /** All events of one kind. */
  readAll(traceId: string, kind: EventRecord['kind']): EventRecord[] {
    const code = kindNames.indexOf(kind);
    return this.offsets(0)
      .filter((offset) => this.#buffer[offset + KIND_AT] === code)
      .map((offset) => this.read(traceId, offset));
  }

  /** Those of some kinds among the `count` events that were stored last. */
  readLast(traceId: string, kinds: readonly EventRecord['kind'][], count: number): EventRecord[] {
    const codes = new Set(kinds.map((kind) => kindNames.indexOf(kind)));
    return this.offsets(0)
      .slice(-count)
      .filter((offset) => codes.has(this.#buffer[offset + KIND_AT] as number))
      .map((offset) => this.read(traceId, offset));
  }

  get end(): number {
    return this.#used;
  }

  /** The order of events: by instant, then by id. */
  compare(a: number, b: number): number {
    const buffer = this.#buffer;
    for (const at of [INSTANT_AT, INSTANT_AT + 4]) {
      const difference = buffer.readUInt32BE(a + at) - buffer.readUInt32BE(b + at);
      if (difference !== 0) return difference;
    }
    return buffer.compare(buffer, b + ID_AT, b + INSTANT_AT, a + ID_AT, a + INSTANT_AT);
  }

  /** Whether the record at an offset comes after a position in that order. */
  isAfter(offset: number, position: EventPosition): boolean {
    const instant = this.#buffer.readBigUInt64BE(offset + INSTANT_AT);
    if (instant !== position.timestampNs) return instant > position.timestampNs;
    writeUuid(position.id, idBytes, 0);
    return this.#buffer.compare(idBytes, 0, ID_BYTES, offset + ID_AT, offset + INSTANT_AT) > 0;
  }

  read(traceId: string, offset: number): EventRecord {
    if (((this.#buffer[offset + FLAGS_AT] as number) & flag.isSource) !== 0) {
      return this.#readSource(offset);
    }
    return readRecord(this.#buffer, offset, traceId, (number) => this.#services.at(number));
  }

  #readSource(offset: number): EventRecord {
    // Behind the code of the timestamp, which has nothing to say here, and the service.
    const reader = new ByteReader(this.#buffer, offset + FLAGS_AT + 2);
    reader.count();
    const sender = this.#senders.at(reader.count());
    const part = reader.count();
    return sender.read(new ByteReader(this.#buffer, reader.uint32()).part(), part);
  }

  /**
   * Writes one record to the writer; returns its offset in the log that is to be.
   *
   * @param before the event before it in the same append
   * @param metadata metadata texts of the same append
   */
  #write(event: EventRecord, before: EventRecord | null, metadata: RecentTexts): number {
    const start = writer.length;
    const offset = this.#used + start;
    const beforeAt = this.#lastAt;
    writer.uint32(0);
    writer.uuid(event.id);
    writer.uint64(event.timestampNs);
    writer.uint8(kindNames.indexOf(event.kind));
    const flagsAt = writer.length;
    writer.uint8(0);
    const { source } = event;
    const code = source === undefined ? timestampCode(event.timestamp) : AS_WRITTEN;
    writer.uint8(code);
    writer.count(this.#services.count(event.service));
    if (source !== undefined) {
      this.#writeSource(source);
      writer.setUint8(flagsAt, flag.isSource);
      writer.setUint32(start, writer.length - start);
      this.#lastAt = offset;
      return offset;
    }
    let flags = event.isError ? flag.isError : 0;
    if (event.parentId !== null) {
      flags |= flag.hasParent;
      const isBefore =
        before === null ? this.#isIdAt(beforeAt, event.parentId) : before.id === event.parentId;
      if (isBefore) {
        flags |= flag.parentIsBefore;
        writer.count(beforeAt);
      } else writer.uuid(event.parentId);
    }
    if (code === AS_WRITTEN) writer.text(event.timestamp);
    writer.text(event.operation);
    writer.text(event.payload);
    if (this.#writeMetadata(event.metadata, metadata)) flags |= flag.metadataIsEarlier;
    if (event.vector !== '[]') {
      flags |= flag.hasVector;
      writer.text(event.vector);
    }
    if (event.lockSet !== '[]') {
      flags |= flag.hasLockSet;
      writer.text(event.lockSet);
    }
    if (event.extra !== '') {
      flags |= flag.hasExtra;
      writer.text(event.extra);
    }
    writer.setUint8(flagsAt, flags);
    writer.setUint32(start, writer.length - start);
    this.#lastAt = offset;
    return offset;
  }

  /** Writes what an event was sent as, once for all events that were made of the same. */
  #writeSource(source: EventSource): void {
    const { bytes, start, end, sender, part } = source;
    writer.count(this.#senders.numberOf(sender));
    writer.count(part);
    const before = this.#source;
    if (before !== null && before.of.bytes === bytes && before.of.start === start) {
      writer.uint32(before.at);
      return;
    }
    const at = this.#used + writer.length + PLACE_BYTES;
    writer.uint32(at);
    writer.part(bytes, start, end);
    this.#source = { of: source, at };
  }

  /** Writes the text, or the place of an equal one; true for a place. */
  #writeMetadata(metadata: string, recent: RecentTexts): boolean {
    let at = recent.placeOf(metadata);
    if (at === null) {
      at = this.#metadataPlace(metadata);
      recent.add(metadata, at ?? this.#used + writer.length);
    }
    if (at !== null) {
      writer.count(at);
      return true;
    }
    this.#metadataAt ??= [];
    this.#metadataAt.push(this.#used + writer.length);
    if (this.#metadataAt.length > RECENT_TEXTS_MAX) this.#metadataAt.shift();
    writer.text(metadata);
    return false;
  }

  /** Where an earlier append wrote this metadata, if lately; null if not. */
  #metadataPlace(metadata: string): number | null {
    for (const at of this.#metadataAt?.toReversed() ?? []) {
      if (at < this.#used && new ByteReader(this.#buffer, at).text() === metadata) return at;
    }
    return null;
  }

  #isIdAt(offset: number, id: string): boolean {
    if (offset < 0) return false;
    writeUuid(id, idBytes, 0);
    return this.#isIdOf(offset);
  }

  /** Whether it is the one in {@link idBytes}. */
  #isIdOf(offset: number): boolean {
    return idBytes.compare(this.#buffer, offset + ID_AT, offset + INSTANT_AT) === 0;
  }

  #buildIndex(): void {
    this.#index = new IdIndex((offset) =>
      this.#buffer.subarray(offset + ID_AT, offset + INSTANT_AT),
    );
    for (const offset of this.offsets(0)) this.#index.add(offset);
  }
}
