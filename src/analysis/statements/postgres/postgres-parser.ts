import type { ParseResult } from 'libpg-query';

/** PostgreSQL's own parser: the tree of a text; it throws for a text that is no SQL. */
export type PostgresParser = (text: string) => ParseResult;
