const NS_PER_MS = 1_000_000n;
export const NS_PER_DAY = 86_400_000n * NS_PER_MS;
const DATE_CHARACTERS = '2026-11-30'.length;

/** The UTC day of an instant, as `2026-11-30`. */
export function dayOf(ns: bigint): string {
  return new Date(Number(ns / NS_PER_MS)).toISOString().slice(0, DATE_CHARACTERS);
}

/** When the UTC day of an instant began. */
export function dayStartNs(ns: bigint): bigint {
  return ns - (ns % NS_PER_DAY);
}

/** When a day began. */
export function startOfDay(day: string): bigint {
  return BigInt(Date.parse(`${day}T00:00:00Z`)) * NS_PER_MS;
}
