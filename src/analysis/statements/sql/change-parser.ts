import type {
  Assignment,
  Delete,
  Expression,
  Insert,
  Merge,
  NamedQuery,
  Query,
  Select,
  Source,
  Update,
} from '../meaning/query.ts';
import type { ExpressionParser } from './expression-parser.ts';
import type { SourceParser } from './source-parser.ts';
import { NotUnderstood, type TokenCursor } from './token-cursor.ts';

/** Reads INSERT, UPDATE, DELETE and MERGE. */
export class ChangeParser {
  readonly #cursor: TokenCursor;
  readonly #expressions: ExpressionParser;
  readonly #sources: SourceParser;
  readonly #select: () => Select;

  constructor(
    cursor: TokenCursor,
    expressions: ExpressionParser,
    sources: SourceParser,
    select: () => Select,
  ) {
    this.#cursor = cursor;
    this.#expressions = expressions;
    this.#sources = sources;
    this.#select = select;
  }

  /** A statement that changes rows; null when none begins here. */
  change(named: readonly NamedQuery[]): Query | null {
    const cursor = this.#cursor;
    if (cursor.takeIf('insert')) return this.#insert(named, null);
    if (cursor.isNext('replace') && !cursor.isNext('replace', '(')) {
      cursor.expect('replace');
      return this.#insert(named, 'replace');
    }
    if (cursor.takeIf('update')) return this.#update(named);
    if (cursor.takeIf('delete')) return this.#delete(named);
    return cursor.takeIf('merge') ? this.#merge(named) : null;
  }

