import { limits } from '../../limits.ts';
import {
  BACKSLASH,
  BRACE,
  BRACE_END,
  BRACKET,
  BRACKET_END,
  behindColon,
  behindNumber,
  behindSpaces,
  behindString,
  behindWord,
  COMMA,
  MINUS,
  QUOTE,
  UNSURE,
  ZERO,
} from '../../scan/json-scan.ts';
import { KnownBytes } from '../known-bytes.ts';
import { valueKinds } from '../outline/noted-attributes.ts';
import { SpanIds, spanIdOfDigits } from '../outline/span-ids.ts';
import type { SpanOutline } from '../outline/span-outline.ts';

const [SPACE, NINE] = [0x20, 0x39];
const [TRACE_DIGITS, SPAN_DIGITS] = [32, 16];
/** Every number of so many digits is a whole number of 32 bits. */
const NARROW_DIGITS = 9;
/** Every number of so many digits is one of 64 bits. */
const WIDE_DIGITS = 18;
/** Nanoseconds of a year before 2262 have so many. */
const TIME_DIGITS = 19;
const NO_PARENT = Buffer.from('"0000000000000000"');
const EMPTY_LIST = Buffer.from('[]');
const words = (names: readonly string[]) => names.map((name) => Buffer.from(name));
const TRUTHS = words(['true', 'false']);
const [KEY, VALUE] = words(['"key"', '"value"']) as [Buffer, Buffer];
const [CODE, MESSAGE] = words(['"code"', '"message"']) as [Buffer, Buffer];
const [STRING, INT, BOOL, DOUBLE] = words([
  '"stringValue"',
  '"intValue"',
  '"boolValue"',
  '"doubleValue"',
]) as [Buffer, Buffer, Buffer, Buffer];

/** The members that an ordinary span may have. */
const memberNames = [
  'traceId',
  'spanId',
  'parentSpanId',
  'traceState',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'flags',
  'droppedAttributesCount',
  'droppedEventsCount',
  'droppedLinksCount',
  'events',
  'links',
  'status',
] as const;
const PLACES = 256;
const NAME_BYTES = 24;

/**
 * Finds what storage asks of a span where it stands in the JSON of a request: the twin of `SpanScan`,
 * and unsure of the same.
 */
