import type { Table } from '../effect.ts';
import type { Expression, Source } from './query.ts';

/** The sources of a query: which columns belong to which. */
export class Scope {
  readonly sources: readonly Source[];

  /** @param hidden names that stand for queries, not for tables */
  constructor(sources: readonly Source[], hidden: ReadonlySet<string>) {
    this.sources = sources.map((source) =>
      source.table?.schema === '' && hidden.has(source.table.name)
        ? { ...source, table: null }
        : source,
    );
  }

  /** The sources that are tables, each with its table. */
  get tables(): readonly { readonly source: Source; readonly table: Table }[] {
    return this.sources.flatMap((source) =>
      source.table === null ? [] : [{ source, table: source.table }],
    );
  }

  /** Whether a column is surely one of a source. */
  isOf(source: Source, { qualifier }: { readonly qualifier: string }): boolean {
    if (qualifier === '') return this.sources.length === 1;
    return qualifier === source.alias || (source.alias === '' && qualifier === source.table?.name);
  }

  /** Whether a column may be one of a source. */
  isPerhapsOf(source: Source, column: { readonly qualifier: string }): boolean {
    return column.qualifier === '' || this.isOf(source, column);
  }

  /** Names of a source's columns among expressions, all that may be. */
  columnsOf(source: Source, expressions: Iterable<Expression>): ReadonlySet<string> {
    const columns = new Set<string>();
    for (const expression of expressions) {
      if (expression.kind === 'column' && this.isPerhapsOf(source, expression)) {
        columns.add(expression.column);
      }
    }
    return columns;
  }
}