  #insert(named: readonly NamedQuery[], onConflict: Insert['onConflict']): Insert {
    const cursor = this.#cursor;
    const conflict = this.#insertModifiers() ?? onConflict;
    cursor.takeIf('into');
    const table = this.#sources.tableName();
    const alias = cursor.takeIf('as') ? cursor.name() : table.name;
    const columns = this.#columns();
    this.#skipOutput();
    const base = { kind: 'insert', named, target: plainSource(table, alias) } as const;
    const given = this.#given(columns);
    if (cursor.takeIf('as')) {
      cursor.name();
      if (cursor.takeIf('(')) cursor.skipBrackets();
    }
    const rule = this.#conflictRule();
    this.#skipReturning();
    return {
      ...base,
      ...given,
      onConflict: rule?.onConflict ?? conflict,
      updates: rule?.updates ?? [],
    };
  }

  #insertModifiers(): Insert['onConflict'] {
    const cursor = this.#cursor;
    if (cursor.takeIf('or', 'ignore')) return 'nothing';
    if (cursor.takeIf('or', 'replace')) return 'replace';
    if (cursor.takeIf('or')) cursor.name();
    let isIgnored = false;
    for (;;) {
      if (cursor.takeIf('ignore')) isIgnored = true;
      else if (cursor.takeOne('low_priority', 'delayed', 'high_priority') === null) break;
    }
    return isIgnored ? 'nothing' : null;
  }

  #columns(): readonly string[] | null {
    const cursor = this.#cursor;
    if (!cursor.isNext('(') || cursor.isNext('(', 'select')) return null;
    cursor.expect('(');
    const columns: string[] = [];
    while (!cursor.takeIf(')')) {
      columns.push(this.#columnName());
      cursor.takeIf(',');
    }
    return columns;
  }

  /** The values of new rows, or the query that gives them. */
  #given(columns: readonly string[] | null): Pick<Insert, 'columns' | 'rows' | 'query'> {
    const cursor = this.#cursor;
    if (cursor.takeIf('default', 'values')) return { columns: [], rows: [[]], query: null };
    if (cursor.takeIf('set')) {
      const assignments = this.#assignments();
      return {
        columns: assignments.map(({ column }) => column),
        rows: [assignments.map(({ value }) => value)],
        query: null,
      };
    }
    if (cursor.takeOne('values', 'value') === null) {
      return { columns, rows: [], query: this.#select() };
    }
    const rows: (readonly Expression[])[] = [];
    do {
      cursor.takeIf('row');
      cursor.expect('(');
      rows.push(cursor.isNext(')') ? [] : this.#expressions.list());
      cursor.expect(')');
    } while (cursor.takeIf(','));
    return { columns, rows, query: null };
  }

  #conflictRule(): Pick<Insert, 'onConflict' | 'updates'> | null {
    const cursor = this.#cursor;
    if (cursor.takeIf('on', 'duplicate', 'key', 'update')) {
      return { onConflict: 'update', updates: this.#assignments() };
    }
    if (!cursor.takeIf('on', 'conflict')) return null;
    if (cursor.takeIf('(')) cursor.skipBrackets();
    if (cursor.takeIf('where')) this.#expressions.expression();
    cursor.expect('do');
    if (cursor.takeIf('nothing')) return { onConflict: 'nothing', updates: [] };
    cursor.expect('update', 'set');
    const updates = this.#assignments();
    if (cursor.takeIf('where')) this.#expressions.expression();
    return { onConflict: 'update', updates };
  }

  #update(named: readonly NamedQuery[]): Update {
    const cursor = this.#cursor;
    if (cursor.takeIf('or')) cursor.name();
    while (cursor.takeOne('low_priority', 'ignore') !== null);
    this.#skipTop();
    const first = this.#sources.from();
    cursor.expect('set');
    const qualifiers = new Set<string>();
    const assignments = this.#assignments(qualifiers);
    this.#skipOutput();
    const second = cursor.takeIf('from') ? this.#sources.from() : null;
    const where = cursor.takeIf('where') ? [this.#expressions.expression()] : [];
    this.#skipReturning();
    this.#skipLimit();
    const sources = [...first.sources, ...(second?.sources ?? [])];
    const target = targetAmong(sources, first.sources, qualifiers);
    return {
      kind: 'update',
      named,
      target,
      from: sources.filter((source) => source !== target && !isNameOf(source, target)),
      assignments,
      where: [...first.where, ...(second?.where ?? []), ...where, ...target.on],
    };
  }

  #delete(named: readonly NamedQuery[]): Delete {
    const cursor = this.#cursor;
    while (cursor.takeOne('low_priority', 'quick', 'ignore') !== null);
    this.#skipTop();
    const isFirstFrom = cursor.takeIf('from');
    const first = this.#sources.from();
    this.#skipOutput();
    const hasMore = cursor.takeIf('using') || cursor.takeIf('from');
    if (!isFirstFrom && !hasMore && first.sources.length > 1) {
      throw new NotUnderstood('DELETE of several tables');
    }
    const second = hasMore ? this.#sources.from() : null;
    const where = cursor.takeIf('where') ? [this.#expressions.expression()] : [];
    this.#skipReturning();
    this.#skipLimit();
    if (first.sources.length > 1) throw new NotUnderstood('DELETE of several tables');
    const sources = [...first.sources, ...(second?.sources ?? [])];
    const target = targetAmong(sources, first.sources, new Set());
    return {
      kind: 'delete',
      named,
      target,
      from: sources.filter((source) => source !== target && !isNameOf(source, target)),
      where: [...first.where, ...(second?.where ?? []), ...where, ...target.on],
    };
  }

  #merge(named: readonly NamedQuery[]): Merge {
    const cursor = this.#cursor;
    this.#skipTop();
    cursor.takeIf('into');
    const [target] = this.#sources.from().sources;
    cursor.expect('using');
    const { sources: from } = this.#sources.from();
    cursor.expect('on');
    const on = [this.#expressions.expression()];
    const updates: Assignment[] = [];
    let hasInsert = false;
    let hasDelete = false;
    while (cursor.takeIf('when')) {
      while (!cursor.takeIf('then')) cursor.take();
      if (cursor.takeIf('update', 'set')) updates.push(...this.#assignments());
      else if (cursor.takeIf('delete')) hasDelete = true;
      else {
        cursor.expect('insert');
        hasInsert = true;
        this.#columns();
        this.#given(null);
      }
    }
    this.#skipOutput();
    if (target === undefined) throw new NotUnderstood('MERGE without a table');
    return { kind: 'merge', named, target, from, on, updates, hasInsert, hasDelete };
  }

  /** @param qualifiers gathers the names before the columns */
  #assignments(qualifiers: Set<string> = new Set()): readonly Assignment[] {
    const cursor = this.#cursor;
    const assignments: Assignment[] = [];
    do {
      const names = [cursor.name()];
      while (cursor.takeIf('.')) names.push(cursor.name());
      const qualifier = names.at(-2);
      if (qualifier !== undefined) qualifiers.add(qualifier);
      cursor.expect('=');
      assignments.push({ column: names.at(-1) ?? '', value: this.#expressions.expression() });
    } while (cursor.takeIf(','));
    return assignments;
  }

  #columnName(): string {
    let name = this.#cursor.name();
    while (this.#cursor.takeIf('.')) name = this.#cursor.name();
    return name;
  }

  #skipTop(): void {
    if (!this.#cursor.takeIf('top')) return;
    if (this.#cursor.takeIf('(')) this.#cursor.skipBrackets();
    else this.#cursor.take();
  }

  /** OUTPUT of SQL Server, RETURNING of others: what the changed rows look like is no read of its own. */
  #skipOutput(): void {
    if (this.#cursor.takeIf('output')) this.#skipShown();
  }

  #skipReturning(): void {
    if (this.#cursor.takeIf('returning')) this.#skipShown();
  }

  #skipShown(): void {
    const cursor = this.#cursor;
    do {
      this.#expressions.expression();
      if (cursor.takeIf('as')) cursor.name();
    } while (cursor.takeIf(','));
    if (!cursor.takeIf('into')) return;
    if (!cursor.takeIf('@')) cursor.take();
    if (cursor.takeIf('(')) cursor.skipBrackets();
  }

  #skipLimit(): void {
    const cursor = this.#cursor;
    if (cursor.takeIf('order', 'by')) {
      do {
        this.#expressions.expression();
        cursor.takeOne('asc', 'desc');
      } while (cursor.takeIf(','));
    }
    if (cursor.takeIf('limit')) this.#expressions.list();
    if (cursor.takeIf('option', '(')) cursor.skipBrackets();
  }
}

function plainSource(table: Source['table'], alias: string): Source {
  return { table, alias, query: null, on: [] };
}

/**
 * The source that is changed: the one that the columns name, or that the text names first. The first may
 * be the name of a source that follows, as where SQL Server updates an alias.
 */
function targetAmong(
  sources: readonly Source[],
  first: readonly Source[],
  qualifiers: ReadonlySet<string>,
): Source {
  const [only, ...more] = first;
  if (only === undefined) throw new NotUnderstood('nothing is changed');
  const isQualified = (source: Source) =>
    qualifiers.has(source.alias) || (source.table !== null && qualifiers.has(source.table.name));
  if (more.length > 0) {
    const meant = first.filter(isQualified);
    if (meant.length !== 1) throw new NotUnderstood('which table is changed is not told');
    return meant[0] as Source;
  }
  return sources.slice(1).find((source) => isNameOf(only, source)) ?? only;
}

/** Whether a source is no table of its own but the name of another one. */
function isNameOf(source: Source, other: Source): boolean {
  return (
    source !== other &&
    source.table?.schema === '' &&
    (source.table.name === other.alias || source.table.name === other.table?.name)
  );
}
