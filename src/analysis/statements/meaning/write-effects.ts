import type { ColumnValue, ColumnWrite, Effect, InsertEffect } from '../effect.ts';
import { statementLimits } from '../statement-limits.ts';
import type { TemplateValue } from '../template.ts';
import { expressionsIn, plainValue } from './expressions.ts';
import type { Assignment, Delete, Expression, Insert, Merge, Source, Update } from './query.ts';
import { rowsOf } from './rows.ts';
import { Scope } from './scope.ts';

type Writes = readonly ColumnWrite<TemplateValue>[];

/** What UPDATE does to its target, and what it reads of other tables. */
export function updateEffects(
  query: Update,
  hidden: ReadonlySet<string>,
): readonly Effect<TemplateValue>[] {
  const { target, assignments, where } = query;
  if (target.table === null) return [];
  const scope = new Scope([target, ...query.from], hidden);
  const columns = writesOf(assignments, target, scope);
  const mentioned = assignments.map(({ value }) => value);
  return [
    ...readsBeside(target, where, mentioned, scope),
    { kind: 'write', table: target.table, rows: rowsOf(target, where, scope), columns },
  ];
}

/** What DELETE does to its target, and what it reads of other tables. */
export function deleteEffects(
  { target, from, where }: Delete,
  hidden: ReadonlySet<string>,
): readonly Effect<TemplateValue>[] {
  if (target.table === null) return [];
  const scope = new Scope([target, ...from], hidden);
  return [
    ...readsBeside(target, where, [], scope),
    { kind: 'delete', table: target.table, rows: rowsOf(target, where, scope) },
  ];
}

/** What INSERT does; the queries in it are looked at before. */
export function insertEffect(query: Insert): InsertEffect<TemplateValue> | null {
  const { target, onConflict } = query;
  if (target.table === null) return null;
  const rows = newRows(query);
  const scope = new Scope([target], new Set());
  const assignments = query.updates.map((update) => ({
    ...update,
    value: proposedValue(update.value, rows) ?? update.value,
  }));
  return {
    kind: 'insert',
    table: target.table,
    rows,
    onConflict,
    updates: writesOf(assignments, target, scope) ?? [],
  };
}

/** MERGE changes the rows that match, and brings others into being. */
export function mergeEffects(
  { target, from, on, updates, hasInsert, hasDelete }: Merge,
  hidden: ReadonlySet<string>,
): readonly Effect<TemplateValue>[] {
  const { table } = target;
  if (table === null) return [];
  const scope = new Scope([target, ...from], hidden);
  const effects: Effect<TemplateValue>[] = [...readsBeside(target, on, [], scope)];
  const rows = rowsOf(target, on, scope);
  const columns = writesOf(updates, target, scope);
  const isUpdate = updates.length > 0;
  if (hasInsert) {
    const onConflict = isUpdate ? 'update' : 'nothing';
    effects.push({ kind: 'insert', table, rows: null, onConflict, updates: columns ?? [] });
  } else if (isUpdate) effects.push({ kind: 'write', table, rows, columns });
  if (hasDelete) effects.push({ kind: 'delete', table, rows });
  return effects;
}

/** Other tables that a change looks at. */
function readsBeside(
  target: Source,
  where: readonly Expression[],
  mentioned: readonly Expression[],
  scope: Scope,
): readonly Effect<TemplateValue>[] {
  return scope.tables.flatMap(({ source, table }): Effect<TemplateValue>[] => {
    if (source === target) return [];
    const rows = rowsOf(source, where, scope);
    const shown = scope.columnsOf(source, expressionsIn(mentioned));
    const columns = [...new Set([...shown, ...conditionsOf(rows)])].sort();
    return [{ kind: 'read', table, rows, columns, isAggregate: false, lock: null }];
  });
}

function conditionsOf(rows: ReturnType<typeof rowsOf>): readonly string[] {
  return rows?.conditions.map(({ column }) => column) ?? [];
}

function writesOf(assignments: readonly Assignment[], target: Source, scope: Scope): Writes | null {
  if (assignments.length > statementLimits.columns) return null;
  return assignments
    .map(({ column, value }) => writeOf(column, value, target, scope))
    .sort((a, b) => (a.column < b.column ? -1 : 1));
}

function writeOf(
  column: string,
  expression: Expression,
  target: Source,
  scope: Scope,
): ColumnWrite<TemplateValue> {
  const plain = plainValue(expression);
  const value = plain === undefined ? optionalValue(expression, column) : plain;
  if (value !== undefined) return { column, value, source: 'value' };
  const own = scope.columnsOf(target, expressionsIn([expression]));
  return { column, value: null, source: own.size > 0 ? 'own' : 'other' };
}

/** `COALESCE($1, column)`: a client's value, when there is one. */
function optionalValue(expression: Expression, column: string): TemplateValue | undefined {
  if (expression.kind !== 'call' || !['coalesce', 'ifnull', 'isnull'].includes(expression.name)) {
    return undefined;
  }
  const [first, second] = expression.parts;
  const isOwn = second?.kind === 'column' && second.column === column;
  return isOwn && expression.parts.length === 2 ? plainValue(first) : undefined;
}

/** `EXCLUDED.column` or `VALUES(column)`: what would have been inserted. */
function proposedValue(expression: Expression, rows: InsertEffect<TemplateValue>['rows']) {
  const isExcluded = expression.kind === 'column' && expression.qualifier === 'excluded';
  const isValues = expression.kind === 'call' && expression.name === 'values';
  const [inside] = isValues ? expression.parts : [];
  const proposed = isExcluded ? expression : inside;
  if (proposed?.kind !== 'column') return null;
  const [row] = rows?.length === 1 ? rows : [];
  const value = row?.find(({ column }) => column === proposed.column)?.value ?? null;
  return { kind: 'value', value } as const;
}

/** The values of new rows, as far as the text gives them. */
function newRows({ columns, rows, query }: Insert): InsertEffect<TemplateValue>['rows'] {
  const isOneRow = query !== null && query.from.length === 0 && query.further.length === 0;
  const given = isOneRow ? [query.targets] : rows;
  if (columns === null || (query !== null && !isOneRow)) return null;
  if (given.length > statementLimits.keys || columns.length > statementLimits.columns) return null;
  if (given.some((row) => row.length !== columns.length)) return null;
  return given.map((row) =>
    columns
      .map((column, at) => valueIn(column, row[at]))
      .sort((a, b) => (a.column < b.column ? -1 : 1)),
  );
}

function valueIn(column: string, expression: Expression | undefined): ColumnValue<TemplateValue> {
  const value = plainValue(expression);
  return { column, value: value ?? null };
}
