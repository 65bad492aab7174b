const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,30})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
/** Up to here every digit has its place. */
const SECONDS_CHARACTERS = '2024-01-01T00:00:00'.length;
const OFFSET_CHARACTERS = '+00:00'.length;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;
const FRACTION_DIGITS = 9;
const ZERO = '0'.charCodeAt(0);
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** First and last instant that fit a signed 64-bit count of nanoseconds and whole years. */
const FIRST_MS = Date.UTC(1970, 0, 1);
const END_MS = Date.UTC(2262, 0, 1);

/**
 * Nanoseconds since 1970-01-01T00:00:00Z of an RFC 3339 date-time, or null when the text is none
 * or its year (in UTC) is outside 1970 to 2261.
 *
 * The offset is mandatory, a space may stand for the `T`, digits beyond the ninth are cut, and a
 * leap second counts as the first second of the next minute.
 */
export function parseTimestamp(text: string): bigint | null {
  if (!RFC3339.test(text)) return null;
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // Date.UTC takes the years 0 to 99 for those of the last century.
  if (year < 1969 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 60) return null;
  const offset = offsetMinutes(text);
  if (offset === null) return null;
  const instantMs = Date.UTC(year, month - 1, day, hour, minute - offset, second);
  if (instantMs < FIRST_MS || instantMs >= END_MS) return null;
  return BigInt(instantMs) * NANOSECONDS_PER_MILLISECOND + BigInt(fractionNs(text));
}

/** Reads timestamps of which many are of one second, in UTC: of those only the fraction is looked at. */
export class TimestampReader {
  /** With its point: `2024-01-01T00:00:00.` */
  #second = '';
  #secondNs = 0n;

  /** The same as {@link parseTimestamp}. */
  read(text: string): bigint | null {
    const hasFraction = isInUtcWithFraction(text);
    if (hasFraction && this.#second !== '' && text.startsWith(this.#second)) {
      return this.#secondNs + BigInt(fractionNs(text));
    }
    const instantNs = parseTimestamp(text);
    if (hasFraction && instantNs !== null) {
      this.#second = text.slice(0, SECONDS_CHARACTERS + 1);
      this.#secondNs = instantNs - (instantNs % NANOSECONDS_PER_SECOND);
    }
    return instantNs;
  }
}

/** Whether a text ends as a time in UTC with a fraction does; nothing before it is looked at. */
function isInUtcWithFraction(text: string): boolean {
  const start = SECONDS_CHARACTERS + 1;
  let end = start;
  while (digit(text, end) >= 0 && digit(text, end) <= 9) end += 1;
  if (text[SECONDS_CHARACTERS] !== '.' || end === start || end - start > FRACTION_DIGITS)
    return false;
  const rest = text.length - end;
  return rest === 1 ? text[end] === 'Z' : rest === OFFSET_CHARACTERS && text.endsWith('+00:00');
}

function twoDigits(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO;
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] as number);
}

/** Minutes east of Greenwich; null when there is no such offset. */
function offsetMinutes(text: string): number | null {
  const at = text.length - OFFSET_CHARACTERS;
  const sign = text[at];
  if (sign !== '+' && sign !== '-') return 0;
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  if (hours > 23 || minutes > 59) return null;
  return (hours * 60 + minutes) * (sign === '-' ? -1 : 1);
}

/** Nanoseconds of the first nine digits behind the point. */
function fractionNs(text: string): number {
  if (text[SECONDS_CHARACTERS] !== '.') return 0;
  let nanoseconds = 0;
  let at = SECONDS_CHARACTERS + 1;
  for (let unit = 100_000_000; unit >= 1; unit /= 10) {
    const value = digit(text, at);
    if (!(value >= 0 && value <= 9)) break;
    nanoseconds += value * unit;
    at += 1;
  }
  return nanoseconds;
}

/** Milliseconds (with fraction) between two instants in nanoseconds. */
export function millisecondsBetween(fromNs: bigint, toNs: bigint): number {
  return Number(toNs - fromNs) / 1e6;
}
