import type { ColumnValue, Rows } from '../effect.ts';
import { statementLimits } from '../statement-limits.ts';
import type { TemplateValue } from '../template.ts';
import { conjuncts, expressionsIn, listOf, plainValue } from './expressions.ts';
import type { Expression, Source } from './query.ts';
import type { Scope } from './scope.ts';

type Column = Extract<Expression, { kind: 'column' }>;

/** A column that is one of these values. */
interface Choice {
  readonly column: Column;
  readonly values: readonly TemplateValue[];
}

/**
 * Which rows of a source predicates leave, all of which hold. An equality between columns of two tables
 * carries over what is known of either.
 */
export function rowsOf(
  source: Source,
  predicates: readonly Expression[],
  scope: Scope,
): Rows<TemplateValue> | null {
  const choices: Choice[] = [];
  const links: (readonly [Column, Column])[] = [];
  const conditions: Expression[] = [];
  for (const predicate of conjuncts(predicates)) {
    const choice = choiceOf(predicate);
    if (choice !== null) choices.push(choice);
    else if (isLink(predicate)) links.push([predicate.left, predicate.right]);
    else conditions.push(predicate);
  }
  const own = new Map<string, readonly TemplateValue[]>();
  for (const { column, values } of carriedOver(choices, links)) {
    if (!scope.isOf(source, column)) conditions.push(column);
    else if (!own.has(column.column)) own.set(column.column, values);
  }
  conditions.push(...links.flat());
  const restricting = scope.columnsOf(source, expressionsIn(conditions));
  const equals = alternatives(own);
  if (equals === null) return null;
  return {
    equals,
    conditions: [...restricting]
      .filter((column) => !own.has(column))
      .sort()
      .map((column) => ({ column })),
  };
}

/** `column = value` or `column IN (values)`, from either side. */
function choiceOf(predicate: Expression): Choice | null {
  const list = predicate.kind === 'or' ? listOf(predicate) : predicate;
  if (list?.kind === 'in') {
    const values = list.items.map(plainValue);
    const isKnown = values.every((value) => value !== undefined);
    return list.left.kind === 'column' && isKnown ? { column: list.left, values } : null;
  }
  if (list?.kind !== 'equal') return null;
  const [column, other] =
    list.left.kind === 'column' ? [list.left, list.right] : [list.right, list.left];
  const value = plainValue(other);
  return column.kind === 'column' && value !== undefined ? { column, values: [value] } : null;
}

function isLink(
  predicate: Expression,
): predicate is { readonly kind: 'equal'; readonly left: Column; readonly right: Column } {
  return (
    predicate.kind === 'equal' &&
    predicate.left.kind === 'column' &&
    predicate.right.kind === 'column'
  );
}

/** Choices, and those that follow for columns that equal others, as far as columns say whose they are. */
function carriedOver(
  choices: readonly Choice[],
  links: readonly (readonly [Column, Column])[],
): readonly Choice[] {
  const found = [...choices];
  const known = new Set(choices.map(({ column }) => nameOf(column)));
  for (let at = 0; at < found.length && at < statementLimits.columns; at += 1) {
    const { column, values } = found[at] as Choice;
    for (const [left, right] of links) {
      const isLeft = nameOf(left) === nameOf(column);
      if (!isLeft && nameOf(right) !== nameOf(column)) continue;
      const other = isLeft ? right : left;
      if (other.qualifier === '' || known.has(nameOf(other))) continue;
      known.add(nameOf(other));
      found.push({ column: other, values });
    }
  }
  return found;
}

function nameOf({ qualifier, column }: Column): string {
  return JSON.stringify([qualifier, column]);
}

/** Every combination of the values; null when there are too many. */
function alternatives(
  choices: ReadonlyMap<string, readonly TemplateValue[]>,
): readonly (readonly ColumnValue<TemplateValue>[])[] | null {
  const columns = [...choices].sort(([a], [b]) => (a < b ? -1 : 1));
  if (columns.length > statementLimits.columns) return null;
  let rows: (readonly ColumnValue<TemplateValue>[])[] = [[]];
  for (const [column, values] of columns) {
    if (rows.length * values.length > statementLimits.keys) return null;
    rows = rows.flatMap((row) => values.map((value) => [...row, { column, value }]));
  }
  return rows;
}
