import type { ColumnWrite, Effect, Rows, Table } from '../../../src/analysis/statements/effect.ts';
import { StatementReader } from '../../../src/analysis/statements/statement-reader.ts';
import { loadPostgresParser } from '../../../src/worker/postgres-parser.ts';

/** Attributes of a span, for tests. */
export type SpanAttributes = Readonly<Record<string, unknown>>;

/** A reader as the server has one. */
export const reader = new StatementReader(await loadPostgresParser());

/** What a statement does, a line for each effect. */
export function effectsText(
  system: string,
  text: string,
  attributes: SpanAttributes = {},
  spanName = '',
): readonly string[] {
  const attribute = (name: string) => attributes[name];
  return reader.effectsOf({ text, system, spanName, attribute }).map(effectText);
}

/** An effect in one line. */
export function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'read': {
      const { table, rows, columns, isAggregate, lock } = effect;
      const notes = `${isAggregate ? ' aggregate' : ''}${lock === null ? '' : ` ${lock}`}`;
      return `read ${name(table)}[${rowsText(rows)}] ${columns === null ? '*' : `(${columns})`}${notes}`;
    }
    case 'write':
      return `write ${name(effect.table)}[${rowsText(effect.rows)}] ${writesText(effect.columns)}`;
    case 'insert': {
      const { table, rows, onConflict, updates } = effect;
      const values = rows?.map((row) =>
        row.map(({ column, value }) => `${column}=${value}`).join(' '),
      );
      const conflict = onConflict === null ? '' : ` on conflict ${onConflict}`;
      const update = updates.length === 0 ? '' : ` ${writesText(updates)}`;
      return `insert ${name(table)}[${values?.join(' | ') ?? '?'}]${conflict}${update}`;
    }
    case 'delete':
      return `delete ${name(effect.table)}[${rowsText(effect.rows)}]`;
    case 'lock': {
      const { what, name: lock, strength, until, isTry } = effect;
      return `lock ${what} ${lock} ${strength} until ${until}${isTry ? ' try' : ''}`;
    }
    case 'unlock':
      return `unlock ${effect.what} ${effect.all ? 'all' : effect.name}`;
    case 'transaction': {
      const { step, isolation, name: savepoint } = effect;
      return ['transaction', step, savepoint, isolation].filter(Boolean).join(' ');
    }
    case 'watch':
      return `watch ${effect.keys ?? '?'}`;
    case 'unknown':
      return `unknown ${effect.head}${effect.table === null ? '' : ` ${name(effect.table)}`}`;
  }
}

function name({ schema, name: table }: Table): string {
  return schema === '' ? table : `${schema}.${table}`;
}

function rowsText(rows: Rows | null): string {
  if (rows === null) return '?';
  const alternatives = rows.equals.map((row) =>
    row.map(({ column, value }) => `${column}=${value}`).join(' '),
  );
  const conditions = rows.conditions.map(({ column }) => ` if ${column}`).join('');
  return `${alternatives.join(' | ')}${conditions}`;
}

function writesText(columns: readonly ColumnWrite[] | null): string {
  if (columns === null) return '*';
  const writes = columns.map(({ column, value, source }) =>
    source === 'value' ? `${column}=${value}` : `${column}:${source}`,
  );
  return `(${writes})`;
}
