const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,30}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

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
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] =
    match;
  // Date.UTC takes the years 0 to 99 for those of the last century.
  if (Number(year) < 1969) return null;
  const monthIndex = Number(month) - 1;
  const midnightMs = Date.UTC(Number(year), monthIndex, Number(day));
  const date = new Date(midnightMs);
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== Number(day)) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  let offsetMinutes = 0;
  if (sign !== undefined) {
    if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return null;
    offsetMinutes = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  }
  const seconds = Number(hour) * 3600 + (Number(minute) - offsetMinutes) * 60 + Number(second);
  const instantMs = midnightMs + seconds * 1000;
  if (instantMs < FIRST_MS || instantMs >= END_MS) return null;
  const nanoseconds = fraction === undefined ? 0 : Number(fraction.slice(0, 9).padEnd(9, '0'));
  return BigInt(instantMs) * NANOSECONDS_PER_MILLISECOND + BigInt(nanoseconds);
}

/** Milliseconds (with fraction) between two instants in nanoseconds. */
export function millisecondsBetween(fromNs: bigint, toNs: bigint): number {
  return Number(toNs - fromNs) / 1e6;
}
