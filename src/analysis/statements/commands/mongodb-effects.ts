import type { ColumnValue, ColumnWrite, Effect, Rows, ShownValue, Table } from '../effect.ts';
import type { Statement } from '../statement.ts';
import { statementLimits } from '../statement-limits.ts';
import {
  asDocument,
  type Document,
  documentOf,
  isScalar,
  scalarOf,
  sorted,
  unknownCommand,
} from './document.ts';

type Verb = 'read' | 'count' | 'insert' | 'update' | 'delete' | 'commit' | 'rollback' | 'idle';

/** Operations by their names in lower case: of the protocol, of drivers, and of Mongoose. */
const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ...verbs('read', 'find findone findbyid getmore'),
  ...verbs('count', 'count countdocuments estimateddocumentcount distinct aggregate exists'),
  ...verbs('insert', 'insert insertone insertmany create'),
  ...verbs(
    'update',
    'update updateone updatemany findandmodify findoneandupdate findbyidandupdate',
  ),
  ...verbs('update', 'replaceone findoneandreplace'),
  ...verbs('delete', 'delete deleteone deletemany remove findoneanddelete findbyidanddelete'),
  ['committransaction', 'commit'],
  ['aborttransaction', 'rollback'],
  ...verbs(
    'idle',
    'ping hello ismaster buildinfo createindexes endsessions killcursors listcollections',
  ),
]);

/** Members of commands that hold their filter, and what they change. */
const FILTERS = ['filter', 'query', 'q', 'condition'];
const UPDATES = ['update', 'u', 'updates'];
/** Members that only a whole command has: without any of them a text is the filter alone. */
const COMMAND_MEMBERS = [
  ...FILTERS,
  ...UPDATES,
  '$db',
  'lsid',
  'deletes',
  'documents',
  'pipeline',
  'options',
];

function verbs(verb: Verb, names: string): readonly (readonly [string, Verb])[] {
  return names.split(' ').map((name) => [name, verb] as const);
}

/** What an operation of MongoDB does. Where its document is hidden, its name and collection are left. */
export function mongodbEffects(statement: Statement): readonly Effect[] {
  const operation = operationOf(statement);
  const verb = VERBS.get(operation);
  const command = documentOf(statement.text);
  const table = collectionOf(statement, operation, command);
  if (verb === 'idle') return [];
  if (verb === 'commit' || verb === 'rollback') {
    return [{ kind: 'transaction', step: verb, isolation: null, name: '' }];
  }
  if (verb === undefined || table === null) return [unknownCommand(table)];
  const rows = rowsOf(filterOf(command, verb));
  switch (verb) {
    case 'read':
    case 'count':
      return [
        { kind: 'read', table, rows, columns: null, isAggregate: verb === 'count', lock: null },
      ];
    case 'insert':
      return [{ kind: 'insert', table, rows: newRows(command), onConflict: null, updates: [] }];
    case 'delete':
      return [{ kind: 'delete', table, rows }];
    case 'update':
      return [updateEffect(table, rows, command)];
  }
}

function operationOf({ attribute, spanName, text }: Statement): string {
  const named = attribute('db.operation.name') ?? attribute('db.operation');
  // Python writes `find accounts`, and names the span `accounts.find`.
  const word = /^\s*(\w+)(?:\s|$)/.exec(text)?.[1] ?? /(\w+)$/.exec(spanName)?.[1];
  return (typeof named === 'string' ? named : (word ?? '')).toLowerCase();
}

function collectionOf(
  { attribute, text }: Statement,
  operation: string,
  command: Document | null,
): Table | null {
  const named = attribute('db.collection.name') ?? attribute('db.mongodb.collection');
  const inCommand = [...(command ?? [])].find(([name]) => name.toLowerCase() === operation)?.[1];
  const inText = /^\s*\w+\s+([\w.$-]+)/.exec(text)?.[1];
  for (const name of [named, inCommand, inText]) {
    if (typeof name === 'string' && name !== '?' && name !== '') return { schema: '', name };
  }
  return null;
}

