/**
 * JSON without loss. `JSON.parse` turns every number into a double, so 64-bit ids of Go and Rust
 * services would come back changed. Texts in which a double could lose something are read by the
 * parser below, which keeps such numbers as their text; all others take the built-in one.
 */

/** A number whose text a double would not give back, kept as it was written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.text);
  }
}

/** A number of a parsed text as a double; null when the value is no number. */
export function numberOf(value: unknown): number | null {
  if (value instanceof ExactNumber) return value.toNumber();
  return typeof value === 'number' ? value : null;
}

export type JsonValue = null | boolean | number | string | ExactNumber | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** A text that is no JSON; the message says what was found and at which line and column. */
export class JsonSyntaxError extends Error {}

/** Escapes that can spell NUL or a surrogate; it may match behind an escaped backslash. */
const UNUSUAL_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;
/** A double gives back every decimal of so many characters, the point included. */
const PLAIN_NUMBER_CHARACTERS = 15;

/** A parsed text, and whether it may hold exact numbers, NUL characters or lone surrogates. */
export interface ParsedJson {
  readonly value: JsonValue;
  readonly unusual: boolean;
}

/**
 * Reads one JSON text. Of a repeated member the last wins; `__proto__` is a member like any other;
 * nesting is not limited (look at {@link findViolation} for limits).
 *
 * @throws {JsonSyntaxError} when the text is no JSON.
 */
export function parseJson(text: string): ParsedJson {
  if (!mayLose(text)) {
    try {
      return { value: JSON.parse(text), unusual: false };
    } catch {
      // The careful parser names the place.
    }
  }
  return { value: new CarefulParser(text).parse(), unusual: true };
}

/**
 * Whether the built-in parser might lose something: numbers of 16 and more characters, exponents,
 * negative zero, NUL, lone surrogates. This is a loop, because no regular expression steps over
 * strings as fast.
 */
function mayLose(text: string): boolean {
  if (text.includes('\\u') && UNUSUAL_ESCAPE.test(text)) return true;
  let numberCharacters = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (isNumberCharacter(character)) {
      numberCharacters += 1;
      if (numberCharacters > PLAIN_NUMBER_CHARACTERS) return true;
      continue;
    }
    const isExponent = character === SMALL_E || character === CAPITAL_E;
    if (isExponent && numberCharacters > 0) return true;
    if (character === MINUS && text.charCodeAt(at + 1) === ZERO) return true;
    numberCharacters = 0;
    if (character === QUOTE) {
      at = endOfString(text, at);
      if (at === -1) return false;
    }
  }
  return false;
}

function isNumberCharacter(character: number): boolean {
  return (character >= ZERO && character <= NINE) || character === POINT;
}

/**
 * Whether a JSON text has more arrays, objects and further elements than `max`. Their number
 * decides how much memory the value takes, up to fifty times that of the text. Nothing else of the
 * text is checked.
 */
export function hasMoreValues(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      at = endOfString(text, at);
      if (at === -1) return false;
    } else if (character === COMMA || character === BRACKET || character === BRACE) {
      count += 1;
      if (count > max) return true;
    }
  }
  return false;
}

const [QUOTE, COMMA, BRACKET, BRACE, BACKSLASH] = [0x22, 0x2c, 0x5b, 0x7b, 0x5c];
const [ZERO, NINE, POINT, MINUS, SMALL_E, CAPITAL_E] = [0x30, 0x39, 0x2e, 0x2d, 0x65, 0x45];

/** Where the string that begins at `start` has its closing quote, or -1. */
function endOfString(text: string, start: number): number {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    let before = end - 1;
    while (before > start && text.charCodeAt(before) === BACKSLASH) before -= 1;
    if (end === -1 || (end - before) % 2 === 1) return end;
  }
}

/** The JSON text of a value read by {@link parseJson}. Nesting must have been checked before. */
export function stringifyJson(value: JsonValue, unusual: boolean): string {
  return unusual ? stringifyExact(value) : JSON.stringify(value);
}

function stringifyExact(value: JsonValue): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringifyExact).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(
      ([key, member]) => `${JSON.stringify(key)}:${stringifyExact(member)}`,
    );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Whether a value is an {@link ExactNumber} or holds one, so that its text needs care. */
export function holdsExactNumber(value: JsonValue | undefined): boolean {
  if (value === null || typeof value !== 'object') return false;
  const open: JsonValue[] = [value];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at instanceof ExactNumber) return true;
    if (at === null || typeof at !== 'object') continue;
    for (const member of Object.values(at)) open.push(member);
  }
  return false;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERAL = /true|false|null/y;
const LITERALS: Record<string, null | boolean> = { true: true, false: false, null: null };

/** An iterative reader: one container is open at a time, its ancestors are on a stack. */
class CarefulParser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonValue {
    const ancestors: { container: JsonValue[] | JsonObject; key: string }[] = [];
    let container: JsonValue[] | JsonObject | null = null;
    let key = '';
    for (;;) {
      let value: JsonValue;
      const opener = this.#peek();
      if (opener === '{' || opener === '[') {
        this.#position += 1;
        const opened: JsonValue[] | JsonObject = opener === '[' ? [] : {};
        const closer = opener === '[' ? ']' : '}';
        if (this.#peek() === closer) {
          this.#position += 1;
          value = opened;
        } else {
          if (container !== null) ancestors.push({ container, key });
          container = opened;
          if (!Array.isArray(opened)) key = this.#key();
          continue;
        }
      } else {
        value = this.#scalar(opener);
      }
      // A value is complete: put it into its container, and close what ends with it.
      for (;;) {
        if (container === null) {
          if (this.#peek() !== '') this.#fail('the end of the text');
          return value;
        }
        if (Array.isArray(container)) container.push(value);
        else setMember(container, key, value);
        const next = this.#peek();
        this.#position += 1;
        if (next === ',') {
          if (!Array.isArray(container)) key = this.#key();
          break;
        }
        if (next !== (Array.isArray(container) ? ']' : '}')) {
          this.#position -= 1;
          this.#fail(Array.isArray(container) ? '"," or "]"' : '"," or "}"');
        }
        value = container;
        const parent = ancestors.pop();
        container = parent?.container ?? null;
        key = parent?.key ?? '';
      }
    }
  }

