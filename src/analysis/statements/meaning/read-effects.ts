import type { Effect, ReadEffect } from '../effect.ts';
import { statementLimits } from '../statement-limits.ts';
import type { TemplateValue } from '../template.ts';
import { expressionsIn, queriesIn } from './expressions.ts';
import { lockEffects } from './lock-functions.ts';
import type { Expression, Select, Source } from './query.ts';
import { rowsOf } from './rows.ts';
import { Scope } from './scope.ts';

/** Functions that say something of all rows together. */
const AGGREGATES: ReadonlySet<string> = new Set([
  'array_agg',
  'avg',
  'bool_and',
  'bool_or',
  'count',
  'count_big',
  'every',
  'group_concat',
  'json_agg',
  'jsonb_agg',
  'max',
  'min',
  'string_agg',
  'sum',
  'total',
]);

type Effects = Effect<TemplateValue>[];

/** A query that is still to be looked at. */
interface Open {
  readonly query: Select;
  readonly hidden: ReadonlySet<string>;
  /** Only whether it finds something matters. */
  readonly isExists: boolean;
}

/**
 * Adds what a query reads and locks, and before it what the queries inside of it do.
 *
 * @param hidden names that stand for queries, not for tables
 */
export function readEffects(
  query: Select,
  hidden: ReadonlySet<string>,
  isExists: boolean,
  effects: Effects,
): void {
  const open: Open[] = [{ query, hidden, isExists }];
  const found: Effects[] = [];
  for (let last = open.pop(); last !== undefined; last = open.pop()) {
    const { query: select } = last;
    const names = select.named.map(({ name }) => name);
    const next = { ...last, hidden: new Set([...last.hidden, ...names]) };
    found.push(ownEffects(next));
    for (const { query: named } of select.named) {
      if (named.kind === 'select') open.push({ ...next, query: named });
    }
    const joined = select.from.flatMap(({ on }) => on);
    const inner = [...select.targets, ...select.where, ...select.others, ...joined];
    for (const { query: part, isExists: isTest } of queriesIn(inner)) {
      open.push({ query: part, hidden: next.hidden, isExists: isTest });
    }
    for (const source of select.from) {
      if (source.query !== null) {
        open.push({ query: source.query, hidden: next.hidden, isExists: next.isExists });
      }
    }
    for (const part of select.further) open.push({ ...next, query: part });
  }
  for (const part of found.reverse()) effects.push(...part);
}

function ownEffects({ query, hidden, isExists }: Open): Effects {
  const scope = new Scope(query.from, hidden);
  const effects: Effects = lockEffects(query.targets);
  for (const { source, table } of scope.tables) {
    const isLocked =
      query.lock !== null && (query.lock.of.length === 0 || query.lock.of.includes(source.alias));
    const rows = rowsOf(source, [...query.where, ...source.on], scope);
    const read: ReadEffect<TemplateValue> = {
      kind: 'read',
      table,
      rows,
      columns: columnsOf(source, query, scope, rows?.conditions.map(({ column }) => column) ?? []),
      isAggregate: isExists || query.isGrouped || query.targets.some(isAggregate),
      lock: isLocked ? (query.lock?.strength ?? null) : null,
    };
    effects.push(read);
  }
  return effects;
}

/** Columns that are returned, and those that decide which rows are. */
function columnsOf(
  source: Source,
  { targets, others }: Select,
  scope: Scope,
  deciding: readonly string[],
): readonly string[] | null {
  const shown = [...expressionsIn([...targets, ...others])];
  const isAll = shown.some(
    (expression) => expression.kind === 'star' && scope.isPerhapsOf(source, expression),
  );
  if (isAll) return null;
  const columns = new Set([...scope.columnsOf(source, shown), ...deciding]);
  return columns.size > statementLimits.columns ? null : [...columns].sort();
}

function isAggregate(target: Expression): boolean {
  for (const expression of expressionsIn([target])) {
    if (expression.kind === 'call' && AGGREGATES.has(expression.name)) return true;
  }
  return false;
}
