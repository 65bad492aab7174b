import type { ColumnValue, ColumnWrite, Effect, Rows, Table } from '../effect.ts';
import type { Statement } from '../statement.ts';
import { statementLimits } from '../statement-limits.ts';
import {
  asDocument,
  type Document,
  documentOf,
  oneRow,
  scalarOf,
  sorted,
  unknownCommand,
} from './document.ts';

/** Names that people give to the keys of a table; what they are, no request tells. */
const KEY_NAMES = [['pk', 'sk'], ['pk'], ['id'], ['uuid']];

/** Operations that touch no items. */
const IDLE = /^(?:describe|list|create|update|delete)(?:table|tables|timetolive|limits|endpoints)$/;

/** What an operation of DynamoDB does. Where its input is hidden, its name and table are left. */
export function dynamodbEffects(statement: Statement): readonly Effect[] {
  const operation = operationOf(statement);
  const input = documentOf(statement.text);
  const table = tableOf(statement, input);
  if (IDLE.test(operation)) return [];
  if (table === null) return [unknownCommand(null)];
  const key = asDocument(input?.get('Key'));
  const rows = guarded(key === null ? hiddenRow : oneRow(valuesOf(key)), input);
  switch (operation) {
    case 'getitem':
      return [{ kind: 'read', table, rows, columns: null, isAggregate: false, lock: null }];
    case 'deleteitem':
      return [{ kind: 'delete', table, rows }];
    case 'updateitem':
      return [{ kind: 'write', table, rows, columns: updatesOf(input) }];
    case 'putitem':
      return [putEffect(table, input)];
    case 'query':
    case 'scan':
      return [
        {
          kind: 'read',
          table,
          rows: queriedRows(input),
          columns: null,
          isAggregate: true,
          lock: null,
        },
      ];
    default:
      return [unknownCommand(table)];
  }
}

/** One item, of which nothing is known but that it is one. */
const hiddenRow: Rows = { equals: [[{ column: 'key', value: null }]], conditions: [] };

function operationOf({ attribute, spanName }: Statement): string {
  const named =
    attribute('rpc.method') ?? attribute('db.operation.name') ?? attribute('db.operation');
  const name = typeof named === 'string' ? named : spanName;
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}

function tableOf({ attribute }: Statement, input: Document | null): Table | null {
  const listed = attribute('aws.dynamodb.table_names');
  const names = Array.isArray(listed) ? (listed as unknown[]) : [listed];
  const [first, ...others] = names;
  const name = input?.get('TableName') ?? attribute('db.collection.name') ?? first;
  return typeof name === 'string' && others.length === 0 ? { schema: '', name } : null;
}

function valuesOf(document: Document): readonly ColumnValue[] {
  return [...document].map(([column, value]) => ({ column, value: scalarOf(value) }));
}

/** Rows with what a condition on them mentions. */
function guarded(rows: Rows, input: Document | null): Rows {
  const text = input?.get('ConditionExpression');
  if (typeof text !== 'string') return rows;
  return { ...rows, conditions: columnsIn(text, input).map((column) => ({ column })) };
}

/** PutItem sets an item as a whole; on the condition that there is none, it brings one into being. */
function putEffect(table: Table, input: Document | null): Effect {
  const item = asDocument(input?.get('Item'));
  const values = item === null ? null : valuesOf(item);
  const condition = input?.get('ConditionExpression');
  if (typeof condition === 'string' && /attribute_not_exists/i.test(condition)) {
    return {
      kind: 'insert',
      table,
      rows: values === null ? null : [sorted(values)],
      onConflict: 'nothing',
      updates: [],
    };
  }
  const key = KEY_NAMES.map((names) => keyIn(values ?? [], names)).find((found) => found !== null);
  const rows = guarded(key === undefined || key === null ? hiddenRow : oneRow(key), input);
  const columns = values?.map((write): ColumnWrite => ({ ...write, source: 'value' })) ?? null;
  const isWide = (columns?.length ?? 0) > statementLimits.columns;
  return {
    kind: 'write',
    table,
    rows,
    columns: columns === null || isWide ? null : sorted(columns),
  };
}

