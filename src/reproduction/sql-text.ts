import { ExactNumber, type JsonValue, stringifyJson } from '../domain/json.ts';

/** Longer values are stood for by a name: it is their difference that matters. */
const valueCharactersMax = 120;
const identifier = /^[a-z_][a-z0-9_]{0,40}$/i;

/** Where a variable of a database lives. Names that are no plain identifiers are replaced. */
export interface RowName {
  readonly table: string;
  readonly keyColumn: string;
  readonly key: string;
  readonly column: string;
}

/**
 * Reads the name of a variable: `db:accounts.7.balance`, or as spans name it
 * `db:shop.accounts[id=7].balance`.
 */
export function rowNameOf(variable: string): RowName {
  const text = variable.replace(/^db:/, '');
  const [, path = '', condition = '', column = ''] =
    /^([^[\]]*)\[([^\]]*)\]\.?([^[\].]*)$/.exec(text) ?? [];
  if (path !== '') {
    const [first = ''] = condition.split(',');
    const equals = first.indexOf('=');
    const keyColumn = equals < 0 ? first : first.slice(0, equals);
    const key = equals < 0 ? '' : first.slice(equals + 1);
    return named(path.slice(path.lastIndexOf('.') + 1), keyColumn, key, column);
  }
  const parts = text.split('.');
  const [table = '', ...rest] = parts;
  if (rest.length === 1) return named(table, '', '', rest[0] ?? '');
  return named(table, '', rest.slice(0, -1).join('.'), rest.at(-1) ?? '');
}

function named(table: string, keyColumn: string, key: string, column: string): RowName {
  const plain = (name: string, other: string) =>
    identifier.test(name) ? name.toLowerCase() : other;
  const names = {
    table: plain(table, 'subject'),
    keyColumn: plain(keyColumn, 'id'),
    column: plain(column, 'value'),
  };
  // A column has one name in a table.
  const isTwice = names.keyColumn === names.column;
  return { ...names, column: isTwice ? `${names.column}_value` : names.column, key: key || '1' };
}

/** The literals of one script: the same value is the same text everywhere. */
export class Literals {
  readonly #long = new Map<string, string>();

  of(value: JsonValue): string {
    if (value === null) return 'NULL';
    if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
    if (typeof value === 'number' || value instanceof ExactNumber)
      return stringifyJson(value, true);
    return quoted(this.textOf(value));
  }

  /** A value as the column holds it, where that is text. */
  textOf(value: JsonValue): string {
    const text = typeof value === 'string' ? value : stringifyJson(value, true);
    if (text.length <= valueCharactersMax) return text.replaceAll('\0', '\ufffd');
    const known = this.#long.get(text) ?? `long value ${this.#long.size + 1}`;
    this.#long.set(text, known);
    return known;
  }
}

/** A text as a literal, with nothing in it that a terminal, a shell or psql would act on. */
export function quoted(text: string): string {
  if (/^[\u0020-\u007e]*$/.test(text) && !text.includes('\\')) {
    return `'${text.replaceAll("'", "''")}'`;
  }
  const escaped = text.replace(/[^\u0020-\u007e]|[\\']/gu, (character) => {
    const code = character.codePointAt(0) ?? 0xfffd;
    if (code >= 0x20 && code <= 0x7e) return `\\${character}`;
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    return `\\U${(isHalf || code === 0 ? 0xfffd : code).toString(16).padStart(8, '0')}`;
  });
  return `E'${escaped}'`;
}

/** The types of the columns that a script makes; doubles are written by the database as they are here. */
export type ColumnType = 'double precision' | 'boolean' | 'text';

/** The type of a column that holds all these values; null among them counts for nothing. */
export function columnTypeOf(values: readonly JsonValue[]): ColumnType {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'text';
  if (known.every((value) => typeof value === 'number' || value instanceof ExactNumber)) {
    return 'double precision';
  }
  return known.every((value) => typeof value === 'boolean') ? 'boolean' : 'text';
}
