import { limits } from '../limits.ts';

/*
 * Steps over JSON in bytes without building anything. Each function takes the place where something
 * begins and returns the place behind it. It returns UNSURE when it finds no JSON, or something
 * unusual; the careful reader then decides. A scan may refuse what is right. It never accepts what
 * is wrong, or what a double, a text column or a line of NDJSON could not hold.
 */

/** Left to the careful reader. */
export const UNSURE = -1;

/** What a member or element may be: the place behind it, or {@link UNSURE}. */
export type Scan = (bytes: Buffer, at: number) => number;

const UUID_DIGITS = [8, 4, 4, 4, 12];
const UUID_CHARACTERS = 36;
const IS_SMALL_HEX = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdef')) IS_SMALL_HEX[digit] = 1;

/** One bit for each level. No SDK sends so many; the limit of an event is higher. */
const LEVELS_MAX = 30;

const [SPACE, PLUS, POINT, COLON] = [0x20, 0x2b, 0x2e, 0x3a];
const [NINE, SMALL_A, SMALL_E, SMALL_F, SMALL_U] = [0x39, 0x61, 0x65, 0x66, 0x75];
export const [COMMA, BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x2c, 0x5b, 0x5d, 0x7b, 0x7d];
export const [QUOTE, MINUS, ZERO, BACKSLASH] = [0x22, 0x2d, 0x30, 0x5c];

/** Characters that may follow a backslash, `u` left out. */
const ESCAPED = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));
const [NULL, TRUE, FALSE] = ['null', 'true', 'false'].map((word) => Buffer.from(word)) as [
  Buffer,
  Buffer,
  Buffer,
];

/** Other white space is unusual in a request, and would break a line of NDJSON. */
export function behindSpaces(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === SPACE) at += 1;
  return at;
}

/** A string without escapes that spell NUL or half of a surrogate pair, and not too long. */
export function behindString(bytes: Buffer, start: number): number {
  if (bytes[start] !== QUOTE) return UNSURE;
  let at = start + 1;
  for (;;) {
    const character = bytes[at] as number;
    at += 1;
    if (character === QUOTE) break;
    if (character === BACKSLASH) {
      if (bytes[at] === SMALL_U) {
        if (!isOrdinaryCodeUnit(bytes, at + 1)) return UNSURE;
        at += 5;
      } else if (ESCAPED.has(bytes[at] as number)) at += 1;
      else return UNSURE;
    } else if (!(character >= SPACE)) return UNSURE;
  }
  return at - start > limits.stringCharacters ? UNSURE : at;
}

function isOrdinaryCodeUnit(bytes: Buffer, at: number): boolean {
  let value = 0;
  for (let place = at; place < at + 4; place += 1) {
    const digit = hexDigit(bytes[place] as number);
    if (digit === -1) return false;
    value = value * 16 + digit;
  }
  return value !== 0 && (value < 0xd800 || value > 0xdfff);
}

function hexDigit(character: number): number {
  if (character >= ZERO && character <= NINE) return character - ZERO;
  const letter = character | 0x20;
  return letter >= SMALL_A && letter <= SMALL_F ? letter - SMALL_A + 10 : -1;
}

/** A number of no more digits than are kept, and an exponent of at most two. */
export function behindNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  if (bytes[at] === ZERO) at += 1;
  else {
    at = behindDigits(bytes, at);
    if (at === UNSURE) return UNSURE;
  }
  if (bytes[at] === POINT) {
    at = behindDigits(bytes, at + 1);
    if (at === UNSURE) return UNSURE;
  }
  if (at - start > limits.numberDigits) return UNSURE;
  return ((bytes[at] as number) | 0x20) === SMALL_E ? behindExponent(bytes, at + 1) : at;
}

function behindExponent(bytes: Buffer, start: number): number {
  const digitsAt = bytes[start] === MINUS || bytes[start] === PLUS ? start + 1 : start;
  const at = behindDigits(bytes, digitsAt);
  return at - digitsAt > 2 ? UNSURE : at;
}

/** One digit or more. */
export function behindDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at] as number)) at += 1;
  return at === start ? UNSURE : at;
}

function isDigit(character: number): boolean {
  return character >= ZERO && character <= NINE;
}

export function behindNull(bytes: Buffer, at: number): number {
  return behindWord(bytes, at, NULL);
}

/** A text of one's own choice. */
export function behindWord(bytes: Buffer, at: number, word: Buffer): number {
  return startsWith(bytes, at, word) ? at + word.length : UNSURE;
}

