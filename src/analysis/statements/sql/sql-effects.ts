import type { Dialect } from '../dialect.ts';
import { queryEffects } from '../meaning/query-effects.ts';
import type { Template } from '../template.ts';
import { QueryParser } from './query-parser.ts';
import { NotUnderstood, TokenCursor } from './token-cursor.ts';
import type { Token } from './tokens.ts';

/** The effects of all statements of a text; null when something in it was not understood. */
export function sqlEffects(tokens: readonly Token[], dialect: Dialect): Template | null {
  const cursor = new TokenCursor(tokens);
  try {
    const queries = new QueryParser(cursor, dialect).queries();
    return { effects: queries.flatMap(queryEffects), parameters: cursor.parameters };
  } catch (error) {
    if (error instanceof NotUnderstood) return null;
    throw error;
  }
}
