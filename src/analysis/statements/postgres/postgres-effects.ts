import type { Node } from 'libpg-query';
import type { Effect } from '../effect.ts';
import { queryEffects } from '../meaning/query-effects.ts';
import { unknownEffect } from '../sql/head.ts';
import type { TemplateValue } from '../template.ts';
import type { PostgresParser } from './postgres-parser.ts';
import { queryOf } from './statements.ts';

/** The effects of all statements of a text; null when one of them was not understood. */
export function postgresEffects(
  sql: string,
  parse: PostgresParser,
): readonly Effect<TemplateValue>[] | null {
  try {
    const statements = parse(sql).stmts ?? [];
    return statements.flatMap(({ stmt }) => effectsOfNode(stmt, sql));
  } catch {
    return null;
  }
}

function effectsOfNode(node: Node | undefined, sql: string): readonly Effect<TemplateValue>[] {
  const query = node === undefined ? null : queryOf(node);
  return query === null ? [unknownEffect(sql)] : queryEffects(query);
}