export function startsWith(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let place = 0; place < wanted.length; place += 1) {
    if (bytes[at + place] !== wanted[place]) return false;
  }
  return true;
}

function behindScalar(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return behindString(bytes, at);
    case NULL[0]:
      return behindWord(bytes, at, NULL);
    case TRUE[0]:
      return behindWord(bytes, at, TRUE);
    case FALSE[0]:
      return behindWord(bytes, at, FALSE);
    default:
      return behindNumber(bytes, at);
  }
}

/** Any value. Its ancestors are on a stack of bits: 1 is an object, 0 a list. */
export function behindValue(bytes: Buffer, start: number): number {
  let ancestors = 0;
  let level = 0;
  let at = start;
  for (;;) {
    const opener = bytes[at];
    if (opener === BRACE || opener === BRACKET) {
      const isObject = opener === BRACE;
      at = behindSpaces(bytes, at + 1);
      if (bytes[at] === (isObject ? BRACE_END : BRACKET_END)) at += 1;
      else {
        if (level === LEVELS_MAX) return UNSURE;
        level += 1;
        ancestors = (ancestors << 1) | (isObject ? 1 : 0);
        if (isObject) at = behindName(bytes, at);
        if (at === UNSURE) return UNSURE;
        continue;
      }
    } else {
      at = behindScalar(bytes, at);
      if (at === UNSURE) return UNSURE;
    }
    // A value is complete: go to the next one of its container, and close what ends with it.
    for (;;) {
      if (level === 0) return at;
      const isInObject = (ancestors & 1) === 1;
      at = behindSpaces(bytes, at);
      const next = bytes[at];
      at += 1;
      if (next === COMMA) {
        at = behindSpaces(bytes, at);
        if (isInObject) at = behindName(bytes, at);
        if (at === UNSURE) return UNSURE;
        break;
      }
      if (next !== (isInObject ? BRACE_END : BRACKET_END)) return UNSURE;
      level -= 1;
      ancestors >>= 1;
    }
  }
}

/** The name of a member and its colon, up to where the value begins. */
export function behindName(bytes: Buffer, start: number): number {
  const end = behindString(bytes, start);
  return end === UNSURE ? UNSURE : behindColon(bytes, end);
}

export function behindColon(bytes: Buffer, start: number): number {
  const at = behindSpaces(bytes, start);
  return bytes[at] === COLON ? behindSpaces(bytes, at + 1) : UNSURE;
}

/** A list of at most `max` elements of one kind. */
export function behindList(bytes: Buffer, at: number, element: Scan, max: number): number {
  return bytes[at] === BRACKET ? behindItems(bytes, at, element, max, BRACKET_END) : UNSURE;
}

/** An object of at most `max` members, whatever they are. */
export function behindObject(bytes: Buffer, at: number, max: number): number {
  return bytes[at] === BRACE ? behindItems(bytes, at, behindMember, max, BRACE_END) : UNSURE;
}

function behindMember(bytes: Buffer, start: number): number {
  const at = behindName(bytes, start);
  return at === UNSURE ? UNSURE : behindValue(bytes, at);
}

function behindItems(
  bytes: Buffer,
  start: number,
  item: Scan,
  max: number,
  closer: number,
): number {
  let at = behindSpaces(bytes, start + 1);
  if (bytes[at] === closer) return at + 1;
  for (let count = 1; count <= max; count += 1) {
    at = item(bytes, at);
    if (at === UNSURE) return UNSURE;
    at = behindSpaces(bytes, at);
    if (bytes[at] === closer) return at + 1;
    if (bytes[at] !== COMMA) return UNSURE;
    at = behindSpaces(bytes, at + 1);
  }
  return UNSURE;
}

/** A UUID in its canonical spelling, as a string. */
export function behindUuid(bytes: Buffer, start: number): number {
  if (bytes[start] !== QUOTE || bytes[start + UUID_CHARACTERS + 1] !== QUOTE) return UNSURE;
  let at = start + 1;
  for (const digits of UUID_DIGITS) {
    for (const end = at + digits; at < end; at += 1) {
      if (IS_SMALL_HEX[bytes[at] as number] !== 1) return UNSURE;
    }
    if (bytes[at] !== MINUS && at !== start + 1 + UUID_CHARACTERS) return UNSURE;
    at += 1;
  }
  return at;
}
