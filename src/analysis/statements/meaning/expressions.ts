import type { TemplateValue } from '../template.ts';
import type { Expression, Select } from './query.ts';

/** The parts of an expression. */
function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'equal':
      return [expression.left, expression.right];
    case 'in':
      return [expression.left, ...expression.items];
    case 'and':
    case 'or':
    case 'call':
    case 'other':
      return expression.parts;
    default:
      return [];
  }
}

/** All expressions inside of some, these included, but for those of queries in them. */
export function* expressionsIn(roots: readonly Expression[]): Generator<Expression> {
  const open = [...roots].reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    for (const part of partsOf(next).toReversed()) open.push(part);
  }
}

/** The queries that stand in expressions, and whether it only matters that they find something. */
export function* queriesIn(
  roots: readonly Expression[],
): Generator<{ readonly query: Select; readonly isExists: boolean }> {
  for (const expression of expressionsIn(roots)) {
    if (expression.kind === 'query') yield { query: expression.query, isExists: false };
    if (expression.kind === 'exists') yield { query: expression.query, isExists: true };
  }
}

/** Predicates that all hold, those in AND by themselves. */
export function conjuncts(predicates: readonly Expression[]): readonly Expression[] {
  const found: Expression[] = [];
  const open = [...predicates].reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === 'and') open.push(...next.parts.toReversed());
    else found.push(next);
  }
  return found;
}

/** `a = 1 OR a = 2` as `a IN (1, 2)`; null when the parts are about several columns. */
export function listOf({ parts }: Extract<Expression, { kind: 'or' }>): Expression | null {
  const items: Expression[] = [];
  let left: Expression | null = null;
  for (const part of parts) {
    if (part.kind !== 'equal' && part.kind !== 'in') return null;
    if (part.left.kind !== 'column') return null;
    left ??= part.left;
    const isSame =
      left.kind === 'column' &&
      left.column === part.left.column &&
      left.qualifier === part.left.qualifier;
    if (!isSame) return null;
    items.push(...(part.kind === 'equal' ? [part.right] : part.items));
  }
  return left === null ? null : { kind: 'in', left, items };
}

/** The value of an expression that is one; undefined for any other. */
export function plainValue(expression: Expression | undefined): TemplateValue | undefined {
  return expression?.kind === 'value' ? expression.value : undefined;
}
