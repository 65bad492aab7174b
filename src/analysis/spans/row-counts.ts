import type { ReadEffect } from '../statements/effect.ts';
import type { Row } from './row.ts';
import type { StoredSpan } from './span.ts';

const COUNTS = [
  'pgx.rows_affected',
  'db.response.returned_rows',
  'db.row_count',
  'db.rows_affected',
];

/** The rows that a statement found or changed; null when its span does not say. */
export function rowCountOf(span: StoredSpan): number | null {
  for (const name of COUNTS) {
    const value = span.attribute(name);
    if (typeof value === 'number') return value;
  }
  return null;
}

/** Words after which rows that are there may be left out of the answer. */
const LEAVES_OUT =
  /\b(?:offset|having|fetch|top|skip|sample|tablesample|qualify|limit\s+(?:0|:?[$\w]+\s*,|\?\s*,))\b|skip locked/i;

/** A statement, as far as it tells whether what it looked for is there. */
interface Look {
  readonly text: string;
  readonly rowCount: number | null;
  readonly effects: readonly unknown[];
}

/** Whether a statement that looked for a row alone, by nothing else than what names it, found none. */
export function foundNone(look: Look, effect: ReadEffect, row: Row): boolean {
  const isAlone = look.effects.length === 1 && effect.rows?.equals.length === 1;
  if (look.rowCount !== 0 || !isAlone || effect.isAggregate) return false;
  return row.key.length > 0 && row.guards.length === 0 && !LEAVES_OUT.test(look.text);
}
