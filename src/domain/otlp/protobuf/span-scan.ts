import { limits } from '../../limits.ts';
import { valueKinds } from '../outline/noted-attributes.ts';
import { SpanIds } from '../outline/span-ids.ts';
import type { SpanOutline } from '../outline/span-outline.ts';

/** A varint of more bytes is no number that an ordinary span has here. */
const NARROW_VARINT_BYTES = 4;
const VARINT_BYTES = 10;
const [TRACE_ID_BYTES, SPAN_ID_BYTES] = [16, 8];
/** Longer bytes are unusual; in Base64 they must not be longer than a text may be. */
const BYTES_MAX = 4096;
const UNSURE = -1;

/**
 * Finds what storage asks of a span where it stands in the bytes of a request, and builds nothing. It
 * is unsure of whatever is out of the ordinary: what cannot be stored as it is, what becomes more
 * events than one and a response, what holds lists. That is left to `readProtobufSpans` and
 * `SpanRecords`, with the same outcome.
 */
export class SpanScan {
  readonly #ids = new SpanIds();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Where the findings go. */
  readonly outline: SpanOutline;

  constructor(outline: SpanOutline) {
    this.outline = outline;
  }

  /**
   * @param start of the length of the span, where it can be read from again
   * @returns the place behind it; -1 when it is no span, or no ordinary one
   */
  scan(bytes: Buffer, start: number, limit: number): number {
    this.#bytes = bytes;
    this.#at = start;
    const length = this.#narrow(limit);
    const end = this.#at + length;
    if (length === UNSURE || end > limit) return UNSURE;
    this.outline.reset(bytes, start);
    this.outline.end = end;
    while (this.#at < end) if (!this.#field(end)) return UNSURE;
    return this.#at === end && this.outline.isWhole ? end : UNSURE;
  }

  /** Takes one field of the span. */
  #field(end: number): boolean {
    const outline = this.outline;
    const tag = this.#narrow(end);
    switch (tag) {
      case 0x0a:
        outline.traceId = this.#traceId(end) ?? '';
        return outline.traceId !== '';
      case 0x12:
        outline.spanId = this.#spanId(end) ?? '';
        return outline.spanId !== '';
      case 0x22:
        return this.#parentId(end);
      case 0x1a:
        return this.#text(end) !== UNSURE;
      case 0x2a:
        outline.nameLength = this.#text(end);
        outline.nameStart = this.#at - outline.nameLength;
        return outline.nameLength !== UNSURE;
      case 0x30:
        outline.kind = this.#narrow(end);
        return outline.kind !== UNSURE;
      case 0x39:
        outline.startNs = this.#instant(end);
        return outline.startNs !== 0n;
      case 0x41:
        outline.endNs = this.#instant(end);
        return outline.endNs !== 0n;
      case 0x4a:
        return this.#attribute(end);
      case 0x50:
      case 0x60:
      case 0x70:
        return this.#narrow(end) !== UNSURE;
      case 0x7a:
        return this.#status(end);
      case 0x85:
        return this.#step(4, end);
      default:
        return false;
    }
  }

  #traceId(end: number): string | null {
    if (this.#narrow(end) !== TRACE_ID_BYTES || !this.#step(TRACE_ID_BYTES, end)) return null;
    return this.#ids.traceId(this.#bytes, this.#at - TRACE_ID_BYTES);
  }

  #spanId(end: number): string | null {
    if (this.#narrow(end) !== SPAN_ID_BYTES || !this.#step(SPAN_ID_BYTES, end)) return null;
    return this.#ids.spanId(this.#bytes, this.#at - SPAN_ID_BYTES);
  }