export class JsonSpanScan {
  /** Where the findings go. */
  readonly outline: SpanOutline;
  readonly #ids = new SpanIds();
  /** The number of a member by its name, -1 for others. */
  readonly #members = new KnownBytes(PLACES, NAME_BYTES, (text) =>
    (memberNames as readonly string[]).indexOf(text),
  );
  #bytes: Buffer = Buffer.alloc(0);
  /** Of the text that was read last: where its characters begin, how many bytes, and how written. */
  #textStart = 0;
  #textLength = 0;
  #isEscaped = false;
  /** The number that was read last. */
  #number = 0;

  constructor(outline: SpanOutline) {
    this.outline = outline;
  }

  /** The place behind the span that begins there; -1 when it is none, or no ordinary one. */
  scan(bytes: Buffer, start: number): number {
    this.#bytes = bytes;
    this.outline.reset(bytes, start);
    if (bytes[start] !== BRACE) return UNSURE;
    let at = behindSpaces(bytes, start + 1);
    let seen = 0;
    for (;;) {
      const nameEnd = this.#text(at);
      if (nameEnd === UNSURE) return UNSURE;
      const member = this.#members.read(bytes, this.#textStart, this.#textLength);
      if (member === -1 || ((seen >> member) & 1) === 1) return UNSURE;
      seen |= 1 << member;
      at = behindColon(bytes, nameEnd);
      if (at !== UNSURE) at = this.#member(memberNames[member] as string, at);
      if (at === UNSURE) return UNSURE;
      at = behindSpaces(bytes, at);
      if (bytes[at] === BRACE_END) break;
      if (bytes[at] !== COMMA) return UNSURE;
      at = behindSpaces(bytes, at + 1);
    }
    this.outline.end = at + 1;
    return this.outline.isWhole ? at + 1 : UNSURE;
  }

  /** The place behind the value of a member of the span. */
  #member(name: string, at: number): number {
    const { outline } = this;
    switch (name) {
      case 'traceId':
        return this.#traceId(at);
      case 'spanId':
        outline.spanId = this.#spanId(at);
        return outline.spanId === '' ? UNSURE : at + SPAN_DIGITS + 2;
      case 'parentSpanId':
        return this.#parentId(at);
      case 'traceState':
        return this.#text(at);
      case 'name': {
        const end = this.#text(at);
        outline.nameStart = this.#textStart;
        outline.nameLength = this.#textLength;
        outline.isNameEscaped = this.#isEscaped;
        return end;
      }
      case 'kind': {
        const end = this.#narrow(at);
        outline.kind = this.#number;
        return end;
      }
      case 'startTimeUnixNano':
      case 'endTimeUnixNano':
        return this.#time(name, at);
      case 'attributes':
        return this.#attributes(at);
      case 'status':
        return this.#status(at);
      case 'events':
      case 'links':
        return behindWord(this.#bytes, at, EMPTY_LIST);
      default:
        return this.#narrow(at);
    }
  }

  #traceId(start: number): number {
    const bytes = this.#bytes;
    const end = start + 1 + TRACE_DIGITS;
    if (bytes[start] !== QUOTE || bytes[end] !== QUOTE) return UNSURE;
    this.outline.traceId = this.#ids.traceIdOfDigits(bytes, start + 1) ?? '';
    return this.outline.traceId === '' ? UNSURE : end + 1;
  }

  #spanId(start: number): string {
    const bytes = this.#bytes;
    const isQuoted = bytes[start] === QUOTE && bytes[start + 1 + SPAN_DIGITS] === QUOTE;
    return isQuoted ? (spanIdOfDigits(bytes, start + 1) ?? '') : '';
  }

  /** None, or all zero, which says the same. */
  #parentId(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === QUOTE && bytes[start + 1] === QUOTE) return start + 2;
    this.outline.parentSpanId = this.#spanId(start);
    if (this.outline.parentSpanId !== '') return start + SPAN_DIGITS + 2;
    return behindWord(bytes, start, NO_PARENT);
  }

  /** Nanoseconds, as text or as a number. */
  #time(name: 'startTimeUnixNano' | 'endTimeUnixNano', start: number): number {
    const bytes = this.#bytes;
    const isText = bytes[start] === QUOTE;
    const digitsAt = isText ? start + 1 : start;
    const end = this.#behindDigits(digitsAt, TIME_DIGITS);
    if (end === UNSURE || (isText && bytes[end] !== QUOTE)) return UNSURE;
    const ns = BigInt(bytes.toString('latin1', digitsAt, end));
    if (name === 'startTimeUnixNano') this.outline.startNs = ns;
    else this.outline.endNs = ns;
    return isText ? end + 1 : end;
  }

  #status(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== BRACE) return UNSURE;
    let at = behindSpaces(bytes, start + 1);
    if (bytes[at] === BRACE_END) return at + 1;
    for (;;) {
      const codeEnd = behindWord(bytes, at, CODE);
      const nameEnd = codeEnd === UNSURE ? behindWord(bytes, at, MESSAGE) : codeEnd;
      if (nameEnd === UNSURE) return UNSURE;
      at = behindColon(bytes, nameEnd);
      if (at !== UNSURE) at = codeEnd === UNSURE ? this.#text(at) : this.#narrow(at);
      if (at === UNSURE) return UNSURE;
      if (codeEnd !== UNSURE) this.outline.statusCode = this.#number;
      at = behindSpaces(bytes, at);
      if (bytes[at] === BRACE_END) return at + 1;
      if (bytes[at] !== COMMA) return UNSURE;
      at = behindSpaces(bytes, at + 1);
    }
  }

  #attributes(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== BRACKET) return UNSURE;
    let at = behindSpaces(bytes, start + 1);
    if (bytes[at] === BRACKET_END) return at + 1;
    for (;;) {
      at = this.#attribute(at);
      if (at === UNSURE) return UNSURE;
      at = behindSpaces(bytes, at);
      if (bytes[at] === BRACKET_END) return at + 1;
      if (bytes[at] !== COMMA) return UNSURE;
      at = behindSpaces(bytes, at + 1);
    }
  }

  /** A name, and behind it the value. */
  #attribute(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== BRACE) return UNSURE;
    const keyAt = this.#behindName(behindSpaces(bytes, start + 1), KEY);
    const keyEnd = keyAt === UNSURE ? UNSURE : this.#text(keyAt);
    if (keyEnd === UNSURE || this.#isEscaped) return UNSURE;
    const { place, isOrdinary } = this.outline.nameAt(this.#textStart, this.#textLength);
    const comma = behindSpaces(bytes, keyEnd);
    if (!isOrdinary || bytes[comma] !== COMMA) return UNSURE;
    const valueAt = this.#behindName(behindSpaces(bytes, comma + 1), VALUE);
    if (valueAt === UNSURE || bytes[valueAt] !== BRACE) return UNSURE;
    const valueEnd = this.#value(place, behindSpaces(bytes, valueAt + 1));
    return valueEnd === UNSURE ? UNSURE : this.#behindBrace(valueEnd);
  }

  /** The place behind the brace that closes a value of no or one member. */
  #value(place: number, start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === BRACE_END) {
      this.#note(place, valueKinds.none, 0, 0);
      return start + 1;
    }
    let at = this.#behindName(start, STRING);
    if (at !== UNSURE) {
      at = this.#text(at);
      const kind = this.#isEscaped ? valueKinds.escapedText : valueKinds.text;
      this.#note(place, kind, this.#textStart, this.#textLength);
    } else {
      at = this.#behindName(start, INT);
      if (at !== UNSURE) at = this.#integer(place, at);
      else {
        at = this.#behindOther(start);
        this.#note(place, valueKinds.other, 0, 0);
      }
    }
    return at === UNSURE ? UNSURE : this.#behindBrace(at);
  }

  #behindOther(start: number): number {
    const boolAt = this.#behindName(start, BOOL);
    if (boolAt !== UNSURE) {
      const [truth, falsehood] = TRUTHS as [Buffer, Buffer];
      const end = behindWord(this.#bytes, boolAt, truth);
      return end === UNSURE ? behindWord(this.#bytes, boolAt, falsehood) : end;
    }
    const doubleAt = this.#behindName(start, DOUBLE);
    return doubleAt === UNSURE ? UNSURE : behindNumber(this.#bytes, doubleAt);
  }

  /** A whole number, as text or as a number. */
  #integer(place: number, start: number): number {
    const bytes = this.#bytes;
    const isText = bytes[start] === QUOTE;
    const numberAt = isText ? start + 1 : start;
    const isBelow = bytes[numberAt] === MINUS;
    const digitsAt = isBelow ? numberAt + 1 : numberAt;
    const end = this.#behindDigits(digitsAt, WIDE_DIGITS);
    if (end === UNSURE || (isText && bytes[end] !== QUOTE)) return UNSURE;
    const isNarrow = !isBelow && end - digitsAt <= NARROW_DIGITS;
    if (isNarrow) this.#note(place, valueKinds.number, this.#digits(digitsAt, end), 0);
    else this.#note(place, valueKinds.other, 0, 0);
    return isText ? end + 1 : end;
  }

  #note(place: number, kind: number, start: number, length: number): void {
    if (place !== -1) this.outline.attributes.note(place, kind, start, length);
  }

  /** A text that can be stored. */
  #text(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== QUOTE) return UNSURE;
    this.#textStart = start + 1;
    this.#isEscaped = false;
    let at = start + 1;
    for (
      let character = bytes[at] as number;
      character !== QUOTE;
      character = bytes[at] as number
    ) {
      if (character === BACKSLASH || !(character >= SPACE)) return this.#escapedText(start);
      at += 1;
    }
    this.#textLength = at - start - 1;
    return this.#textLength > limits.stringCharacters ? UNSURE : at + 1;
  }

  #escapedText(start: number): number {
    const end = behindString(this.#bytes, start);
    this.#textLength = end - start - 2;
    this.#isEscaped = true;
    return end;
  }

  /** A whole number of up to 32 bits without a sign. */
  #narrow(start: number): number {
    const end = this.#behindDigits(start, NARROW_DIGITS);
    this.#number = end === UNSURE ? 0 : this.#digits(start, end);
    return end;
  }

  /** Zero, or digits of which the first is not zero, and no more than these. */
  #behindDigits(start: number, max: number): number {
    const bytes = this.#bytes;
    let at = start;
    while ((bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at += 1;
    const isNumber = at > start && (bytes[start] !== ZERO || at === start + 1);
    return isNumber && at - start <= max ? at : UNSURE;
  }

  #digits(start: number, end: number): number {
    let value = 0;
    for (let at = start; at < end; at += 1) value = value * 10 + (this.#bytes[at] as number) - ZERO;
    return value;
  }

  /** The name of a member, and its colon. */
  #behindName(start: number, name: Buffer): number {
    const end = behindWord(this.#bytes, start, name);
    return end === UNSURE ? UNSURE : behindColon(this.#bytes, end);
  }

  #behindBrace(start: number): number {
    const at = behindSpaces(this.#bytes, start);
    return this.#bytes[at] === BRACE_END ? at + 1 : UNSURE;
  }
}
