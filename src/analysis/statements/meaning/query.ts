import type { Effect, LockStrength, Table } from '../effect.ts';
import type { TemplateValue } from '../template.ts';

/** What a text of SQL says, whichever parser read it: no more than its effects depend on. */
export type Query = Select | Insert | Update | Delete | Merge | Control;

export type Expression =
  | { readonly kind: 'column'; readonly qualifier: string; readonly column: string }
  /** `*` or `t.*`. */
  | { readonly kind: 'star'; readonly qualifier: string }
  | { readonly kind: 'value'; readonly value: TemplateValue }
  | { readonly kind: 'equal'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in'; readonly left: Expression; readonly items: readonly Expression[] }
  | { readonly kind: 'and'; readonly parts: readonly Expression[] }
  | { readonly kind: 'or'; readonly parts: readonly Expression[] }
  /** A function; the name without its schema, in lower case. */
  | { readonly kind: 'call'; readonly name: string; readonly parts: readonly Expression[] }
  | { readonly kind: 'exists'; readonly query: Select }
  | { readonly kind: 'query'; readonly query: Select }
  /** Anything else: what is mentioned in it. */
  | { readonly kind: 'other'; readonly parts: readonly Expression[] };

/** Something in FROM: a table, or a query or function in its place. */
export interface Source {
  readonly table: Table | null;
  /** How columns name it; '' for a query without a name. */
  readonly alias: string;
  readonly query: Select | null;
  /** Conditions of an outer join: they hold for the rows of this source alone. */
  readonly on: readonly Expression[];
}

/** A query with a name, in front of another one. */
export interface NamedQuery {
  readonly name: string;
  readonly query: Query;
}

export interface Select {
  readonly kind: 'select';
  readonly named: readonly NamedQuery[];
  readonly targets: readonly Expression[];
  readonly from: readonly Source[];
  /** WHERE and the conditions of inner joins: all hold. */
  readonly where: readonly Expression[];
  /** HAVING, and whatever else looks at values. */
  readonly others: readonly Expression[];
  readonly isGrouped: boolean;
  /** Of which sources rows are locked, by alias; empty: of all. */
  readonly lock: { readonly strength: LockStrength; readonly of: readonly string[] } | null;
  /** What UNION and its like add. */
  readonly further: readonly Select[];
}

export interface Assignment {
  readonly column: string;
  readonly value: Expression;
}

export interface Update {
  readonly kind: 'update';
  readonly named: readonly NamedQuery[];
  readonly target: Source;
  readonly from: readonly Source[];
  readonly assignments: readonly Assignment[];
  readonly where: readonly Expression[];
}

export interface Insert {
  readonly kind: 'insert';
  readonly named: readonly NamedQuery[];
  readonly target: Source;
  /** Null when the text lists none. */
  readonly columns: readonly string[] | null;
  readonly rows: readonly (readonly Expression[])[];
  readonly query: Select | null;
  readonly onConflict: 'nothing' | 'update' | 'replace' | null;
  readonly updates: readonly Assignment[];
}

export interface Delete {
  readonly kind: 'delete';
  readonly named: readonly NamedQuery[];
  readonly target: Source;
  readonly from: readonly Source[];
  readonly where: readonly Expression[];
}

export interface Merge {
  readonly kind: 'merge';
  readonly named: readonly NamedQuery[];
  readonly target: Source;
  readonly from: readonly Source[];
  readonly on: readonly Expression[];
  readonly updates: readonly Assignment[];
  readonly hasInsert: boolean;
  readonly hasDelete: boolean;
}

/** A statement about transactions or locks, or one that touches no data. */
export interface Control {
  readonly kind: 'control';
  readonly effects: readonly Effect<TemplateValue>[];
}
