import { statementLimits } from '../statement-limits.ts';
import type { RedisCommand } from './redis-text.ts';

/**
 * What a script is for, as far as its text tells: the well-known ones of locks, or reads, or a change; `hidden`
 * where only its hash or its name is shown.
 */
export type ScriptPurpose = 'lock' | 'unlock' | 'read' | 'change' | 'hidden';

/** A script with its keys; `null` for one that is hidden. */
export interface ScriptCall {
  readonly purpose: ScriptPurpose;
  readonly keys: readonly (string | null)[];
}

const CALL = /redis\.p?call\(\s*['"](\w+)['"]/gi;
const WRITING =
  /^(?:SET|SETEX|PSETEX|SETNX|MSET|H(?:SET|MSET|DEL|SETNX|INCRBY)|(?:IN|DE)CR(?:BY)?|DEL|UNLINK|APPEND|[LR]PUSH|[LR]POP|S(?:ADD|REM|POP)|Z(?:ADD|REM|INCRBY)|XADD)$/;

/** Scripts of locks that a library calls by their SHA-1: those of redlock 4 and 5 for Node, which take by one, too. */
const KNOWN_SCRIPTS: ReadonlyMap<string, ScriptPurpose> = new Map([
  ['e5a322e2634ef59a516e8ea150cb085afafee684', 'lock'],
  ['96da70f7716f27d278a5218544df37fd8b0a5e4c', 'lock'],
  ['0f0f23b9048b36752b5be114f357ba083449f908', 'unlock'],
  ['e4612211c9f8f51c257e26e056b0a654b3187242', 'unlock'],
]);

/**
 * Reads EVAL and its like: `script count key … argument …`, where a script may have spaces. The number of
 * keys is looked for behind what ends a script.
 */
export function scriptCall({ name, words, rest }: RedisCommand): ScriptCall {
  const isByName = !name.startsWith('EVAL') || name.startsWith('EVALSHA');
  const isHidden = isByName || words[0] === null;
  const keys = keysAt(words, isHidden ? 1 : countPlace(words));
  if (name.endsWith('_RO')) return { purpose: 'read', keys };
  if (!isHidden) return { purpose: purposeOf(rest), keys };
  const hash = words[0]?.toLowerCase() ?? '';
  return { purpose: KNOWN_SCRIPTS.get(hash) ?? 'hidden', keys };
}

function countPlace(words: readonly (string | null)[]): number {
  for (let at = words.length - 1; at > 0; at -= 1) {
    if (!/^\d{1,3}$/.test(words[at] ?? '')) continue;
    const isEnd = /(?:\bend|[)};'"])$/.test(words[at - 1] ?? '');
    if (isEnd && Number(words[at]) < words.length - at) return at;
  }
  return -1;
}

function keysAt(words: readonly (string | null)[], place: number): readonly (string | null)[] {
  const count = Number(words[place] ?? Number.NaN);
  if (!Number.isInteger(count) || count > statementLimits.keys) return [null];
  const keys = words.slice(place + 1, place + 1 + count);
  return keys.length < count ? [null] : keys;
}

function purposeOf(script: string): ScriptPurpose {
  const text = script.slice(0, statementLimits.scriptCharacters);
  const called = new Set([...text.matchAll(CALL)].map(([, command = '']) => command.toUpperCase()));
  if (called.size === 0) return 'change';
  const deletes = called.has('DEL') || called.has('UNLINK');
  const isCompared = /==\s*ARGV\[/i.test(text) || /ARGV\[\d+\]\s*==/.test(text);
  if (deletes && called.has('GET') && isCompared && !called.has('SET')) return 'unlock';
  // Redisson counts how often a thread holds a lock, in a hash.
  if (deletes && called.has('HINCRBY') && called.has('HEXISTS')) return 'unlock';
  if (called.has('HINCRBY') && called.has('EXISTS') && called.has('PTTL')) return 'lock';
  const setsOnce = /['"]set['"][^)]*['"]nx['"]/i.test(text) || called.has('SETNX');
  const setsIfAbsent = called.has('EXISTS') && /['"]set['"][^)]*['"]px['"]/i.test(text);
  if ((setsOnce || setsIfAbsent) && !deletes) return 'lock';
  return [...called].some((command) => WRITING.test(command)) ? 'change' : 'read';
}
