import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  Node,
  RangeVar,
  TruncateStmt,
  UpdateStmt,
} from 'libpg-query';
import type { Assignment, Expression, Query, Source } from '../meaning/query.ts';
import { controlOf } from './control.ts';
import { below, tableOf } from './nodes.ts';
import { SelectReader } from './selects.ts';

/** A query of PostgreSQL's own parser; null for a statement that is not understood. */
export function queryOf(node: Node): Query | null {
  return new StatementReader().query(node, 0);
}

const nothing: Query = { kind: 'control', effects: [] };

class StatementReader {
  readonly #selects = new SelectReader((node, level) => this.query(node, level) ?? nothing);

  query(node: Node, level: number): Query | null {
    if ('SelectStmt' in node) return this.#selects.select(node.SelectStmt, level);
    if ('InsertStmt' in node) return this.#insert(node.InsertStmt, level);
    if ('UpdateStmt' in node) return this.#update(node.UpdateStmt, level);
    if ('DeleteStmt' in node) return this.#delete(node.DeleteStmt, level);
    if ('MergeStmt' in node) return this.#merge(node.MergeStmt, level);
    if ('DeclareCursorStmt' in node) {
      const { query } = node.DeclareCursorStmt;
      return query === undefined ? null : this.query(query, below(level));
    }
    if ('TruncateStmt' in node) return truncateOf(node.TruncateStmt);
    return controlOf(node);
  }

  #insert(statement: InsertStmt, level: number): Query {
    const { cols, selectStmt, onConflictClause: conflict } = statement;
    const select =
      selectStmt !== undefined && 'SelectStmt' in selectStmt ? selectStmt.SelectStmt : null;
    const lists = select?.valuesLists ?? [];
    const rows = lists.map((list) =>
      'List' in list ? this.#selects.expressions(list.List.items, level) : [],
    );
    const isQuery = select !== null && lists.length === 0;
    const onConflict = {
      ONCONFLICT_NOTHING: 'nothing' as const,
      ONCONFLICT_UPDATE: 'update' as const,
      ONCONFLICT_NONE: null,
    };
    return {
      kind: 'insert',
      named: this.#selects.named(statement.withClause, level),
      target: targetOf(statement.relation),
      columns: cols === undefined ? null : cols.flatMap((node) => nameOfTarget(node)),
      rows,
      query: isQuery ? this.#selects.select(select, level) : null,
      onConflict:
        onConflict[(conflict?.action ?? 'ONCONFLICT_NONE') as keyof typeof onConflict] ?? null,
      updates: this.#assignments(conflict?.targetList, level),
    };
  }

  #update(statement: UpdateStmt, level: number): Query {
    const { from, where } = this.#fromAndWhere(statement.fromClause, statement.whereClause, level);
    return {
      kind: 'update',
      named: this.#selects.named(statement.withClause, level),
      target: targetOf(statement.relation),
      from,
      where,
      assignments: this.#assignments(statement.targetList, level),
    };
  }

  #delete(statement: DeleteStmt, level: number): Query {
    const { from, where } = this.#fromAndWhere(statement.usingClause, statement.whereClause, level);
    return {
      kind: 'delete',
      named: this.#selects.named(statement.withClause, level),
      target: targetOf(statement.relation),
      from,
      where,
    };
  }

  #merge(statement: MergeStmt, level: number): Query {
    const clauses = (statement.mergeWhenClauses ?? []).flatMap((node) =>
      'MergeWhenClause' in node ? [node.MergeWhenClause] : [],
    );
    const sources = statement.sourceRelation === undefined ? [] : [statement.sourceRelation];
    const { from, where } = this.#fromAndWhere(sources, statement.joinCondition, level);
    const has = (type: string) => clauses.some(({ commandType }) => commandType === type);
    return {
      kind: 'merge',
      named: this.#selects.named(statement.withClause, level),
      target: targetOf(statement.relation),
      from,
      on: where,
      updates: clauses.flatMap(({ commandType, targetList }) =>
        commandType === 'CMD_UPDATE' ? this.#assignments(targetList, level) : [],
      ),
      hasInsert: has('CMD_INSERT'),
      hasDelete: has('CMD_DELETE'),
    };
  }

  #fromAndWhere(clause: readonly Node[] | undefined, condition: Node | undefined, level: number) {
    const from: Source[] = [];
    const where: Expression[] = [];
    for (const node of clause ?? []) this.#selects.addSource(node, from, where, level);
    if (condition !== undefined) where.push(this.#selects.expression(condition, level));
    return { from, where };
  }

  #assignments(nodes: readonly Node[] | undefined, level: number): readonly Assignment[] {
    return (nodes ?? []).flatMap((node) => {
      if (!('ResTarget' in node)) return [];
      const { name = '', val } = node.ResTarget;
      return [{ column: name, value: this.#assigned(val, level) }];
    });
  }

  /** `(a, b) = (1, 2)` gives each column its own part. */
  #assigned(node: Node | undefined, level: number): Expression {
    if (node === undefined || !('MultiAssignRef' in node)) {
      return this.#selects.expression(node, level);
    }
    const { source, colno = 1 } = node.MultiAssignRef;
    const isRow = source !== undefined && 'RowExpr' in source;
    const part = isRow ? source.RowExpr.args?.[colno - 1] : source;
    return this.#selects.expression(part, level);
  }
}

function targetOf(range: RangeVar | undefined): Source {
  const table = tableOf(range);
  return { table, alias: range?.alias?.aliasname ?? table.name, query: null, on: [] };
}

function nameOfTarget(node: Node): readonly string[] {
  return 'ResTarget' in node ? [node.ResTarget.name ?? ''] : [];
}

/** TRUNCATE takes all rows of its tables. */
function truncateOf({ relations }: TruncateStmt): Query {
  const rows = { equals: [[]], conditions: [] };
  return {
    kind: 'control',
    effects: (relations ?? []).flatMap((node) =>
      'RangeVar' in node ? [{ kind: 'delete', table: tableOf(node.RangeVar), rows } as const] : [],
    ),
  };
}
