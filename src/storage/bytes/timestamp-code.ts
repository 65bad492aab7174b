/** Offsets that SDKs write; any other spelling is kept as text. */
const OFFSETS = ['Z', '+00:00'];
const SECONDS_CHARACTERS = '2024-01-01T00:00:00'.length;
const DIGITS_MAX = 9;
const T_AT = '2024-01-01'.length;
const SECOND_AT = '2024-01-01T00:00:'.length;
const LEAP_SECOND = '60';

/** The code of a spelling that does not follow from the instant. */
export const AS_WRITTEN = 255;

/**
 * How a timestamp was written, in one byte: the number of fraction digits and the offset. With the
 * instant it gives the text back, see {@link timestampText}.
 *
 * @param text a valid timestamp
 */
export function timestampCode(text: string): number {
  // Any other way to write the same instant differs in one of these.
  const offset = OFFSETS.findIndex((suffix) => text.endsWith(suffix));
  if (offset === -1 || text[T_AT] !== 'T' || text.startsWith(LEAP_SECOND, SECOND_AT)) {
    return AS_WRITTEN;
  }
  const fraction = text.length - SECONDS_CHARACTERS - (OFFSETS[offset] as string).length;
  const digits = Math.max(0, fraction - 1);
  return digits > DIGITS_MAX ? AS_WRITTEN : offset * (DIGITS_MAX + 1) + digits;
}

/** The text of an instant in a spelling other than {@link AS_WRITTEN}. */
export function timestampText(code: number, timestampNs: bigint): string {
  const digits = code % (DIGITS_MAX + 1);
  const offset = OFFSETS[Math.floor(code / (DIGITS_MAX + 1))];
  const milliseconds = timestampNs / 1_000_000n;
  const seconds = new Date(Number(milliseconds)).toISOString().slice(0, SECONDS_CHARACTERS);
  if (digits === 0) return seconds + offset;
  const nanoseconds = String(timestampNs % 1_000_000_000n).padStart(DIGITS_MAX, '0');
  return `${seconds}.${nanoseconds.slice(0, digits)}${offset}`;
}