function memberOf(command: Document | null, names: readonly string[]): unknown {
  for (const name of names) {
    const value = command?.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The part of a command that says what is changed in which documents. */
function innerOf(command: Document | null): Document | null {
  const parts = command?.get('updates') ?? command?.get('deletes');
  return Array.isArray(parts) ? asDocument(parts) : command;
}

function filterOf(command: Document | null, verb: Verb): Document | null {
  const inner = innerOf(command);
  if (inner === null) return null;
  const filter = memberOf(inner, FILTERS);
  if (filter !== undefined) return asDocument(filter);
  const isCommand = COMMAND_MEMBERS.some((name) => inner.has(name));
  const stages = command?.get('pipeline');
  if (Array.isArray(stages)) return asDocument(asDocument(stages)?.get('$match'));
  return isCommand || verb === 'count' || verb === 'update' ? null : inner;
}

/** Which documents a filter leaves; null when it is hidden. */
function rowsOf(filter: Document | null): Rows | null {
  if (filter === null) return null;
  const choices: (readonly [string, readonly ShownValue[]])[] = [];
  const conditions = new Set<string>();
  const open: (readonly [string, unknown])[] = [...filter];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [column, value] = next;
    const parts = column === '$and' && Array.isArray(value) ? (value as unknown[]) : null;
    if (parts !== null) {
      for (const part of parts) open.push(...(asDocument(part) ?? []));
    } else if (column.startsWith('$')) conditions.add(column);
    else {
      const values = valuesOf(value);
      if (values === null) conditions.add(column);
      else choices.push([column, values]);
    }
  }
  let equals: (readonly ColumnValue[])[] = [[]];
  for (const [column, values] of choices) {
    if (equals.length * values.length > statementLimits.keys) return null;
    equals = equals.flatMap((row) => values.map((value) => [...row, { column, value }]));
  }
  return {
    equals: equals.map(sorted),
    conditions: [...conditions].sort().map((column) => ({ column })),
  };
}

/** The values that a member of a filter allows; null when it is no equality. */
function valuesOf(value: unknown): readonly ShownValue[] | null {
  if (isScalar(value)) return [scalarOf(value)];
  const [operator, ...others] = asDocument(value) ?? [];
  if (operator === undefined || others.length > 0) return null;
  const [name, given] = operator;
  if (name === '$eq') return [scalarOf(given)];
  return name === '$in' && Array.isArray(given) ? (given as unknown[]).map(scalarOf) : null;
}

function newRows(command: Document | null): readonly (readonly ColumnValue[])[] | null {
  const listed: unknown = command?.get('documents') ?? command?.get('document') ?? null;
  const isCommand = command !== null && COMMAND_MEMBERS.some((name) => command.has(name));
  const documents = Array.isArray(listed)
    ? (listed as unknown[])
    : [listed ?? (isCommand ? null : command)];
  if (documents.length > statementLimits.keys) return null;
  const rows = documents.map((document) =>
    document instanceof Map ? document : asDocument(document),
  );
  if (rows.includes(null)) return null;
  return rows.map((row) =>
    sorted([...(row ?? [])].map(([column, value]) => ({ column, value: scalarOf(value) }))),
  );
}

function updateEffect(table: Table, rows: Rows | null, command: Document | null): Effect {
  const inner = innerOf(command);
  if (inner?.get('remove') === true) return { kind: 'delete', table, rows };
  const columns = writesOf(memberOf(inner, UPDATES));
  const isUpsert =
    inner?.get('upsert') === true || asDocument(inner?.get('options'))?.get('upsert') === true;
  if (!isUpsert) return { kind: 'write', table, rows, columns };
  return {
    kind: 'insert',
    table,
    rows: rows === null || rows.conditions.length > 0 ? null : rows.equals,
    onConflict: 'update',
    updates: columns ?? [],
  };
}

/** Columns that an update writes; null when they are hidden, or a pipeline makes them. */
function writesOf(update: unknown): readonly ColumnWrite[] | null {
  if (Array.isArray(update)) return null;
  const members = asDocument(update);
  if (members === null) return null;
  const writes: ColumnWrite[] = [];
  for (const [name, given] of members) {
    if (!name.startsWith('$'))
      writes.push({ column: name, value: scalarOf(given), source: 'value' });
    else if (name !== '$setOnInsert') {
      const source = name === '$set' || name === '$unset' ? 'value' : 'own';
      for (const [column, value] of asDocument(given) ?? []) {
        writes.push({ column, value: name === '$set' ? scalarOf(value) : null, source });
      }
    }
  }
  return writes.length > statementLimits.columns ? null : sorted(writes);
}
