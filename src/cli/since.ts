import { RacewayError } from '../domain/errors.ts';
import { parseTimestamp } from '../domain/timestamp.ts';

const unitSeconds: Readonly<Record<string, bigint>> = { m: 60n, h: 3600n, d: 86_400n, w: 604_800n };

/**
 * The time of `--since`, in nanoseconds since 1970: a time, or how long ago.
 *
 * @throws {RacewayError} when it is neither
 */
export function sinceOf(text: string, nowMs: number): bigint {
  const [, count, unit = ''] = /^-?(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit];
  if (count !== undefined && seconds !== undefined) {
    return BigInt(nowMs) * 1_000_000n - BigInt(count) * seconds * 1_000_000_000n;
  }
  const atNs = parseTimestamp(text);
  if (atNs !== null) return atNs;
  const message = '--since must be a time as in 2026-01-31T00:00:00Z, or 90m, 12h, 7d, 4w ago';
  throw new RacewayError('bad_request', message);
}
