import {
  ALL_COLUMNS,
  type ColumnWrite,
  type Effect,
  type Rows,
  type ShownValue,
  type Table,
} from '../effect.ts';
import { shownValue } from '../shown-value.ts';
import { statementLimits } from '../statement-limits.ts';
import { type RedisMeaning, redisMeaning } from './redis-commands.ts';
import { scriptCall } from './redis-scripts.ts';
import { type RedisCommand, redisCommands } from './redis-text.ts';

/** Keys of Redis are rows of one table, with a column for each field; a plain value is the column ''. */
const KEYS: Table = { schema: '', name: '' };
const VALUE = '';
const EVERY_FIELD: readonly string[] = [ALL_COLUMNS];

/** What the commands of a text do, in order. */
export function redisEffects(text: string): readonly Effect[] {
  const commands = redisCommands(text);
  const effects = commands.slice(0, statementLimits.commands).flatMap(commandEffects);
  if (commands.length <= statementLimits.commands) return effects;
  return [...effects, unknown];
}

const unknown: Effect = { kind: 'unknown', head: 'other', table: null };

function commandEffects(command: RedisCommand): readonly Effect[] {
  const meaning = redisMeaning(command.name);
  if (meaning === undefined) return [unknown];
  switch (meaning.action) {
    case 'idle':
      return [];
    case 'multi':
      return [transaction('begin')];
    case 'exec':
      return [transaction('commit')];
    case 'discard':
      return [transaction('rollback')];
    case 'unwatch':
      return [{ kind: 'watch', keys: [] }];
    case 'watch':
      return [{ kind: 'watch', keys: watchedKeys(command) }];
    case 'flush':
      return [{ kind: 'delete', table: KEYS, rows: null }];
    case 'set':
      return [setEffect(command)];
    case 'setnx':
      return [lockOf(shown(command.words[0]))];
    case 'eval':
      return scriptEffects(command);
    case 'delete':
      return keysOf(command, meaning).map((key) => ({
        kind: 'delete',
        table: KEYS,
        rows: rowsOf(key),
      }));
    case 'read':
      return keysOf(command, meaning).map((key) => ({
        kind: 'read',
        table: KEYS,
        rows: rowsOf(key),
        columns: fieldsOf(command, meaning),
        isAggregate: false,
        lock: null,
      }));
    case 'write':
    case 'change':
      return keysOf(command, meaning).map((key, at) => ({
        kind: 'write',
        table: KEYS,
        rows: rowsOf(key),
        columns: writesOf(command, meaning, at),
        expires: command.name === 'SETEX' || command.name === 'PSETEX',
      }));
  }
}

function transaction(step: 'begin' | 'commit' | 'rollback'): Effect {
  return { kind: 'transaction', step, isolation: null, name: '' };
}

function watchedKeys({ words, hidden }: RedisCommand): readonly string[] | null {
  const keys = words.flatMap((word) => (word === null ? [] : [word]));
  return hidden > 0 || keys.length === 0 || keys.length < words.length ? null : keys;
}

function shown(word: string | null | undefined): ShownValue {
  return word === undefined ? null : shownValue(word);
}

function rowsOf(key: ShownValue): Rows {
  return { equals: [[{ column: 'key', value: key }]], conditions: [] };
}

function keysOf({ words, hidden }: RedisCommand, { shape }: RedisMeaning): readonly ShownValue[] {
  const isMany = shape === 'keys' || shape === 'pairs';
  const step = shape === 'pairs' ? 2 : 1;
  const keys = isMany ? words.filter((_, at) => at % step === 0) : words.slice(0, 1);
  if (keys.length === 0 || (isMany && hidden > 0)) return [...keys.map(shown), null];
  return keys.slice(0, statementLimits.keys).map(shown);
}

/** Fields that a command names; all of them when they are hidden, or all are meant. */
function fieldsOf({ words, hidden }: RedisCommand, { shape }: RedisMeaning): readonly string[] {
  if (shape === 'all fields') return EVERY_FIELD;
  if (shape === 'key' || shape === 'keys' || shape === 'pairs') return [VALUE];
  const named = words.slice(1);
  const fields = shape === 'field' ? named.slice(0, 1) : named;
  const places = shape === 'field pairs' ? fields.filter((_, at) => at % 2 === 0) : fields;
  const known = places.flatMap((field) => (field === null ? [] : [field]));
  const isWhole = known.length === places.length && places.length > 0;
  const isHidden = hidden > 0 && shape !== 'field' && !(shape === 'field pairs' && hidden === 1);
  return isWhole && !isHidden && known.length <= statementLimits.columns
    ? known.sort()
    : EVERY_FIELD;
}

