import type { ColumnRef, A_Const as Constant, Node, A_Expr as Operation } from 'libpg-query';
import type { Expression, Select } from '../meaning/query.ts';
import { shownValue } from '../shown-value.ts';
import type { TemplateValue } from '../template.ts';
import { below, namesOf } from './nodes.ts';

/** Makes a query of a SELECT that stands in an expression. */
type ReadSelect = (node: Node, level: number) => Select;

/** An expression of PostgreSQL's own parser. */
export function expressionOf(node: Node | undefined, read: ReadSelect, level: number): Expression {
  const inside = below(level);
  const of = (part: Node | undefined) => expressionOf(part, read, inside);
  const all = (parts: readonly (Node | undefined)[]): Expression[] =>
    parts.flatMap((part) => (part === undefined ? [] : [of(part)]));
  if (node === undefined) return other([]);
  if ('ColumnRef' in node) return columnOf(node.ColumnRef);
  if ('ParamRef' in node) return parameter(node.ParamRef.number, false);
  if ('A_Const' in node) return { kind: 'value', value: constantOf(node.A_Const) };
  if ('TypeCast' in node) return of(node.TypeCast.arg);
  if ('A_Expr' in node) return operationOf(node.A_Expr, of, all);
  if ('BoolExpr' in node) {
    const parts = all(node.BoolExpr.args ?? []);
    if (node.BoolExpr.boolop === 'AND_EXPR') return { kind: 'and', parts };
    return node.BoolExpr.boolop === 'OR_EXPR' ? { kind: 'or', parts } : other(parts);
  }
  if ('FuncCall' in node) {
    const { funcname, args, agg_filter: filter, agg_order: order } = node.FuncCall;
    const name = (namesOf(funcname).at(-1) ?? '').toLowerCase();
    return { kind: 'call', name, parts: all([...(args ?? []), filter, ...(order ?? [])]) };
  }
  if ('CoalesceExpr' in node) {
    return { kind: 'call', name: 'coalesce', parts: all(node.CoalesceExpr.args ?? []) };
  }
  if ('SubLink' in node) return subQuery(node.SubLink, read, of, inside);
  return other(all(partsOf(node)));
}

function other(parts: readonly Expression[]): Expression {
  return { kind: 'other', parts };
}

function subQuery(
  {
    subLinkType: type,
    testexpr,
    subselect,
  }: { subLinkType?: string; testexpr?: Node; subselect?: Node },
  read: ReadSelect,
  of: (part: Node | undefined) => Expression,
  level: number,
): Expression {
  if (subselect === undefined) return other([]);
  const query = read(subselect, level);
  if (type === 'EXISTS_SUBLINK') return { kind: 'exists', query };
  const found: Expression = { kind: 'query', query };
  return testexpr === undefined ? found : other([of(testexpr), found]);
}

function columnOf({ fields }: ColumnRef): Expression {
  const names = namesOf(fields);
  const isStar = fields?.some((field) => 'A_Star' in field) ?? false;
  if (isStar) return { kind: 'star', qualifier: names.at(-1) ?? '' };
  return { kind: 'column', column: names.at(-1) ?? '', qualifier: names.at(-2) ?? '' };
}

function parameter(number: number | undefined, isList: boolean): Expression {
  return { kind: 'value', value: { parameter: (number ?? 0) - 1, isList } };
}

function constantOf(constant: Constant): TemplateValue {
  if (constant.isnull === true) return null;
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant.fval !== undefined) return shownValue(constant.fval.fval ?? '');
  if (constant.sval !== undefined) return shownValue(constant.sval.sval ?? '');
  return constant.boolval === undefined ? null : String(constant.boolval.boolval ?? false);
}

function operationOf(
  { kind, name, lexpr, rexpr }: Operation,
  of: (part: Node | undefined) => Expression,
  all: (parts: readonly (Node | undefined)[]) => Expression[],
): Expression {
  const operator = namesOf(name).at(-1);
  if (operator !== '=') return other(all([lexpr, rexpr]));
  if (kind === 'AEXPR_IN') {
    const items = rexpr !== undefined && 'List' in rexpr ? (rexpr.List.items ?? []) : [];
    return { kind: 'in', left: of(lexpr), items: all(items) };
  }
  if (kind === 'AEXPR_OP_ANY') {
    const items = listedBy(rexpr, all);
    return items === null ? other(all([lexpr, rexpr])) : { kind: 'in', left: of(lexpr), items };
  }
  if (kind !== 'AEXPR_OP' || lexpr === undefined) return other(all([lexpr, rexpr]));
  const isRow = 'RowExpr' in lexpr && rexpr !== undefined && 'RowExpr' in rexpr;
  if (!isRow) return { kind: 'equal', left: of(lexpr), right: of(rexpr) };
  const left = all(lexpr.RowExpr.args ?? []);
  const right = all(rexpr.RowExpr.args ?? []);
  if (left.length !== right.length) return other([...left, ...right]);
  return {
    kind: 'and',
    parts: left.map((part, at) => ({ kind: 'equal', left: part, right: right[at] ?? other([]) })),
  };
}

/** What `= ANY(…)` lists: `ARRAY[…]`, or a parameter that is a list; null for anything else. */
function listedBy(
  node: Node | undefined,
  all: (parts: readonly Node[]) => Expression[],
): Expression[] | null {
  let inner = node;
  while (inner !== undefined && 'TypeCast' in inner) inner = inner.TypeCast.arg;
  if (inner === undefined) return null;
  if ('A_ArrayExpr' in inner) return all(inner.A_ArrayExpr.elements ?? []);
  return 'ParamRef' in inner ? [parameter(inner.ParamRef.number, true)] : null;
}

/** The nodes right inside of one whose kind means nothing here. */
function partsOf(node: Node): readonly Node[] {
  const parts: Node[] = [];
  for (const member of Object.values(Object.values(node)[0] as object) as unknown[]) {
    for (const part of Array.isArray(member) ? (member as unknown[]) : [member]) {
      if (isNode(part)) parts.push(part);
    }
  }
  return parts;
}

/** Nodes are objects of one member that is named after their kind. */
function isNode(value: unknown): value is Node {
  if (typeof value !== 'object' || value === null) return false;
  const [kind, ...others] = Object.keys(value);
  return others.length === 0 && kind !== undefined && /^[A-Z]/.test(kind);
}
