import type { Node, RangeVar } from 'libpg-query';
import type { Table } from '../effect.ts';

/** A tree that is too deep to be walked by calls. Its text counts as not understood. */
export class TooDeep extends Error {}

/** Levels of a tree that are walked; operators in a row make one each. */
const LEVELS_MAX = 512;

/** The level below one. */
export function below(level: number): number {
  if (level === LEVELS_MAX) throw new TooDeep('the tree of a statement is too deep');
  return level + 1;
}

/** The words of a name: `schema.table`, or an operator. */
export function namesOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** The table that a name in FROM stands for. */
export function tableOf(range: RangeVar | undefined): Table {
  return { schema: range?.schemaname ?? '', name: range?.relname ?? '' };
}