  /** The next character that is no white space, or '' at the end. */
  #peek(): string {
    for (;;) {
      const character = this.#text[this.#position];
      if (character === undefined) return '';
      if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') {
        return character;
      }
      this.#position += 1;
    }
  }

  #key(): string {
    if (this.#peek() !== '"') this.#fail('a member name in double quotes');
    const key = this.#string();
    if (this.#peek() !== ':') this.#fail('":"');
    this.#position += 1;
    return key;
  }

  #scalar(first: string): JsonValue {
    if (first === '"') return this.#string();
    const number = this.#match(NUMBER);
    if (number !== null) return readNumber(number);
    const literal = this.#match(LITERAL);
    return literal === null ? this.#fail('a value') : (LITERALS[literal] ?? null);
  }

  /** In steps of plain runs and escapes: one pattern for all would exhaust its stack on long texts. */
  #string(): string {
    const start = this.#position;
    this.#position += 1;
    for (;;) {
      this.#match(PLAIN_CHARACTERS);
      if (this.#text[this.#position] === '"') break;
      if (this.#match(ESCAPE) === null) this.#fail('a well-formed string');
    }
    this.#position += 1;
    return JSON.parse(this.#text.slice(start, this.#position));
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#position = pattern.lastIndex;
    return match[0];
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#position);
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    const found = this.#position >= this.#text.length ? 'the text ends' : 'something else stands';
    throw new JsonSyntaxError(
      `expected ${expected}, but ${found} at line ${line}, column ${column}`,
    );
  }
}

/** Sets an own member, also one called `__proto__`. */
function setMember(target: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    target[key] = value;
  }
}

/** A double holds any decimal of up to 15 significant digits; negative zero is lost when written. */
function readNumber(text: string): number | ExactNumber {
  const isShort = /^-?[\d.]+$/.test(text) && text.replace(/[-.]/g, '').length <= 15;
  return isShort && !/^-[0.]+$/.test(text) ? Number(text) : new ExactNumber(text);
}

/** Where and how a value breaks a limit: `path` is the way down from the value, keys and indices. */
export interface JsonViolation {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface JsonLimits {
  readonly nestingLevels: number;
  readonly stringCharacters: number;
  readonly numberDigits: number;
  readonly numberExponent: number;
}

/**
 * The first place where a value is nested too deeply, or holds a string or number that storage
 * could not keep: NUL characters and lone surrogates (no Postgres text), and oversized numbers.
 */
export function findViolation(
  value: JsonValue,
  unusual: boolean,
  bounds: JsonLimits,
): JsonViolation | null {
  interface Place {
    readonly value: JsonValue;
    readonly level: number;
    readonly parent: Place | null;
    readonly key: string | number;
  }
  const pathOf = (place: Place): (string | number)[] => {
    const path: (string | number)[] = [];
    for (let at: Place | null = place; at !== null && at.parent !== null; at = at.parent) {
      path.unshift(at.key);
    }
    return path;
  };
  const open: Place[] = [{ value, level: 0, parent: null, key: '' }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value: at, level } = place;
    if (at === null || typeof at === 'boolean' || typeof at === 'number') continue;
    if (typeof at === 'string') {
      const message = stringViolation(at, unusual, bounds);
      if (message !== null) return { path: pathOf(place), message };
    } else if (at instanceof ExactNumber) {
      const message = numberViolation(at, bounds);
      if (message !== null) return { path: pathOf(place), message };
    } else if (level >= bounds.nestingLevels) {
      return {
        path: [],
        message: `is nested more than ${bounds.nestingLevels} levels deep; send a flatter value`,
      };
    } else if (Array.isArray(at)) {
      for (let index = at.length - 1; index >= 0; index -= 1) {
        const member = at[index] as JsonValue;
        if (needsLook(member))
          open.push({ value: member, level: level + 1, parent: place, key: index });
      }
    } else {
      for (const key of Object.keys(at)) {
        const message = stringViolation(key, unusual, bounds);
        if (message !== null)
          return { path: pathOf(place), message: `has a member name that ${message}` };
        const member = at[key] as JsonValue;
        if (needsLook(member)) open.push({ value: member, level: level + 1, parent: place, key });
      }
    }
  }
  return null;
}

function needsLook(value: JsonValue): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

function stringViolation(text: string, unusual: boolean, bounds: JsonLimits): string | null {
  if (text.length > bounds.stringCharacters) {
    return `is ${text.length} characters long; at most ${bounds.stringCharacters} are kept`;
  }
  if (!unusual) return null;
  if (text.includes('\0')) return 'holds a NUL character (\\u0000), which no text column can store';
  if (!text.isWellFormed()) return 'holds a lone surrogate (half of a \\ud83d\\ude00 pair)';
  return null;
}

function numberViolation(number: ExactNumber, bounds: JsonLimits): string | null {
  const [mantissa = '', exponent = '0'] = number.text.toLowerCase().split('e');
  if (mantissa.replace(/[-.]/g, '').length > bounds.numberDigits) {
    return `is a number of more than ${bounds.numberDigits} digits; send it as a string`;
  }
  if (Math.abs(Number(exponent)) > bounds.numberExponent) {
    return `is a number with an exponent beyond ±${bounds.numberExponent}; send it as a string`;
  }
  return null;
}
