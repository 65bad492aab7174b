import type { PostgresParser } from '../analysis/statements/postgres/postgres-parser.ts';

/** PostgreSQL's own parser, ready to be called: compiling it takes some ten milliseconds, once a thread. */
export async function loadPostgresParser(): Promise<PostgresParser> {
  const { loadModule, parseSync } = await import('libpg-query');
  await loadModule();
  return parseSync;
}