function writesOf(
  command: RedisCommand,
  meaning: RedisMeaning,
  at: number,
): readonly ColumnWrite[] {
  const fields = fieldsOf(command, meaning);
  const source = meaning.action === 'change' ? 'own' : 'value';
  return fields.map((column) => ({
    column,
    value: source === 'own' ? null : valueFor(command, meaning, column, at),
    source,
  }));
}

/** The new value, where the command has only one, or tells which is whose. */
function valueFor(
  { name, words }: RedisCommand,
  { shape }: RedisMeaning,
  column: string,
  at: number,
): ShownValue {
  if (shape === 'pairs') return shown(words[at * 2 + 1]);
  if (shape === 'field pairs') {
    const field = words.findIndex((word, place) => place % 2 === 1 && word === column);
    return field < 0 ? null : shown(words[field + 1]);
  }
  return name === 'SETEX' || name === 'PSETEX' ? shown(words[2]) : null;
}

const OPTIONS_WITH_NUMBER: ReadonlySet<string> = new Set(['EX', 'PX', 'EXAT', 'PXAT']);
const OPTIONS: ReadonlySet<string> = new Set(['NX', 'XX', 'GET', 'KEEPTTL']);

/** So many arguments follow the key in `SET key value NX` and `SET key value NX PX 1000`. */
const NX_ARGUMENTS: ReadonlySet<number> = new Set([2, 4]);

/** SET is a write, an exchange, or a lock that is taken when the key is absent. */
function setEffect({ words, hidden }: RedisCommand): Effect {
  const key = shown(words[0]);
  const { options, value } = setParts(words.slice(1));
  const expires = [...OPTIONS_WITH_NUMBER].some((option) => options.has(option));
  if (options.has('NX')) return lockOf(key);
  // With more arguments than a value, which may be NX, this may be a lock as well.
  const isOpen = hidden > 1 || words.slice(2).includes(null) || words.length + hidden < 2;
  const source = options.has('GET') ? 'own' : 'value';
  const columns = isOpen
    ? null
    : [{ column: VALUE, value: hidden > 0 ? null : value, source } as const];
  const perhaps = isOpen && NX_ARGUMENTS.has(words.length + hidden - 1);
  return {
    kind: 'write',
    table: KEYS,
    rows: rowsOf(key),
    columns,
    expires,
    ...(perhaps ? { perhaps: 'lock' as const } : {}),
  };
}

/** Options stand behind the value, which may have spaces. */
function setParts(words: readonly (string | null)[]) {
  const options = new Set<string>();
  let end = words.length;
  while (end > 1) {
    const last = (words[end - 1] ?? '').toUpperCase();
    const before = (words[end - 2] ?? '').toUpperCase();
    if (OPTIONS.has(last)) end -= 1;
    else if (OPTIONS_WITH_NUMBER.has(before) && /^\d+$/.test(last) && end > 2) end -= 2;
    else break;
    options.add(OPTIONS.has(last) ? last : before);
  }
  const value = words.slice(0, end);
  return { options, value: value.includes(null) ? null : shown(value.join(' ')) };
}

function lockOf(key: ShownValue): Effect {
  return {
    kind: 'lock',
    what: 'key',
    name: key,
    strength: 'exclusive',
    until: 'release',
    isTry: true,
  };
}

function scriptEffects(command: RedisCommand): readonly Effect[] {
  const { purpose, keys } = scriptCall(command);
  return keys.map((word): Effect => {
    const key = shown(word);
    if (purpose === 'lock') return lockOf(key);
    if (purpose === 'unlock') return { kind: 'unlock', what: 'key', name: key, all: false };
    const rows = rowsOf(key);
    if (purpose === 'change' || purpose === 'hidden') {
      const columns = [{ column: VALUE, value: null, source: 'own' } as const];
      const perhaps = purpose === 'hidden' ? { perhaps: 'unlock' as const } : {};
      return { kind: 'write', table: KEYS, rows, columns, ...perhaps };
    }
    return { kind: 'read', table: KEYS, rows, columns: null, isAggregate: false, lock: null };
  });
}
