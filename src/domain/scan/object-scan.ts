import {
  BACKSLASH,
  BRACE,
  BRACE_END,
  BRACKET_END,
  behindColon,
  behindName,
  behindSpaces,
  behindValue,
  COMMA,
  QUOTE,
  type Scan,
  startsWith,
  UNSURE,
} from './json-scan.ts';
import type { ScannedMember } from './schema-scan.ts';

/** One bit for each member. */
const MEMBERS_MAX = 30;

/**
 * Steps over an object of known members, and remembers where their values are. It is unsure when a
 * member comes twice, or when its name may be spelt with escapes.
 */
export class ObjectScan {
  readonly #names: readonly string[];
  readonly #quotedNames: readonly Buffer[];
  readonly #scans: readonly Scan[];
  readonly #required: number;
  readonly #allowsMore: boolean;
  /** Of each member of the object that was scanned last: where its value begins, -1 when there is none. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  /** @param allowsMore whether there may be members that are not known */
  constructor(members: readonly ScannedMember[], allowsMore: boolean) {
    if (members.length > MEMBERS_MAX) throw new RangeError('too many members for one scan');
    this.#names = members.map(({ name }) => name);
    this.#quotedNames = members.map(({ name }) => Buffer.from(JSON.stringify(name)));
    this.#scans = members.map(({ scan }) => scan);
    this.#required = members.reduce(
      (bits, { isRequired }, place) => bits | (isRequired ? 1 << place : 0),
      0,
    );
    this.#allowsMore = allowsMore;
    this.#starts = new Int32Array(members.length);
    this.#ends = new Int32Array(members.length);
  }

  /** The place behind the object that begins there, or {@link UNSURE}. */
  scan(bytes: Buffer, start: number): number {
    if (bytes[start] !== BRACE) return UNSURE;
    this.#starts.fill(-1);
    let found = 0;
    let expected = 0;
    let at = behindSpaces(bytes, start + 1);
    if (bytes[at] === BRACE_END) return this.#required === 0 ? at + 1 : UNSURE;
    for (;;) {
      const member = this.#memberAt(bytes, at, expected);
      if (member === -1) {
        at = this.#allowsMore ? behindUnknown(bytes, at) : UNSURE;
        if (at === UNSURE) return UNSURE;
      } else {
        const bit = 1 << member;
        if ((found & bit) !== 0) return UNSURE;
        found |= bit;
        at = behindColon(bytes, at + (this.#quotedNames[member] as Buffer).length);
        if (at === UNSURE) return UNSURE;
        this.#starts[member] = at;
        at = (this.#scans[member] as Scan)(bytes, at);
        if (at === UNSURE) return UNSURE;
        this.#ends[member] = at;
        expected = member + 1;
      }
      at = behindSpaces(bytes, at);
      const next = bytes[at];
      at += 1;
      if (next === BRACE_END) break;
      if (next !== COMMA) return UNSURE;
      at = behindSpaces(bytes, at);
    }
    return (found & this.#required) === this.#required ? at : UNSURE;
  }

  has(place: number): boolean {
    return this.#starts[place] !== -1;
  }

  /** The text of a member as it was sent; '' when there is none. */
  text(bytes: Buffer, place: number): string {
    const start = this.#starts[place] as number;
    return start === -1 ? '' : bytes.toString('utf8', start, this.#ends[place]);
  }

  /** A string; null when the member is none, or is not there. */
  string(bytes: Buffer, place: number): string | null {
    const start = this.#starts[place] as number;
    if (start === -1 || bytes[start] !== QUOTE) return null;
    const end = this.#ends[place] as number;
    const text = bytes.toString('utf8', start + 1, end - 1);
    return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
  }

  /** The text of a list; `[]` as well when it is not there, or spaces are all that is in it. */
  listText(bytes: Buffer, place: number): string {
    const start = this.#starts[place] as number;
    if (start === -1 || bytes[behindSpaces(bytes, start + 1)] === BRACKET_END) return '[]';
    return bytes.toString('utf8', start, this.#ends[place]);
  }

  /** What a member is asked for by; -1 when it is none of the known ones. */
  placeOf(name: string): number {
    return this.#names.indexOf(name);
  }

  /** The member whose name stands there, or -1. SDKs send them in one order: the next is tried first. */
  #memberAt(bytes: Buffer, at: number, expected: number): number {
    const names = this.#quotedNames;
    for (let member = expected; member < names.length; member += 1) {
      if (startsWith(bytes, at, names[member] as Buffer)) return member;
    }
    for (let member = 0; member < expected; member += 1) {
      if (startsWith(bytes, at, names[member] as Buffer)) return member;
    }
    return -1;
  }
}

/** A member with a name of its own; one that is spelt with escapes may be a known one. */
function behindUnknown(bytes: Buffer, start: number): number {
  const valueAt = behindName(bytes, start);
  if (valueAt === UNSURE) return UNSURE;
  for (let at = start; at < valueAt; at += 1) if (bytes[at] === BACKSLASH) return UNSURE;
  return behindValue(bytes, valueAt);
}
