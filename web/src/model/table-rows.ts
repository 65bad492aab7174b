import type { TextRows } from './table-text.ts';

/** What a column is besides how it looks. */
export interface TextColumn<Row> {
  /** Names the column; where rows stand below each other, and it is a number, before its cells too. */
  readonly name: string;
  /** Of the numbers that {@link text} tells. */
  readonly unit?: 'ms' | 'µs';
  /** What the cell says, exactly; shown as it is where nothing else is said to be shown. */
  readonly text: (row: Row) => string | number;
}

/** How rows are ordered by what a column tells. */
export interface RowOrder {
  readonly name: string;
  readonly isDown: boolean;
}

/** Rows as texts with the names of their columns in front, as they leave the page. */
export function textRows<Row>(columns: readonly TextColumn<Row>[], rows: readonly Row[]): TextRows {
  return [
    columns.map(({ name, unit }) => (unit === undefined ? name : `${name} (${unit})`)),
    ...rows.map((row) => columns.map(({ text }) => String(text(row)))),
  ];
}

/** Rows in another order, those that are alike as they were. */
export function inOrder<Row>(
  columns: readonly TextColumn<Row>[],
  rows: readonly Row[],
  order: RowOrder | null,
): readonly Row[] {
  const column = columns.find(({ name }) => name === order?.name);
  if (order === null || column === undefined) return rows;
  const sign = order.isDown ? -1 : 1;
  return rows.toSorted((one, other) => sign * compare(column.text(one), column.text(other)));
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const [a, b] = [String(one), String(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a list shows while newer rows wait. */
export interface Held<Row> {
  readonly rows: readonly Row[];
  /** How many of the newest rows are not shown. */
  readonly newer: number;
  /** Rows stand elsewhere, or are gone. */
  readonly isMoved: boolean;
}

/** The rows that were there, in their places, with what is known of them by now. */
export function held<Row>(
  before: readonly Row[],
  now: readonly Row[],
  keyOf: (row: Row) => string,
): Held<Row> {
  const newest = new Map(now.map((row) => [keyOf(row), row]));
  const known = new Set(before.map(keyOf));
  const newer = now.filter((row) => !known.has(keyOf(row))).length;
  const isMoved =
    before.length !== now.length ||
    before.some((row, place) => {
      const there = now[place];
      return there === undefined || keyOf(row) !== keyOf(there);
    });
  return { rows: before.map((row) => newest.get(keyOf(row)) ?? row), newer, isMoved };
}
