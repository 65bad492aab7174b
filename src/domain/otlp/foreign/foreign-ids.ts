import { UndecodableBody } from '../telemetry.ts';

const MICROSECOND_NS = 1000n;

/** Older systems write ids of fewer digits, without the zeros in front. */
export function paddedId(id: string, digits: 16 | 32): string {
  const lower = id.toLowerCase();
  if (!/^[0-9a-f]{1,32}$/.test(lower)) {
    throw new UndecodableBody(`an id must be hexadecimal digits, not ${JSON.stringify(id)}`);
  }
  return lower.padStart(digits, '0').slice(-digits);
}

/** Nanoseconds of a number of microseconds. */
export function nanoseconds(microseconds: bigint): bigint {
  return microseconds * MICROSECOND_NS;
}

/** Whole microseconds of nanoseconds; what is below is lost. */
export function microseconds(ns: bigint): number {
  return Number(ns / MICROSECOND_NS);
}

/** Kinds of spans by the name that other systems have for them, in lower case. */
export const kindNumbers: ReadonlyMap<string, number> = new Map([
  ['internal', 1],
  ['server', 2],
  ['client', 3],
  ['producer', 4],
  ['consumer', 5],
]);
