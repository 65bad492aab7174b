/** Nanoseconds since 1970 of an RFC 3339 time, with all of its digits; null for another text. */
export function timeNs(text: string): bigint | null {
  const [, head, fraction = '', offset = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (head === undefined) return null;
  const ms = Date.parse(`${head}${offset}`);
  if (Number.isNaN(ms)) return null;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Microseconds from one time to another; 0 when one of them is none. */
export function microsecondsBetween(from: string, to: string): number {
  const [start, end] = [timeNs(from), timeNs(to)];
  return start === null || end === null ? 0 : Number(end - start) / 1000;
}
