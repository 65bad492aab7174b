import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { runSql } from '../fill.ts';

/** Each copy lies so long before the one before it. */
const HOURS_PER_COPY = 1;
const NS_PER_HOUR = 3_600_000_000_000n;
/** Copies made by one statement. */
const COPIES_AT_ONCE = 10;

/**
 * Copies the traces that a database holds, with all that follows from them, under other ids and earlier times. Sums
 * over traces that no trigger keeps (variables, issues) stay those of the traces that were there.
 *
 * @param from the number of copies that there are
 * @param to the number that there should be
 */
export async function copyTraces(
  connection: PostgresConnection,
  from: number,
  to: number,
): Promise<void> {
  await runSql(
    connection,
    'CREATE TABLE IF NOT EXISTS bench_originals AS SELECT trace_id FROM traces',
  );
  const tables = await copiedTables(connection);
  for (let first = from + 1; first <= to; first += COPIES_AT_ONCE) {
    const last = Math.min(to, first + COPIES_AT_ONCE - 1);
    for (const { name, columns } of tables) {
      await runSql(
        connection,
        `SET synchronous_commit = off;
         INSERT INTO ${name} (${columns.map(({ column }) => column).join(', ')})
         SELECT ${columns.map(({ copied }) => copied).join(', ')}
         FROM ${name} AS original JOIN bench_originals USING (trace_id),
           generate_series(${first}, ${last}) AS copy`,
      );
    }
  }
  await runSql(connection, 'VACUUM (ANALYZE)');
  await runSql(connection, 'CHECKPOINT');
}

interface CopiedTable {
  readonly name: string;
  readonly columns: readonly { readonly column: string; readonly copied: string }[];
}

/** Every table whose rows belong to a trace, whichever version made it. */
async function copiedTables(connection: PostgresConnection): Promise<readonly CopiedTable[]> {
  const rows = await runSql(
    connection,
    `SELECT relname::text AS name, attname::text AS column, format_type(atttypid, NULL) AS type
     FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
       AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       AND relname <> 'bench_originals'
     ORDER BY relname, attnum`,
  );
  const tables = new Map<string, { column: string; copied: string }[]>();
  for (const row of rows as { name: string; column: string; type: string }[]) {
    const columns = tables.get(row.name) ?? [];
    columns.push({ column: row.column, copied: copiedValue(row) });
    tables.set(row.name, columns);
  }
  return [...tables]
    .map(([name, columns]) => ({ name, columns }))
    .filter(({ columns }) => columns.some(({ column }) => column === 'trace_id'));
}

const idOfCopy = (id: string) => `md5(${id} || ':' || copy)::uuid::text`;

function copiedValue({ column, type }: { column: string; type: string }): string {
  if (column === 'trace_id') return idOfCopy('original.trace_id');
  if (column === 'trace_ids') {
    return `ARRAY(SELECT ${idOfCopy('id')} FROM unnest(original.trace_ids) AS id)`;
  }
  if (column === 'span_id') return `left(md5(original.span_id || ':' || copy), 16)`;
  if (column.endsWith('_ns') && type === 'bigint') {
    return `original.${column} - copy * ${BigInt(HOURS_PER_COPY) * NS_PER_HOUR}`;
  }
  return `original.${column}`;
}
