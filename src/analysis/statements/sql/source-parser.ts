import type { LockStrength, Table } from '../effect.ts';
import type { Expression, Select, Source } from '../meaning/query.ts';
import type { ExpressionParser } from './expression-parser.ts';
import { RESERVED } from './reserved-words.ts';
import { NotUnderstood, type TokenCursor } from './token-cursor.ts';

/** Hints of SQL Server that lock the rows that are read until the end of the transaction. */
const LOCK_HINTS: ReadonlyMap<string, LockStrength> = new Map([
  ['updlock', 'exclusive'],
  ['xlock', 'exclusive'],
  ['tablockx', 'exclusive'],
  ['holdlock', 'shared'],
  ['serializable', 'shared'],
  ['repeatableread', 'shared'],
]);

/** What FROM says: sources, what holds for their rows, and which of them are locked by hints. */
export interface From {
  readonly sources: Source[];
  readonly where: Expression[];
  readonly locks: { readonly alias: string; readonly strength: LockStrength }[];
}

/** Reads lists of sources, with their joins. */
export class SourceParser {
  readonly #cursor: TokenCursor;
  readonly #expressions: ExpressionParser;
  readonly #select: () => Select;

  constructor(cursor: TokenCursor, expressions: ExpressionParser, select: () => Select) {
    this.#cursor = cursor;
    this.#expressions = expressions;
    this.#select = select;
  }

  /** Sources between commas and joins. */
  from(): From {
    const from: From = { sources: [], where: [], locks: [] };
    do this.#joined(from);
    while (this.#cursor.takeIf(','));
    return from;
  }

  #joined(from: From): void {
    this.#source(from);
    for (let join = this.#takeJoin(); join !== null; join = this.#takeJoin()) {
      const before = from.sources.length;
      this.#source(from);
      const conditions = this.#joinConditions();
      if (join === 'inner') {
        from.where.push(...conditions);
        continue;
      }
      // Only the side that may be missing is restricted.
      const added = from.sources.splice(before);
      const left = join === 'right' ? from.sources.splice(0) : [];
      const right = join === 'left' ? added : [];
      const restricted = [...left, ...right].map((source) => ({
        ...source,
        on: [...source.on, ...conditions],
      }));
      if (join === 'right') from.sources.push(...restricted, ...added);
      else from.sources.push(...(join === 'left' ? restricted : added));
    }
  }

  #takeJoin(): 'inner' | 'left' | 'right' | 'full' | null {
    const cursor = this.#cursor;
    if (cursor.takeOne('straight_join', 'join') !== null) return 'inner';
    if (cursor.takeIf('inner', 'join') || cursor.takeIf('cross', 'join')) return 'inner';
    if (cursor.takeIf('cross', 'apply')) return 'inner';
    if (cursor.takeIf('outer', 'apply')) return 'left';
    for (const side of ['left', 'right', 'full'] as const) {
      if (cursor.takeIf(side, 'join') || cursor.takeIf(side, 'outer', 'join')) return side;
    }
    if (cursor.isNext('natural')) throw new NotUnderstood('NATURAL JOIN names no columns');
    return null;
  }

  #joinConditions(): readonly Expression[] {
    const cursor = this.#cursor;
    if (cursor.takeIf('on')) return [this.#expressions.expression()];
    if (!cursor.takeIf('using')) return [];
    cursor.expect('(');
    const columns = this.#expressions.list();
    cursor.expect(')');
    return [{ kind: 'other', parts: columns }];
  }

  #source(from: From): void {
    const cursor = this.#cursor;
    if (cursor.takeIf('(')) {
      if (cursor.isNext('select') || cursor.isNext('with') || cursor.isNext('values')) {
        const isValues = cursor.isNext('values');
        const query = isValues ? null : this.#select();
        if (isValues) cursor.skipBrackets();
        else cursor.expect(')');
        from.sources.push({ table: null, alias: this.#alias() ?? '', query, on: [] });
        if (cursor.takeIf('(')) cursor.skipBrackets();
      } else {
        this.#joined(from);
        cursor.expect(')');
      }
      return;
    }
    cursor.takeIf('only');
    cursor.takeIf('lateral');
    const table = this.tableName();
    const isFunction = cursor.takeIf('(');
    if (isFunction) cursor.skipBrackets();
    const before = this.#hints();
    const alias = this.#alias() ?? table.name;
    const strength = this.#hints() ?? before;
    if (strength !== null) from.locks.push({ alias, strength });
    from.sources.push({ table: isFunction ? null : table, alias, query: null, on: [] });
  }

  /** `table`, `schema.table`, or with what stands before that. */
  tableName(): Table {
    const cursor = this.#cursor;
    const names = [this.#identifier()];
    while (cursor.takeIf('.')) {
      // Of `database..table` the part between is left out.
      if (!cursor.isNext('.')) names.push(cursor.name());
    }
    return { schema: names.at(-2) ?? '', name: names.at(-1) ?? '' };
  }

  #identifier(): string {
    const token = this.#cursor.peek();
    const isName = token?.kind === 'name' || (token?.kind === 'word' && !RESERVED.has(token.text));
    if (!isName) throw new NotUnderstood('expected the name of a table');
    return this.#cursor.name();
  }

  #alias(): string | null {
    if (this.#cursor.takeIf('as')) return this.#cursor.name();
    const token = this.#cursor.peek();
    const isAlias = token?.kind === 'name' || (token?.kind === 'word' && !RESERVED.has(token.text));
    return isAlias ? this.#cursor.name() : null;
  }

  /** Hints on locks and indexes behind a table; the strongest lock of them. */
  #hints(): LockStrength | null {
    const cursor = this.#cursor;
    let strength: LockStrength | null = null;
    for (;;) {
      if (cursor.isNext('with', '(')) {
        cursor.expect('with', '(');
        for (let depth = 1; depth > 0; ) {
          const { text } = cursor.take();
          if (text === '(') depth += 1;
          if (text === ')') depth -= 1;
          const found = LOCK_HINTS.get(text);
          if (found !== undefined && strength !== 'exclusive') strength = found;
        }
        continue;
      }
      const index = cursor.takeOne('use', 'force', 'ignore');
      if (index === null && !cursor.takeIf('partition')) return strength;
      if (index !== null) {
        cursor.takeOne('index', 'key');
        if (cursor.takeIf('for')) while (!cursor.isNext('(')) cursor.take();
      }
      cursor.expect('(');
      cursor.skipBrackets();
    }
  }
}
