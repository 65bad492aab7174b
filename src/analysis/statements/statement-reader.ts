import { TextMemory } from '../../domain/text-memory.ts';
import { dynamodbEffects } from './commands/dynamodb-effects.ts';
import { mongodbEffects } from './commands/mongodb-effects.ts';
import { redisEffects } from './commands/redis-effects.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import type { Effect, TransactionEffect } from './effect.ts';
import { revealedParameters } from './parameters.ts';
import { postgresEffects } from './postgres/postgres-effects.ts';
import type { PostgresParser } from './postgres/postgres-parser.ts';
import { unknownEffect } from './sql/head.ts';
import { numbered, placeCount } from './sql/placeholders.ts';
import { sqlEffects } from './sql/sql-effects.ts';
import { type Token, tokensOf } from './sql/tokens.ts';
import type { Statement } from './statement.ts';
import { statementLimits } from './statement-limits.ts';
import { bind, type Template } from './template.ts';

/** Reads statements; what it learnt of a text it remembers, within bounds. */
export class StatementReader {
  readonly #postgres: PostgresParser | null;
  readonly #memory = new TextMemory<Template>(
    statementLimits.rememberedTexts,
    statementLimits.rememberedCharacters,
  );

  /** @param postgres the parser of PostgreSQL; without it such texts are read as those of other stores */
  constructor(postgres: PostgresParser | null) {
    this.#postgres = postgres;
  }

  /** What a statement does, in order. Never throws. */
  effectsOf(statement: Statement): readonly Effect[] {
    const dialect = dialectOf(statement.system);
    if (dialect === 'redis') return redisEffects(redisText(statement));
    if (dialect === 'mongodb') return mongodbEffects(statement);
    if (dialect === 'dynamodb') return dynamodbEffects(statement);
    if (statement.text === '') return namedStep(statement.spanName);
    const text = withoutComment(statement.text);
    const template = this.#memory.of(`${dialect} ${text}`, () => this.#learn(text, dialect));
    const places = placeCount(template.parameters);
    return bind(template, revealedParameters(statement.attribute, places));
  }

  #learn(text: string, dialect: Dialect): Template {
    const nothing: Template = { effects: [unknownEffect(text)], parameters: [] };
    if (text.length > statementLimits.textCharacters) return nothing;
    const tokens = tokensOf(text, dialect);
    if (tokens === null || isTooDeep(tokens)) return nothing;
    if (dialect === 'postgresql' && this.#postgres !== null) {
      const { text: sql, parameters } = numbered(text, tokens);
      const effects = postgresEffects(sql, this.#postgres);
      if (effects !== null) return { effects, parameters };
    }
    return sqlEffects(tokens, dialect) ?? nothing;
  }
}

/**
 * Some libraries write the ids of the request behind a statement: each would be a text of its own.
 * What MySQL takes out of a comment and runs is none.
 */
function withoutComment(text: string): string {
  const comment = text.endsWith('*/') ? text.lastIndexOf('/*') : -1;
  return comment <= 0 || /[!M]/.test(text[comment + 2] ?? '') ? text : text.slice(0, comment);
}

/** The command; its name alone when the span tells no more, as some libraries do. */
function redisText({ text, spanName }: Statement): string {
  return (text === '' ? spanName : text).slice(0, statementLimits.textCharacters);
}

/** Words that open what parsers enter by a call of themselves. */
const OPENING: ReadonlySet<string> = new Set(['(', '[', 'case']);

function isTooDeep(tokens: readonly Token[]): boolean {
  let depth = 0;
  let before = '';
  for (const { kind, text } of tokens) {
    if (kind === 'string' || kind === 'name') continue;
    const isRepeated = text === 'not' && before === 'not';
    before = text;
    if (OPENING.has(text) || isRepeated) depth += 1;
    if (text === ')' || text === ']' || text === 'end') depth -= 1;
    if (depth > statementLimits.nesting) return true;
  }
  return false;
}

/** Steps of transactions that drivers tell by the name of a span alone. */
const NAMED_STEPS: ReadonlyMap<string, TransactionEffect['step']> = new Map([
  ['sql.conn.begin_tx', 'begin'],
  ['sql.tx.commit', 'commit'],
  ['sql.tx.rollback', 'rollback'],
  ['db.begin', 'begin'],
  ['tx.commit', 'commit'],
  ['tx.rollback', 'rollback'],
  ['sql:begin_transaction', 'begin'],
  ['sql:commit', 'commit'],
  ['sql:rollback', 'rollback'],
  ['begin', 'begin'],
  ['commit', 'commit'],
  ['rollback', 'rollback'],
]);

function namedStep(spanName: string): readonly Effect[] {
  const step = NAMED_STEPS.get(spanName.toLowerCase());
  return step === undefined ? [] : [{ kind: 'transaction', step, isolation: null, name: '' }];
}