function keyIn(
  values: readonly ColumnValue[],
  names: readonly string[],
): readonly ColumnValue[] | null {
  const found = names.flatMap(
    (name) => values.find(({ column }) => column.toLowerCase() === name) ?? [],
  );
  return found.length === names.length ? found : null;
}

/** `SET a = :x, b = b + :y REMOVE c ADD d :z`; null when it is hidden. */
function updatesOf(input: Document | null): readonly ColumnWrite[] | null {
  const text = input?.get('UpdateExpression');
  if (typeof text !== 'string') return null;
  const writes: ColumnWrite[] = [];
  const clauses = text.split(/\b(SET|REMOVE|ADD|DELETE)\b/i);
  for (let at = 1; at + 1 < clauses.length; at += 2) {
    const verb = (clauses[at] ?? '').toUpperCase();
    for (const part of partsOf(clauses[at + 1] ?? '')) {
      const [, path = '', rest = ''] = /^\s*([#\w.[\]-]+)\s*=?\s*([\s\S]*)$/.exec(part) ?? [];
      const column = columnName(path, input);
      if (column === '') return null;
      if (verb === 'REMOVE') writes.push({ column, value: null, source: 'value' });
      else
        writes.push(
          verb === 'SET'
            ? setWrite(column, rest.trim(), input)
            : { column, value: null, source: 'own' },
        );
    }
  }
  return writes.length > statementLimits.columns ? null : sorted(writes);
}

/** The parts between commas that stand in no brackets. */
function partsOf(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (text[at] !== ',' || depth > 0) continue;
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  return [...parts, text.slice(from)];
}

function setWrite(column: string, rest: string, input: Document | null): ColumnWrite {
  if (/^:\w+$/.test(rest)) return { column, value: parameter(rest, input), source: 'value' };
  return { column, value: null, source: columnsIn(rest, input).length > 0 ? 'own' : 'other' };
}

function parameter(name: string, input: Document | null) {
  return scalarOf(asDocument(input?.get('ExpressionAttributeValues'))?.get(name) ?? null);
}

/** A name in an expression, which may stand for another one: `#s`. Of a path the first part counts. */
function columnName(path: string, input: Document | null): string {
  const first = /^[#\w-]+/.exec(path)?.[0] ?? '';
  if (!first.startsWith('#')) return first;
  const name = asDocument(input?.get('ExpressionAttributeNames'))?.get(first);
  return typeof name === 'string' ? name : first;
}

const FUNCTIONS =
  /^(?:attribute_(?:not_)?exists|attribute_type|begins_with|contains|size|if_not_exists|list_append|and|or|not|between|in)$/i;

function columnsIn(text: string, input: Document | null): readonly string[] {
  const names = new Set<string>();
  for (const [path] of text.matchAll(/(?<![:\w#.-])[#a-z_][\w.-]*/gi)) {
    if (!FUNCTIONS.test(path)) names.add(columnName(path, input));
  }
  return [...names].sort();
}

/** What a query asks for: `id = :id AND created > :from`; anything for a scan. */
function queriedRows(input: Document | null): Rows | null {
  const text = input?.get('KeyConditionExpression');
  if (input === null || (typeof text !== 'string' && input.has('KeyConditions'))) return null;
  const key: ColumnValue[] = [];
  const others: string[] = [];
  for (const part of typeof text === 'string' ? text.split(/\band\b/i) : []) {
    const equality = /^[\s(]*([#\w.-]+)\s*=\s*(:\w+)[\s)]*$/.exec(part);
    if (equality === null) others.push(part);
    else
      key.push({
        column: columnName(equality[1] ?? '', input),
        value: parameter(equality[2] ?? '', input),
      });
  }
  const filter = input.get('FilterExpression');
  const mentioned = columnsIn(
    [...others, typeof filter === 'string' ? filter : ''].join(' '),
    input,
  );
  return { equals: [sorted(key)], conditions: mentioned.map((column) => ({ column })) };
}
