import { traceUuid } from '../event-ids.ts';

const DIGITS = Buffer.from('0123456789abcdef');
const HYPHEN = 0x2d;
const [ZERO, NINE, SMALL_A, SMALL_F] = [0x30, 0x39, 0x61, 0x66];
const [TRACE_BYTES, SPAN_BYTES] = [16, 8];
/** The bytes of a trace id before which its text has a hyphen. */
const HYPHENS = 0b0000_0101_0101_0000;

/** Shared: nothing stays in it between calls. */
const scratch = Buffer.alloc(36);

/** Writes ids of spans from bytes; of the spans of a trace many come one after the other. */
export class SpanIds {
  readonly #traceBytes = Buffer.alloc(TRACE_BYTES);
  #traceId = '';
  readonly #traceDigits = Buffer.alloc(2 * TRACE_BYTES);
  #digitsId = '';

  /** The canonical UUID of 32 digits in small letters; null when they are none, or all zero. */
  traceIdOfDigits(bytes: Buffer, start: number): string | null {
    const known = this.#traceDigits;
    let isKnown = this.#digitsId !== '';
    for (let at = 0; isKnown && at < known.length; at += 1) {
      isKnown = known[at] === bytes[start + at];
    }
    if (isKnown) return this.#digitsId;
    if (!isId(bytes, start, known.length)) return null;
    bytes.copy(known, 0, start, start + known.length);
    this.#digitsId = traceUuid(known.toString('latin1'));
    return this.#digitsId;
  }

  /** The canonical UUID of the 16 bytes; null when they are all zero. */
  traceId(bytes: Buffer, start: number): string | null {
    const known = this.#traceBytes;
    let isKnown = this.#traceId !== '';
    for (let at = 0; isKnown && at < TRACE_BYTES; at += 1)
      isKnown = known[at] === bytes[start + at];
    if (isKnown) return this.#traceId;
    if (isZero(bytes, start, TRACE_BYTES)) return null;
    let at = 0;
    for (let byte = 0; byte < TRACE_BYTES; byte += 1) {
      if (((HYPHENS >> byte) & 1) === 1) {
        scratch[at] = HYPHEN;
        at += 1;
      }
      at = writeByte(bytes[start + byte] as number, at);
    }
    bytes.copy(known, 0, start, start + TRACE_BYTES);
    this.#traceId = scratch.toString('latin1', 0, at);
    return this.#traceId;
  }

  /** 16 digits of the 8 bytes; null when they are all zero. */
  spanId(bytes: Buffer, start: number): string | null {
    if (isZero(bytes, start, SPAN_BYTES)) return null;
    let at = 0;
    for (let byte = 0; byte < SPAN_BYTES; byte += 1) {
      at = writeByte(bytes[start + byte] as number, at);
    }
    return scratch.toString('latin1', 0, at);
  }
}

/** 16 digits in small letters as they stand there; null when they are none, or all zero. */
export function spanIdOfDigits(bytes: Buffer, start: number): string | null {
  const end = start + 2 * SPAN_BYTES;
  return isId(bytes, start, 2 * SPAN_BYTES) ? bytes.toString('latin1', start, end) : null;
}

function isId(bytes: Buffer, start: number, length: number): boolean {
  let isZero = true;
  for (let at = start; at < start + length; at += 1) {
    const digit = bytes[at] as number;
    const isDigit = (digit >= ZERO && digit <= NINE) || (digit >= SMALL_A && digit <= SMALL_F);
    if (!isDigit) return false;
    if (digit !== ZERO) isZero = false;
  }
  return !isZero;
}

function writeByte(byte: number, at: number): number {
  scratch[at] = DIGITS[byte >> 4] as number;
  scratch[at + 1] = DIGITS[byte & 15] as number;
  return at + 2;
}

function isZero(bytes: Buffer, start: number, length: number): boolean {
  for (let at = start; at < start + length; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
