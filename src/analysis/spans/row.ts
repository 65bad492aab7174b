import { createHash } from 'node:crypto';
import { REDACTED } from '../../domain/event/redaction-path.ts';
import { rowCertaintyOf, rowMarks } from '../../domain/findings/row-certainty.ts';
import type { ColumnValue, Rows, Table } from '../statements/effect.ts';
import { singular } from './request-path.ts';

/** A row, or a set of rows, as far as a statement tells. */
export interface Row {
  /** As in names of variables: `db:shop.accounts[id=1]`; `[id~url]` where the path of the request may tell it. */
  readonly name: string;
  /** What tells two rows of one name apart; null where the name does, or nothing. */
  readonly hint: string | null;
  /** The same for all statements of a request that are about this row, however they tell it. */
  readonly identity: string;
  /** Columns by which it is known. */
  readonly key: readonly string[];
  /** What these are equal to. */
  readonly equalities: readonly ColumnValue[];
  /** Columns of further conditions. */
  readonly guards: readonly string[];
}

/** Values that can stand in a name as they are. */
const PLAIN_VALUE = /^[^\s"[\],=~]+$/;
/** Characters of a name of a row that are kept as they are. */
const NAME_CHARACTERS = 400;
const DIGEST_DIGITS = 16;
/** Names of columns that tell a row by themselves. */
const ROW_IDS: ReadonlySet<string> = new Set(['id', '_id', 'uuid', 'guid', 'pk', 'rowid']);

/**
 * The rows that a statement is about, one for each that it lists.
 *
 * @param hint what the request's path says of rows of the table; null: nothing
 */
export function rowsOf(
  store: string,
  table: Table,
  rows: Rows | null,
  hint: string | null,
): readonly Row[] {
  if (rows === null) return [anyRow(store, table)];
  const conditions = rows.conditions.map(({ column }) => column);
  return rows.equals.map((equalities) => {
    if (equalities.length === 0 && conditions.length > 0) {
      return { ...anyRow(store, table), guards: conditions };
    }
    const key = keyOf(table, equalities);
    const others = equalities.filter((each) => !key.includes(each)).map(({ column }) => column);
    return { ...rowOf(store, table, key, hint), guards: [...others, ...conditions] };
  });
}

/** The row with these values in its key; of no values, all rows of the table. */
export function rowOf(
  store: string,
  table: Table,
  key: readonly ColumnValue[],
  hint: string | null,
): Row {
  const place = store + tableName(table);
  const columns = key.map(({ column }) => column);
  const isKnown = key.every(({ value }) => value !== null && !value.includes(REDACTED));
  if (table.name === '') {
    const own = isKnown ? key.map(({ value }) => value).join(',') : rowMarks.unknown;
    return plainRow(bounded(place + own), key);
  }
  if (!isKnown) {
    const mark = hint === null ? rowMarks.unknown : rowMarks.hinted;
    const name = bounded(`${place}[${columns.join(',')}${mark}]`);
    const [column, ...others] = columns;
    // A statement that shows the value which the path hints at is about the same row.
    const isOne = hint !== null && others.length === 0;
    const identity = isOne ? `${place}[${column}=${shown(hint)}]` : `${name} ${hint ?? ''}`;
    return { name, hint, identity, key: columns, equalities: key, guards: [] };
  }
  const values = key.map(({ column, value }) => `${column}=${shown(value ?? '')}`).join(',');
  const name = bounded(values === '' ? place : `${place}[${values}]`);
  return plainRow(name, key);
}

/** Whether it is known for sure which row, or set of rows, it is. */
export function isExact({ name }: Row): boolean {
  return rowCertaintyOf(name) === 'exact';
}

/** Rows of a table of which nothing is known. */
export function anyRow(store: string, table: Table): Row {
  return plainRow(bounded(`${store}${tableName(table)}[${rowMarks.unknown}]`), []);
}

function plainRow(name: string, equalities: readonly ColumnValue[]): Row {
  const key = equalities.map(({ column }) => column);
  return { name, hint: null, identity: name, key, equalities, guards: [] };
}

/** A table as variables name it; the schema that everybody has is left out. */
export function tableName({ schema, name }: Table): string {
  return schema === '' || schema === 'public' || schema === 'dbo' ? name : `${schema}.${name}`;
}

/** Of the equalities those that tell the row: an id of the table where there is one, else all. */
function keyOf({ name }: Table, equalities: readonly ColumnValue[]): readonly ColumnValue[] {
  const ids = equalities.filter(({ column }) => isRowId(name, column));
  return ids.length > 0 ? ids : equalities;
}

/** Whether a column tells a row of a table by itself. */
export function isRowId(table: string, column: string): boolean {
  const text = column.toLowerCase();
  if (ROW_IDS.has(text)) return true;
  const [own, plain] = [singular(table), text.replace(/[^a-z0-9]/g, '')];
  return own !== '' && (plain === `${own}id` || plain === `${own}uuid`);
}

function shown(value: string): string {
  return PLAIN_VALUE.test(value) ? value : JSON.stringify(value);
}

function bounded(name: string): string {
  if (name.length <= NAME_CHARACTERS) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_DIGITS);
  return `${name.slice(0, NAME_CHARACTERS).toWellFormed()}… #${digest}`;
}
