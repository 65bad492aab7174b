import { randomBytes } from 'node:crypto';
import { namedKeySchema } from '../config/values/named-key.ts';
import { scopes } from '../domain/scope.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { digestOf } from '../keys/access-key.ts';
import { generateKey } from '../keys/key-format.ts';
import type { Command } from './context.ts';
import type { OptionValues } from './option.ts';

/** Twice what nobody can guess, and the same as the `openssl rand -hex 32` people know. */
const keyBytes = 32;

const hourMs = 3_600_000;
const unitMs = new Map([
  ['h', hourMs],
  ['d', 24 * hourMs],
  ['w', 7 * 24 * hourMs],
]);

/** `raceway keygen` */
export const keygen: Command = {
  name: 'keygen',
  summary: 'print a new API key',
  description:
    'Prints a key of 256 random bits in hexadecimal, which needs no quoting anywhere. Put it into\n' +
    'RACEWAY_API_KEYS of the server and into the configuration of the clients.\n\n' +
    'With --name and --scopes it prints a key that begins with rwk_, which is shown this once, and\n' +
    'the table for raceway.toml, which holds its hash only. A running server reads it on SIGHUP.',
  options: ['name', 'scopes', 'expires', 'services'],
  run(values, context) {
    if (Object.keys(values).length === 0) {
      context.print(randomBytes(keyBytes).toString('hex'));
      return 0;
    }
    const made = makeNamedKey(values);
    if ('fault' in made) {
      context.tell(`raceway: ${made.fault}`);
      return 2;
    }
    context.print(`${made.key}\n\n${made.table}`);
    context.tell('The key is shown this once; the table belongs into raceway.toml of the server.');
    return 0;
  },
};

function makeNamedKey(values: OptionValues): { key: string; table: string } | { fault: string } {
  const { name, scopes: scopeList, expires, services } = values;
  if (name === undefined) return { fault: 'a key with scopes, services or an end needs a --name.' };
  if (scopeList === undefined) {
    return { fault: `--scopes must say what the key is good for: ${scopes.join(', ')}.` };
  }
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const endMs = expires === undefined ? null : endOf(expires, nowMs);
  if (endMs !== null && !(endMs > nowMs)) {
    return { fault: '--expires must be in the future, as in 90d, 12h or 2027-01-31T00:00:00Z.' };
  }
  const key = generateKey();
  const entry = {
    name,
    hash: `sha256:${digestOf(key).toString('hex')}`,
    scopes: itemsOf(scopeList),
    created_at: isoSeconds(nowMs),
    ...(endMs === null ? {} : { expires_at: isoSeconds(endMs) }),
    ...(services === undefined ? {} : { services: itemsOf(services) }),
  };
  const [issue] = namedKeySchema.safeParse(entry).error?.issues ?? [];
  if (issue !== undefined) return { fault: `--${issue.path.join('.')} ${issue.message}.` };
  // Lists and texts are spelt alike in JSON and TOML.
  const lines = Object.entries(entry).map(
    ([member, value]) => `${member} = ${JSON.stringify(value)}`,
  );
  return { key, table: ['[[server.keys]]', ...lines].join('\n') };
}

function itemsOf(list: string): string[] {
  return list.split(',').map((item) => item.trim());
}

/** When a key ends that lives for `90d` from now, or until a date or time; NaN when it is neither. */
function endOf(text: string, nowMs: number): number {
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs + Number(count) * (unitMs.get(unit) ?? Number.NaN);
  const timestampNs = parseTimestamp(/^[\d-]{10}$/.test(text) ? `${text}T00:00:00Z` : text);
  return timestampNs === null ? Number.NaN : Number(timestampNs / 1_000_000n);
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
