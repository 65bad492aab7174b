import type { Dialect } from '../dialect.ts';
import type { LockStrength } from '../effect.ts';
import type { Expression, NamedQuery, Query, Select } from '../meaning/query.ts';
import { ChangeParser } from './change-parser.ts';
import { controlQuery } from './control-parser.ts';
import { ExpressionParser } from './expression-parser.ts';
import { type From, SourceParser } from './source-parser.ts';
import { NotUnderstood, type TokenCursor } from './token-cursor.ts';

/** Reads statements of MySQL, MariaDB, SQL Server and SQLite, and of others as far as they are like these. */
export class QueryParser {
  readonly #cursor: TokenCursor;
  readonly #dialect: Dialect;
  readonly #expressions: ExpressionParser;
  readonly #sources: SourceParser;
  readonly #changes: ChangeParser;

  constructor(cursor: TokenCursor, dialect: Dialect) {
    this.#cursor = cursor;
    this.#dialect = dialect;
    const select = () => this.select();
    this.#expressions = new ExpressionParser(cursor, select);
    this.#sources = new SourceParser(cursor, this.#expressions, select);
    this.#changes = new ChangeParser(cursor, this.#expressions, this.#sources, select);
  }

  /** All statements of the text. @throws NotUnderstood */
  queries(): readonly Query[] {
    const found: Query[] = [];
    for (;;) {
      while (this.#cursor.takeIf(';'));
      if (this.#cursor.peek() === undefined) return found;
      found.push(this.#query());
      if (this.#cursor.peek() !== undefined && !this.#cursor.isNext(';')) {
        throw new NotUnderstood('something follows a statement');
      }
    }
  }

  #query(): Query {
    const control = controlQuery(this.#cursor, this.#expressions, this.#dialect);
    if (control !== null) return control;
    const named = this.#named();
    const change = this.#changes.change(named);
    return change ?? this.#unions(named);
  }

  /** A query that only reads, in brackets or not. @throws NotUnderstood */
  select(): Select {
    return this.#unions(this.#named());
  }

  #named(): readonly NamedQuery[] {
    const cursor = this.#cursor;
    if (!cursor.takeIf('with')) return [];
    cursor.takeIf('recursive');
    const named: NamedQuery[] = [];
    do {
      const name = cursor.name();
      if (cursor.takeIf('(')) cursor.skipBrackets();
      cursor.expect('as');
      cursor.takeIf('not');
      cursor.takeIf('materialized');
      cursor.expect('(');
      named.push({ name, query: this.select() });
      cursor.expect(')');
    } while (cursor.takeIf(','));
    return named;
  }

  #unions(named: readonly NamedQuery[]): Select {
    const first = this.#bracketedOrPlain();
    const further: Select[] = [];
    while (this.#cursor.takeOne('union', 'except', 'intersect', 'minus') !== null) {
      this.#cursor.takeOne('all', 'distinct');
      further.push(this.#bracketedOrPlain());
    }
    const { named: own, further: inner } = first;
    return { ...first, named: [...named, ...own], further: [...inner, ...further] };
  }

  #bracketedOrPlain(): Select {
    if (!this.#cursor.takeIf('(')) return this.#plain();
    const inner = this.select();
    this.#cursor.expect(')');
    this.#skipOrder();
    return inner;
  }

  #plain(): Select {
    const cursor = this.#cursor;
    cursor.expect('select');
    this.#skipModifiers();
    const targets = this.#targets();
    const from: From = cursor.takeIf('from')
      ? this.#sources.from()
      : { sources: [], where: [], locks: [] };
    const where = cursor.takeIf('where') ? [this.#expressions.expression()] : [];
    const isGrouped = cursor.takeIf('group', 'by');
    const groups = isGrouped ? this.#expressions.list() : [];
    if (isGrouped) cursor.takeIf('with', 'rollup');
    const having = cursor.takeIf('having') ? [this.#expressions.expression()] : [];
    this.#skipOrder();
    return {
      kind: 'select',
      named: [],
      targets,
      from: from.sources,
      where: [...from.where, ...where],
      others: [...groups, ...having],
      isGrouped,
      lock: this.#lock(from),
      further: [],
    };
  }

  #skipModifiers(): void {
    const cursor = this.#cursor;
    const words = [
      'all',
      'distinct',
      'distinctrow',
      'high_priority',
      'sql_calc_found_rows',
      'sql_no_cache',
    ];
    while (cursor.takeOne(...words, 'straight_join', 'sql_small_result') !== null);
    if (!cursor.takeIf('top')) return;
    if (cursor.takeIf('(')) cursor.skipBrackets();
    else cursor.take();
    cursor.takeIf('percent');
    cursor.takeIf('with', 'ties');
  }

  #targets(): Expression[] {
    const targets: Expression[] = [];
    do {
      targets.push(this.#expressions.expression());
      const next = this.#cursor.peek();
      if (this.#cursor.takeIf('as')) this.#cursor.take();
      else if (next?.kind === 'name' || next?.kind === 'string') this.#cursor.take();
      else if (next?.kind === 'word' && !this.#endsTarget(next.text)) this.#cursor.take();
    } while (this.#cursor.takeIf(','));
    return targets;
  }

  #endsTarget(word: string): boolean {
    const words = ['from', 'where', 'group', 'having', 'order', 'limit', 'union', 'except', 'into'];
    return [...words, 'intersect', 'minus', 'offset', 'fetch', 'for', 'lock', 'option'].includes(
      word,
    );
  }

  /** ORDER BY, and how many rows are wanted: which ones is not known better by it. */
  #skipOrder(): void {
    const cursor = this.#cursor;
    if (cursor.takeIf('order', 'by')) {
      do {
        this.#expressions.expression();
        cursor.takeOne('asc', 'desc');
        if (cursor.takeIf('nulls')) cursor.takeOne('first', 'last');
      } while (cursor.takeIf(','));
    }
    if (cursor.takeIf('limit')) {
      this.#expressions.list();
      if (cursor.takeIf('offset')) this.#expressions.expression();
    }
    if (cursor.takeIf('offset')) {
      this.#expressions.expression();
      cursor.takeOne('rows', 'row');
    }
    if (cursor.takeIf('fetch')) {
      cursor.takeOne('first', 'next');
      if (!cursor.isNext('rows') && !cursor.isNext('row')) this.#expressions.expression();
      cursor.takeOne('rows', 'row');
      cursor.expect('only');
    }
  }

  #lock({ locks }: From): Select['lock'] {
    const cursor = this.#cursor;
    let lock = lockOfHints(locks);
    for (;;) {
      const strength: LockStrength | null = this.#lockClause();
      if (strength === null) break;
      const of: string[] = [];
      if (cursor.takeIf('of')) {
        do of.push(this.#sources.tableName().name);
        while (cursor.takeIf(','));
      }
      if (cursor.takeOne('nowait') === null && !cursor.takeIf('skip', 'locked')) {
        if (cursor.takeIf('wait')) cursor.take();
      }
      // Of several clauses the weaker one is believed.
      lock = {
        strength: lock?.strength === 'shared' ? 'shared' : strength,
        of: [...(lock?.of ?? []), ...of],
      };
    }
    if (cursor.takeIf('option', '(')) cursor.skipBrackets();
    return lock;
  }

  #lockClause(): LockStrength | null {
    const cursor = this.#cursor;
    if (cursor.takeIf('for', 'update')) return 'exclusive';
    if (cursor.takeIf('for', 'no', 'key', 'update')) return 'exclusive';
    if (cursor.takeIf('for', 'share') || cursor.takeIf('lock', 'in', 'share', 'mode'))
      return 'shared';
    return null;
  }
}

function lockOfHints(locks: From['locks']): Select['lock'] {
  const [first] = locks;
  if (first === undefined) return null;
  const isShared = locks.some(({ strength }) => strength === 'shared');
  return { strength: isShared ? 'shared' : 'exclusive', of: locks.map(({ alias }) => alias) };
}
