/** Bytes of scratch kept between uses; a huge event must not hold its size for ever. */
const KEPT_BYTES_MAX = 1024 * 1024;

/** Where the digits of the 16 bytes begin in a canonical UUID. */
const UUID_DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
/** The value of a hexadecimal digit by its character code. */
const DIGIT_VALUES = new Uint8Array(128);
for (let value = 0; value < 16; value += 1) {
  DIGIT_VALUES[value.toString(16).charCodeAt(0)] = value;
}

/** The character code of a hexadecimal digit by its value. */
const DIGITS = Buffer.from('0123456789abcdef');
/** Shared: what is read into it is a text at once. */
const uuidCharacters = Buffer.from('00000000-0000-0000-0000-000000000000');

/** Writes a canonical UUID as 16 bytes. */
export function writeUuid(text: string, bytes: Uint8Array, at: number): void {
  for (let byte = 0; byte < 16; byte += 1) {
    const digit = UUID_DIGITS[byte] as number;
    const high = DIGIT_VALUES[text.charCodeAt(digit)] as number;
    const low = DIGIT_VALUES[text.charCodeAt(digit + 1)] as number;
    bytes[at + byte] = (high << 4) | low;
  }
}

/** Writes numbers and texts one after the other into a buffer that grows as needed. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written; valid until the next write. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#use(Buffer.allocUnsafeSlow(KEPT_BYTES_MAX));
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** Writes over a number at a place that was written before. */
  setUint8(at: number, value: number): void {
    this.#buffer[at] = value;
  }

  /** The same of four bytes. */
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  uint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value);
    this.#length += 8;
  }

  /** A whole number in 7 bits a byte, the lowest first (LEB128). */
  count(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.uint8((rest % 0x80) | 0x80);
    this.uint8(rest);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A part of other bytes, with its length. */
  part(bytes: Uint8Array, start: number, end: number): void {
    this.count(end - start);
    this.raw(bytes.subarray(start, end));
  }

  /** A canonical UUID as 16 bytes. */
  uuid(text: string): void {
    this.#reserve(16);
    writeUuid(text, this.#buffer, this.#length);
    this.#length += 16;
  }

  /** A text with its length in bytes. */
  text(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.count(bytes);
    this.#reserve(bytes);
    this.#length += this.#buffer.write(text, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#use(larger);
  }

  #use(buffer: Buffer<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer);
  }
}

/** Reads what a {@link ByteWriter} wrote, from any place. */
export class ByteReader {
  readonly #buffer: Buffer;
  #position: number;

  constructor(buffer: Buffer, position: number) {
    this.#buffer = buffer;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  skip(bytes: number): void {
    this.#position += bytes;
  }

  uint8(): number {
    const value = this.#buffer[this.#position] as number;
    this.#position += 1;
    return value;
  }

  uint32(): number {
    const value = this.#buffer.readUInt32BE(this.#position);
    this.#position += 4;
    return value;
  }

  uint64(): bigint {
    const value = this.#buffer.readBigUInt64BE(this.#position);
    this.#position += 8;
    return value;
  }

  count(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.uint8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  uuid(): string {
    for (let byte = 0; byte < 16; byte += 1) {
      const value = this.#buffer[this.#position + byte] as number;
      const digit = UUID_DIGITS[byte] as number;
      uuidCharacters[digit] = DIGITS[value >> 4] as number;
      uuidCharacters[digit + 1] = DIGITS[value & 15] as number;
    }
    this.#position += 16;
    return uuidCharacters.toString('latin1');
  }

  /** What {@link ByteWriter.part} wrote; it is not copied. */
  part(): Buffer {
    const bytes = this.count();
    this.#position += bytes;
    return this.#buffer.subarray(this.#position - bytes, this.#position);
  }

  text(): string {
    const bytes = this.count();
    const text = this.#buffer.toString('utf8', this.#position, this.#position + bytes);
    this.#position += bytes;
    return text;
  }
}
