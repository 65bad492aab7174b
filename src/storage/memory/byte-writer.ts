/** Bytes of scratch kept between uses; a huge event must not hold its size for ever. */
const KEPT_BYTES_MAX = 1024 * 1024;

/** Writes numbers and texts one after the other into a buffer that grows as needed. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);
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
    if (this.#buffer.length > KEPT_BYTES_MAX) {
      this.#buffer = Buffer.allocUnsafeSlow(KEPT_BYTES_MAX);
    }
  }

  /** Takes back everything behind a place. */
  truncate(length: number): void {
    this.#length = length;
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
  }

  /** Writes over a number at a place that was written before. */
  setUint32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  uint64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64BE(value, this.#length);
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

  /** A canonical UUID as 16 bytes. */
  uuid(text: string): void {
    this.#reserve(16);
    this.#length += this.#buffer.write(text.replaceAll('-', ''), this.#length, 'hex');
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
    this.#buffer = larger;
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
    const hex = this.#buffer.toString('hex', this.#position, this.#position + 16);
    this.#position += 16;
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-');
  }

  text(): string {
    const bytes = this.count();
    const text = this.#buffer.toString('utf8', this.#position, this.#position + bytes);
    this.#position += bytes;
    return text;
  }
}