  /** None, or all zero, which says the same. */
  #parentId(end: number): boolean {
    if (this.#bytes[this.#at] === 0) {
      this.outline.parentSpanId = '';
      this.#at += 1;
      return true;
    }
    const before = this.#at;
    this.outline.parentSpanId = this.#spanId(end) ?? '';
    return this.#at === before + 1 + SPAN_ID_BYTES;
  }

  #instant(end: number): bigint {
    if (!this.#step(8, end)) return 0n;
    return this.#bytes.readBigUInt64LE(this.#at - 8);
  }

  #status(outerEnd: number): boolean {
    const end = this.#enter(outerEnd);
    if (end === UNSURE) return false;
    while (this.#at < end) {
      const tag = this.#narrow(end);
      if (tag === 0x12) {
        if (this.#text(end) === UNSURE) return false;
      } else if (tag === 0x18) {
        this.outline.statusCode = this.#narrow(end);
        if (this.outline.statusCode === UNSURE) return false;
      } else return false;
    }
    return true;
  }

  /** A name, and behind it the value. */
  #attribute(outerEnd: number): boolean {
    const outline = this.outline;
    const end = this.#enter(outerEnd);
    if (end === UNSURE || this.#narrow(end) !== 0x0a) return false;
    const length = this.#narrow(end);
    if (length <= 0 || !this.#step(length, end)) return false;
    const { place, isOrdinary } = outline.nameAt(this.#at - length, length);
    if (!isOrdinary || this.#narrow(end) !== 0x12) return false;
    const valueEnd = this.#enter(end);
    return valueEnd === end && this.#value(place, end);
  }

  /** The one field of a value that fills it. */
  #value(place: number, end: number): boolean {
    if (this.#at === end) return this.#note(place, valueKinds.none, 0, 0);
    switch (this.#narrow(end)) {
      case 0x0a: {
        const length = this.#text(end);
        if (length === UNSURE || this.#at !== end) return false;
        return this.#note(place, valueKinds.text, end - length, length);
      }
      case 0x10:
        return this.#varint(end) && this.#at === end && this.#note(place, valueKinds.other, 0, 0);
      case 0x18: {
        const start = this.#at;
        if (!this.#varint(end) || this.#at !== end) return false;
        if (end - start > NARROW_VARINT_BYTES) return this.#note(place, valueKinds.other, 0, 0);
        this.#at = start;
        return this.#note(place, valueKinds.number, this.#narrow(end), 0);
      }
      case 0x21:
        return this.#step(8, end) && this.#at === end && this.#note(place, valueKinds.other, 0, 0);
      case 0x3a: {
        const length = this.#narrow(end);
        const isOrdinary = length !== UNSURE && length <= BYTES_MAX && this.#step(length, end);
        return isOrdinary && this.#at === end && this.#note(place, valueKinds.other, 0, 0);
      }
      default:
        return false;
    }
  }

  #note(place: number, kind: number, start: number, length: number): boolean {
    if (place !== -1) this.outline.attributes.note(place, kind, start, length);
    return true;
  }

  /** The length of a text that can be stored; it ends where it was stepped to. */
  #text(end: number): number {
    const length = this.#narrow(end);
    if (length === UNSURE || length > limits.stringCharacters) return UNSURE;
    const start = this.#at;
    if (!this.#step(length, end)) return UNSURE;
    const bytes = this.#bytes;
    for (let at = start; at < start + length; at += 1) if (bytes[at] === 0) return UNSURE;
    return length;
  }

  /** Opens a message; the place where it ends. */
  #enter(outerEnd: number): number {
    const length = this.#narrow(outerEnd);
    const end = this.#at + length;
    return length === UNSURE || end > outerEnd ? UNSURE : end;
  }

  #step(length: number, end: number): boolean {
    this.#at += length;
    return this.#at <= end;
  }

  /** A varint of up to 28 bits. */
  #narrow(end: number): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift < 7 * NARROW_VARINT_BYTES && this.#at < end; shift += 7) {
      const byte = bytes[this.#at] as number;
      this.#at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return UNSURE;
  }

  /** Steps over a varint of any length. */
  #varint(end: number): boolean {
    for (let length = 0; length < VARINT_BYTES && this.#at < end; length += 1) {
      this.#at += 1;
      if ((this.#bytes[this.#at - 1] as number) < 0x80) return true;
    }
    return false;
  }
}
