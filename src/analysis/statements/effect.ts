/**
 * What a statement does to a store, in the words that the derivation of accesses works with. A text is
 * read without knowing what ran before it; who walks a strand decides with that:
 *
 * - A `read` is one access for each column (`null`: all that are known of the table), at the end of the
 *   span. With a `lock` the rows are locked first, and until the end of the transaction.
 * - A `write` is one access for each column. `source` tells how: a `value` is a plain write; `own` is
 *   computed from the column's old value by the store, so an atomic update, unless the strand read that
 *   column before without a lock; `other` is computed from something else. It locks its rows.
 * - A `write` or `delete` with conditions beyond the key of its row is a conditional one: it settles
 *   what the strand had read of the row without a lock. {@link Rows.equals} holds all equalities; which
 *   of them are the key of the table is learnt, and what is left is a condition as well.
 * - An `insert` brings rows into being. `onConflict` says that the store itself decides when one is there.
 * - `rows: null` in any of them: which rows is not known, and all may be meant.
 * - A value `null` is one that nothing reveals: it is equal to no other, itself included.
 * - `unknown` is a text that was not understood: its head and table, and nothing that may be believed of
 *   which rows or columns.
 * - An empty list of effects is a statement that touches no data: SET, SHOW, PREPARE, PING.
 *
 * An effect is never more certain than its text: what is not understood widens it (`rows: null`,
 * `columns: null`) or makes it `unknown`, and a value that is not shown never becomes one.
 */
export type Effect<Value = ShownValue> =
  | ReadEffect<Value>
  | WriteEffect<Value>
  | InsertEffect<Value>
  | DeleteEffect<Value>
  | LockEffect<Value>
  | UnlockEffect<Value>
  | TransactionEffect
  | WatchEffect
  | UnknownEffect;

/** A value as text, numbers as their digits; `null` when nothing reveals it, or when it is SQL's NULL. */
export type ShownValue = string | null;

/** Stands for all columns of a row, as far as the trace names them. */
export const ALL_COLUMNS = '*';

/** Where rows live: a table, a collection, or the keys of Redis. */
export interface Table {
  /** Schema or database in front of the name in the text; '' when there is none. */
  readonly schema: string;
  /** As the store folds it: lower case unless it was quoted. For Redis ''. */
  readonly name: string;
}

/** One column, and the value that it is compared with or set to. */
export interface ColumnValue<Value = ShownValue> {
  readonly column: string;
  readonly value: Value;
}

/** A predicate that is no equality, or one under OR, NOT or a function. */
export interface Condition {
  readonly column: string;
}

/** Which rows a statement is about. */
export interface Rows<Value = ShownValue> {
  /**
   * Alternatives, one for each row that `IN` or `= ANY` lists (at most `statementLimits.keys`): equalities
   * that all hold, sorted by column. One empty alternative: no equality at all, as a query of a whole table has.
   */
  readonly equals: readonly (readonly ColumnValue<Value>[])[];
  /** What else restricts the rows, sorted by column. */
  readonly conditions: readonly Condition[];
}

/** How much a lock shuts out: `shared` lets other shared ones in. */
export type LockStrength = 'exclusive' | 'shared';

export interface ReadEffect<Value = ShownValue> {
  readonly kind: 'read';
  readonly table: Table;
  readonly rows: Rows<Value> | null;
  /** Columns whose values are returned or aggregated, sorted; empty: none, only whether there are rows. */
  readonly columns: readonly string[] | null;
  /** The answer depends on which rows there are: an aggregate, a count, EXISTS. */
  readonly isAggregate: boolean;
  readonly lock: LockStrength | null;
}

/** How a new value comes about. */
export type WriteSource = 'value' | 'own' | 'other';

export interface ColumnWrite<Value = ShownValue> {
  readonly column: string;
  /** The new value, when it is one and is shown. */
  readonly value: Value;
  readonly source: WriteSource;
}

export interface WriteEffect<Value = ShownValue> {
  readonly kind: 'write';
  readonly table: Table;
  readonly rows: Rows<Value> | null;
  /** `null`: whichever columns. */
  readonly columns: readonly ColumnWrite<Value>[] | null;
  /** Redis: the value is to be forgotten after a time, as that of a cache is. */
  readonly expires?: boolean;
  /** Redis: what else it may be than a write, where only a part of the command is shown. */
  readonly perhaps?: 'lock' | 'unlock';
}

export interface InsertEffect<Value = ShownValue> {
  readonly kind: 'insert';
  readonly table: Table;
  /** The values of each new row, sorted by column; `null`: not known, as with INSERT … SELECT. */
  readonly rows: readonly (readonly ColumnValue<Value>[])[] | null;
  /** What the store does when the row is there already; `null`: it refuses, or has no rule against it. */
  readonly onConflict: 'nothing' | 'update' | 'replace' | null;
  /** What an `update` of the row that is there writes. */
  readonly updates: readonly ColumnWrite<Value>[];
}

export interface DeleteEffect<Value = ShownValue> {
  readonly kind: 'delete';
  readonly table: Table;
  readonly rows: Rows<Value> | null;
}

/** Until when a lock is held at the longest. */
export type LockSpan = 'transaction' | 'session' | 'release';

export interface LockEffect<Value = ShownValue> {
  readonly kind: 'lock';
  readonly what: 'advisory' | 'table' | 'key';
  /** Number or text of an advisory lock, name of a table, key in Redis; `null` when nothing reveals it. */
  readonly name: Value;
  readonly strength: LockStrength;
  readonly until: LockSpan;
  /** The reply tells whether it was taken: of several tries in a row the last one succeeded. */
  readonly isTry: boolean;
}

export interface UnlockEffect<Value = ShownValue> {
  readonly kind: 'unlock';
  readonly what: 'advisory' | 'table' | 'key';
  /** `null` with `all` false: one that nothing reveals. */
  readonly name: Value;
  readonly all: boolean;
}

/** Levels of isolation by the names of the standard, and the two that SQL Server adds. */
export type Isolation =
  | 'read uncommitted'
  | 'read committed'
  | 'repeatable read'
  | 'serializable'
  | 'snapshot';

export interface TransactionEffect {
  readonly kind: 'transaction';
  /** `isolation` sets the level of the running transaction, `session` that of those to come. */
  readonly step:
    | 'begin'
    | 'commit'
    | 'rollback'
    | 'savepoint'
    | 'release'
    | 'rollback to'
    | 'isolation'
    | 'session';
  readonly isolation: Isolation | null;
  /** Name of a savepoint; '' for none. */
  readonly name: string;
}

/** Redis: from here until EXEC, writes are done only if the key stays as it is. */
export interface WatchEffect {
  readonly kind: 'watch';
  /** `null`: keys that nothing reveals. */
  readonly keys: readonly string[] | null;
}

/** What the first word of a text that was not understood stands for. */
export type Head = 'select' | 'insert' | 'update' | 'delete' | 'other';

export interface UnknownEffect {
  readonly kind: 'unknown';
  readonly head: Head;
  readonly table: Table | null;
}
