import { integerValue } from '../attribute.ts';
import { KnownBytes } from '../known-bytes.ts';
import { otlpLimits } from '../otlp-limits.ts';
import { UndecodableBody } from '../telemetry.ts';

/** How the value of a field is written; of seven wire types the four that are in use. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const VARINT_BYTES = 10;
/** Longer texts come less often twice. */
const SHORT_TEXT_BYTES = 48;
const SHORT_TEXTS = 2048;

/** Shared: names and words are the same in all requests. */
const texts = new KnownBytes(SHORT_TEXTS, SHORT_TEXT_BYTES, (text) => text);

/**
 * Reads the fields of protobuf messages where they stand. Every read stays inside the message that
 * is open; what is none of the encoding throws {@link UndecodableBody}.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;
  #messages = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the open message has a further field. */
  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** Field number and wire type of the next field as they are written: eight times the number, plus the type. */
  tag(): number {
    const start = this.#at;
    const tag = this.uint32();
    const length = this.#at - start;
    const isTooLong = length > 5 || (length === 5 && (this.#bytes[this.#at - 1] as number) > 15);
    if (isTooLong) throw new UndecodableBody(`a field number of over 32 bits at byte ${start}`);
    if (tag < 8) throw new UndecodableBody(`a field without a number at byte ${this.#at}`);
    return tag;
  }

  /** Opens the message that is the value of a field; {@link leave} takes what this gives. */
  enter(): number {
    const outer = this.#end;
    const length = this.#length();
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  /** Where the open message ends. */
  get end(): number {
    return this.#end;
  }

  /** Where the next field begins. */
  get place(): number {
    return this.#at;
  }

  /** @param place of a field of the message that is open */
  goTo(place: number): void {
    this.#at = place;
  }

  /** Counts one of the messages that are bounded in number. */
  countMessage(): void {
    this.#messages += 1;
    if (this.#messages <= otlpLimits.messagesPerRequest) return;
    const max = otlpLimits.messagesPerRequest;
    throw new UndecodableBody(`more than ${max} spans, events and links; send fewer at once`);
  }

  /** A varint of which the lower 32 bits count. */
  uint32(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift < 7 * VARINT_BYTES; shift += 7) {
      if (this.#at >= this.#end) this.#failShort();
      const byte = bytes[this.#at] as number;
      this.#at += 1;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new UndecodableBody(`a number of more than ${VARINT_BYTES} bytes at byte ${this.#at}`);
  }

  /** A varint as a signed number of 64 bits. */
  int64(): number | bigint {
    const start = this.#at;
    let value = 0;
    // Four groups of seven bits are no negative number, and fit whatever JavaScript does with bits.
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.#at >= this.#end) this.#failShort();
      const byte = this.#bytes[this.#at] as number;
      this.#at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#at = start;
    return integerValue(this.#wideInt64());
  }

  bool(): boolean {
    return this.int64() !== 0;
  }

  fixed64(): bigint {
    const at = this.#take(8);
    return this.#bytes.readBigUInt64LE(at);
  }

  fixed32(): number {
    const at = this.#take(4);
    return this.#bytes.readUInt32LE(at);
  }

  double(): number {
    const at = this.#take(8);
    return this.#bytes.readDoubleLE(at);
  }

  text(): string {
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    return texts.read(this.#bytes, start, length);
  }

  /** Bytes as hexadecimal digits. */
  hex(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('hex', this.#at - length, this.#at);
  }

  base64(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('base64', this.#at - length, this.#at);
  }

  /** Steps over the value of a field that nobody asks for. */
  skip(tag: number): void {
    switch (tag & 7) {
      case wire.varint:
        this.uint32();
        return;
      case wire.fixed64:
        this.#take(8);
        return;
      case wire.bytes:
        this.#take(this.#length());
        return;
      case wire.fixed32:
        this.#take(4);
        return;
      default:
        throw new UndecodableBody(`wire type ${tag & 7}, which is not in use, at byte ${this.#at}`);
    }
  }

  #wideInt64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) this.#failShort();
      const byte = this.#bytes[this.#at] as number;
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new UndecodableBody(`a number of more than ${VARINT_BYTES} bytes at byte ${this.#at}`);
  }

  #length(): number {
    const length = this.uint32();
    if (length > this.#end - this.#at) this.#failShort();
    return length;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) this.#failShort();
    this.#at = at + length;
    return at;
  }

  #failShort(): never {
    throw new UndecodableBody(`the message ends inside a field at byte ${this.#at}`);
  }
}
