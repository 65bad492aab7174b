import { TomlDate } from 'smol-toml';
import { z } from 'zod';
import { limits } from '../../domain/limits.ts';
import { type Scope, scopes } from '../../domain/scope.ts';
import { parseTimestamp } from '../../domain/timestamp.ts';

/** A name is a label of metrics and part of log lines. */
const nameShape = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$/;
/** What somebody may put there by mistake, and must then not be shown: a key, or a digest. */
const keyLike = /^rwk_|^[0-9a-f-]{32,}$/i;
const digestShape = /^(?:sha256:)?([0-9a-f]{64})$/i;
/** Keys with the same name that are valid at the same time: the old and the new one. */
export const liveKeysPerName = 2;

/** A value that was read, or what is wrong with it as the rest of a sentence about the member. */
export type Reading<Value> = { value: Value } | { fault: string };

/** One `[[server.keys]]` table. Every message is whole and repeats no value. */
export const namedKeySchema = z.strictObject({
  name: member(readName),
  hash: member(readHash),
  scopes: member(readScopes),
  created_at: member(readInstant).optional(),
  expires_at: member(readInstant).optional(),
  services: member(readServices).optional(),
});

/** A named key as configured; times are milliseconds since 1970. */
export type NamedKey = z.output<typeof namedKeySchema>;

/** What is wrong among keys that are right alone; `item` counts from 1. */
export function namedKeyFaults(
  keys: readonly NamedKey[],
  plainHashes: readonly string[],
  nowMs: number,
): { item: number; reason: string }[] {
  const seen = new Map<string, string>(plainHashes.map((hash) => [hash, 'server.api_keys']));
  const live = new Map<string, number>();
  return keys.flatMap(({ name, hash, scopes: given, expires_at: expiresAt, services }, index) => {
    const reasons: string[] = [];
    const other = seen.get(hash);
    if (other !== undefined) reasons.push(`has the same hash as a key of ${other}`);
    seen.set(hash, 'server.keys');
    if (services !== undefined && !given.includes('ingest')) {
      reasons.push('has services, but not the scope ingest that they restrict');
    }
    if (expiresAt === undefined || expiresAt > nowMs) {
      const count = (live.get(name) ?? 0) + 1;
      live.set(name, count);
      if (count > liveKeysPerName) {
        reasons.push(
          `is the third valid key named ${name}; two are for a rotation, remove the oldest`,
        );
      }
    }
    return reasons.map((reason) => ({ item: index + 1, reason }));
  });
}

/** A member of a table whose fault is told in the words of its reader. */
export function member<Value>(read: (value: unknown) => Reading<Value>) {
  return z.unknown().transform((value, context) => {
    const reading = read(value);
    if ('value' in reading) return reading.value;
    context.issues.push({ code: 'custom', input: value, message: reading.fault });
    return z.NEVER;
  });
}

function readName(value: unknown): Reading<string> {
  const fault =
    'must be a text of up to 48 letters, digits, dots, dashes and underscores, such as "checkout"';
  if (typeof value !== 'string' || !nameShape.test(value)) return { fault };
  if (keyLike.test(value)) return { fault: 'looks like a key or a hash; write a name for it' };
  return { value };
}

function readHash(value: unknown): Reading<string> {
  const [, digits] = digestShape.exec(typeof value === 'string' ? value : '') ?? [];
  if (digits !== undefined) return { value: digits.toLowerCase() };
  return {
    fault:
      'must be the SHA-256 of the key in 64 hexadecimal digits, never the key itself; ' +
      '`raceway keygen --name NAME --scopes SCOPES` prints both',
  };
}

/** A list of scopes, without repetition. */
export function readScopes(value: unknown): Reading<Scope[]> {
  const fault = `must be a list of one or more of ${scopes.join(', ')}`;
  if (!Array.isArray(value) || value.length === 0) return { fault };
  const known = scopes.filter((scope) => value.includes(scope));
  return known.length === new Set(value).size ? { value: known } : { fault };
}

function readServices(value: unknown): Reading<string[]> {
  const fault = 'must be a list of service names, one or more; leave it out to allow every service';
  if (!Array.isArray(value) || value.length === 0) return { fault };
  const isName = (item: unknown) =>
    typeof item === 'string' && item.length <= limits.nameCharacters;
  return value.every(isName) ? { value } : { fault };
}

/** A TOML date with time and offset, a date (its first moment in UTC), or either as text. */
export function readInstant(value: unknown): Reading<number> {
  const fault = 'must be a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z';
  const text = value instanceof TomlDate ? value.toISOString() : value;
  if (typeof text !== 'string') return { fault };
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const timestampNs = parseTimestamp(isDay ? `${text}T00:00:00Z` : text);
  return timestampNs === null ? { fault } : { value: Number(timestampNs / 1_000_000n) };
}
