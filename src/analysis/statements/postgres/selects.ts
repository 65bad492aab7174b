import type { Node, SelectStmt, WithClause } from 'libpg-query';
import type { LockStrength } from '../effect.ts';
import type { Expression, NamedQuery, Query, Select, Source } from '../meaning/query.ts';
import { expressionOf } from './expressions.ts';
import { below, tableOf } from './nodes.ts';

/** Makes a query of any statement; for queries with a name. */
export type ReadQuery = (node: Node, level: number) => Query;

/** `FOR KEY SHARE` is none of these: it does not keep others from changing the row. */
const LOCKS: ReadonlyMap<string, LockStrength> = new Map([
  ['LCS_FORUPDATE', 'exclusive'],
  ['LCS_FORNOKEYUPDATE', 'exclusive'],
  ['LCS_FORSHARE', 'shared'],
]);

/** Reads queries of PostgreSQL's own parser. */
export class SelectReader {
  readonly #readQuery: ReadQuery;

  constructor(readQuery: ReadQuery) {
    this.#readQuery = readQuery;
  }

  /** The query of a node; one without anything in it for a node that is none. */
  readonly ofNode = (node: Node, level: number): Select => {
    return this.select('SelectStmt' in node ? node.SelectStmt : {}, level);
  };

  select(statement: SelectStmt, level: number): Select {
    const inside = below(level);
    const sources: Source[] = [];
    const where: Expression[] = [];
    const others: Expression[] = [];
    for (const node of statement.fromClause ?? []) this.addSource(node, sources, where, inside);
    if (statement.whereClause !== undefined)
      where.push(this.expression(statement.whereClause, inside));
    if (statement.havingClause !== undefined)
      others.push(this.expression(statement.havingClause, inside));
    const values = (statement.valuesLists ?? []).flatMap((list) =>
      'List' in list ? this.expressions(list.List.items, inside) : [],
    );
    return {
      kind: 'select',
      named: this.named(statement.withClause, inside),
      targets: [...this.expressions(statement.targetList, inside), ...values],
      from: sources,
      where,
      others,
      isGrouped: (statement.groupClause ?? []).length > 0,
      lock: lockOf(statement.lockingClause),
      further: this.#further(statement, inside),
    };
  }

  /** What UNION and its like put together: a chain of any length, so it is walked, not entered. */
  #further(statement: SelectStmt, level: number): readonly Select[] {
    const parts: Select[] = [];
    let left = statement.larg;
    let right = statement.rarg;
    while (left !== undefined && right !== undefined) {
      parts.push(this.select(right, level));
      if (left.larg === undefined) {
        parts.push(this.select(left, level));
        break;
      }
      right = left.rarg;
      left = left.larg;
    }
    return parts.reverse();
  }

  /** Adds what a node of FROM stands for. */
  addSource(node: Node, sources: Source[], where: Expression[], level: number): void {
    const open: { readonly node: Node; readonly on: readonly Expression[] }[] = [{ node, on: [] }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (!('JoinExpr' in next.node)) {
        sources.push(this.#source(next.node, next.on, level));
        continue;
      }
      const { jointype, larg, rarg, quals } = next.node.JoinExpr;
      const conditions = quals === undefined ? [] : [this.expression(quals, level)];
      const isInner = jointype === 'JOIN_INNER';
      if (isInner) where.push(...conditions);
      // Only the side that may be missing is restricted, as far as it is one table.
      const right = jointype === 'JOIN_LEFT' ? conditions : [];
      const left = jointype === 'JOIN_RIGHT' ? conditions : [];
      if (rarg !== undefined) open.push({ node: rarg, on: [...next.on, ...right] });
      if (larg !== undefined) open.push({ node: larg, on: [...next.on, ...left] });
    }
  }

  #source(node: Node, on: readonly Expression[], level: number): Source {
    if ('RangeVar' in node) {
      const table = tableOf(node.RangeVar);
      return { table, alias: node.RangeVar.alias?.aliasname ?? table.name, query: null, on };
    }
    if ('RangeSubselect' in node) {
      const { subquery, alias } = node.RangeSubselect;
      const query = subquery === undefined ? null : this.ofNode(subquery, level);
      return { table: null, alias: alias?.aliasname ?? '', query, on };
    }
    const alias = 'RangeFunction' in node ? node.RangeFunction.alias?.aliasname : undefined;
    return { table: null, alias: alias ?? '', query: null, on };
  }

  named(clause: WithClause | undefined, level: number): readonly NamedQuery[] {
    return (clause?.ctes ?? []).flatMap((node) => {
      if (!('CommonTableExpr' in node)) return [];
      const { ctename, ctequery } = node.CommonTableExpr;
      if (ctename === undefined || ctequery === undefined) return [];
      return [{ name: ctename, query: this.#readQuery(ctequery, below(level)) }];
    });
  }

  expression(node: Node | undefined, level: number): Expression {
    return expressionOf(node, this.ofNode, level);
  }

  expressions(nodes: readonly Node[] | undefined, level: number): readonly Expression[] {
    return (nodes ?? []).map((node) =>
      this.expression('ResTarget' in node ? node.ResTarget.val : node, level),
    );
  }
}

function lockOf(clauses: readonly Node[] | undefined): Select['lock'] {
  let strength: LockStrength | null = null;
  let isOfAll = false;
  const of: string[] = [];
  for (const node of clauses ?? []) {
    if (!('LockingClause' in node)) continue;
    const found = LOCKS.get(node.LockingClause.strength ?? '');
    if (found === undefined) continue;
    // Two clauses of different strength: the weaker one is believed.
    strength = strength === null || found === 'shared' ? found : strength;
    const names = (node.LockingClause.lockedRels ?? []).flatMap((range) =>
      'RangeVar' in range ? [range.RangeVar.relname ?? ''] : [],
    );
    of.push(...names);
    isOfAll ||= names.length === 0;
  }
  return strength === null ? null : { strength, of: isOfAll ? [] : of };
}
