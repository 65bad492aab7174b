import {
  ALL_COLUMNS,
  type ColumnWrite,
  type DeleteEffect,
  type Effect,
  type InsertEffect,
  type ReadEffect,
  type Table,
  type WriteEffect,
} from '../statements/effect.ts';
import type { RequestBranches } from './branches.ts';
import { EXISTENCE, type Moment } from './draft.ts';
import type { DraftList } from './draft-list.ts';
import { keyOfWrite } from './hidden-locks.ts';
import { keptOrder } from './kept-order.ts';
import type { RequestPath } from './request-path.ts';
import { isExact, type Row, rowOf, rowsOf, tableName } from './row.ts';
import { foundNone } from './row-counts.ts';
import { joinedSets, type Outcome } from './set-reads.ts';
import { stepLabel } from './step-label.ts';
import type { Step } from './steps.ts';
import { StoreState, storeKey } from './store-state.ts';
import { lockName, lockTypes, TransactionWalk } from './transactions.ts';

/** Columns that exist to tell whether somebody else changed the row. */
const VERSION_COLUMN =
  /^(?:.*_)?(?:version|ver|rev|revision|etag|xmin|rowversion|timestamp|updated_?at|modified_?at)$/i;

/** Columns that say when a row was changed: whoever writes last is right. */
const BOOKKEEPING_COLUMN =
  /^(?:created|updated|modified|changed|last_?(?:updated|modified|changed|seen|login))(?:_?(?:at|on|date|time|ts|utc))?$/i;

/** Columns that say that a row counts as gone: libraries ask for them in every statement. */
const GONE_COLUMN = /^(?:is_?)?(?:soft_?)?(?:deleted|archived)(?:_?(?:at|on))?$/i;

/** Whether a condition on a column checks once more what a write of these columns goes by. */
function isCheckedBy(guard: string, written: readonly string[]): boolean {
  if (VERSION_COLUMN.test(guard)) return true;
  return written.includes(guard) && (written.length === 1 || !GONE_COLUMN.test(guard));
}

/**
 * Walks along the statements of one request, and drafts what they do to rows: it knows of transactions,
 * locks and retries, which no statement tells by itself.
 */
export class StatementWalk {
  readonly list: DraftList;
  readonly #path: RequestPath;
  readonly #branches: RequestBranches;
  readonly #transactions: TransactionWalk;
  readonly #stores = new Map<string, StoreState>();

  constructor(list: DraftList, path: RequestPath, branches: RequestBranches) {
    this.list = list;
    this.#branches = branches;
    this.#path = path;
    this.#transactions = new TransactionWalk(list);
  }

  walk(step: Step): void {
    const store = this.#storeOf(step);
    const at = momentOf(step, store);
    if (step.end === 'undone') {
      this.#noteRefusal(store, step);
      this.#transactions.undo(store, store.attemptStart);
      store.begin(this.list.place, store.isolation);
      return;
    }
    if (step.end === 'duplicate') {
      for (const effect of step.effects) {
        if (effect.kind === 'insert') this.#refuse(store, effect, at);
      }
    }
    if (step.end !== 'done') return;
    for (const effect of step.effects) this.#apply(store, effect, at, step);
    if (store.isAutocommit) store.lockedRows.clear();
  }

  /** A store that refuses what would break an order keeps it also where it refuses nothing. */
  #noteRefusal(store: StoreState, step: Step): void {
    const [effect] = step.effects;
    const hint = effect?.kind === 'write' ? this.#hint(store, effect.table, step.span) : null;
    const kept = keptOrder(step, store, this.list, hint);
    if (kept === null) return;
    store.refusedFromNs ??= this.list.drafts[store.attemptStart]?.at.fromNs ?? step.fromNs;
    if (kept === 'snapshot') store.sessionIsolation ??= kept;
  }

  /** The store as the branch of a step knows it: it is in a transaction that began before, or has its own. */
  #storeOf({ span }: Step): StoreState {
    const key = storeKey(span);
    let store = this.#stores.get(key);
    if (store === undefined) {
      store = new StoreState(span);
      this.#stores.set(key, store);
    }
    const own = this.#branches.own.name;
    const { name } = this.#branches.callerOf(span);
    for (let at = own.length; at < name.length; ) {
      const next = name.indexOf(':', at + 1);
      at = next < 0 ? name.length : next;
      if (!store.isOpen) store = store.branch(span, name.slice(0, at));
    }
    return store;
  }

  #apply(store: StoreState, effect: Effect, at: Moment, step: Step): void {
    switch (effect.kind) {
      case 'read':
        this.#read(store, effect, at, step);
        break;
      case 'write':
        this.#write(store, effect, at, step);
        break;
      case 'insert':
        this.#insert(store, effect, at, step);
        break;
      case 'delete':
        this.#delete(store, effect, at, step);
        break;
      case 'lock':
        this.#transactions.lock(store, effect, at);
        break;
      case 'unlock':
        this.#transactions.unlock(store, effect, at);
        break;
      case 'transaction':
        this.#transactions.take(store, effect, at);
        break;
      case 'watch':
        if (effect.keys === null) store.isEverythingWatched = true;
        else if (effect.keys.length === 0) store.watchedRows.clear();
        else for (const key of effect.keys) store.watchedRows.add(keyRow(store, key).name);
        break;
      case 'unknown':
        break;
    }
  }

  #hint(store: StoreState, table: Table, span: Step['span']): string | null {
    const named = span.attribute('raceway.db.row');
    if (typeof named === 'string') return named;
    const name = tableName(table);
    if (name === '' || store.writtenTables.has(name)) return null;
    return this.#path.hintFor(table.name);
  }

  #read(store: StoreState, effect: ReadEffect, at: Moment, step: Step): void {
    const { table, lock } = effect;
    const { span } = step;
    store.whole.lastRead = this.list.place;
    const hint = this.#hint(store, table, span);
    const result = span.attribute('raceway.db.result');
    for (const row of rowsOf(store.prefix, table, effect.rows, hint)) {
      if (effect.isAggregate || row.key.length > 0) noteLookup(store, table, row.key);
      const key = row.identity;
      if (lock !== null && !store.isAutocommit) {
        // What was decided before is decided anew, under the lock.
        if (!store.lockedRows.has(key)) this.list.forgetReads(row);
        store.lockedRows.add(key);
        store.sets.forget(table);
      }
      if (store.lockedRows.has(key)) continue;
      const columns = effect.columns ?? [store.isKeyed ? '' : ALL_COLUMNS];
      const wanted = columns.filter(
        (column) => store.isKeyed || !(row.key.includes(column) || BOOKKEEPING_COLUMN.test(column)),
      );
      const names = store.isKeyed ? wanted : [...wanted, EXISTENCE];
      const drafts = names.map((column) => {
        if (column === EXISTENCE && !store.isKeyed) {
          const value = foundNone(step, effect, row) ? false : null;
          return this.list.addAccess({
            ...place(store, table, at),
            row,
            column,
            act: 'read',
            value,
          });
        }
        const value = wanted.length === 1 && result !== undefined ? textOf(result) : null;
        return this.list.addAccess({ ...place(store, table, at), row, column, act: 'read', value });
      });
      if (!store.isKeyed) store.sets.note(table, row, drafts, effect.isAggregate);
    }
  }

  #write(store: StoreState, effect: WriteEffect, at: Moment, step: Step): void {
    const { table } = effect;
    if (step.rowCount === 0) return;
    const rows = rowsOf(store.prefix, table, effect.rows, this.#hint(store, table, step.span));
    const key = keyOfWrite(effect);
    if (key !== null && effect.perhaps === 'unlock') {
      if (this.list.release(at, lockName(store, 'key', key), lockTypes.key, false)) return;
    }
    const mayExpire = effect.expires === true || (store.isKeyed && effect.columns === null);
    if (mayExpire)
      for (const row of rows) if (this.#isFilled(store, row)) this.list.forgetReads(row);
    const every = store.isKeyed ? '' : ALL_COLUMNS;
    const columns = effect.columns ?? [{ column: every, value: null, source: 'value' as const }];
    for (const row of rows) {
      this.#change(store, table, row, columns, at);
      this.#use(store, { table, values: row.equalities, hint: row.hint, columns }, at);
    }
  }

  /** What was read of other tables, and is worked up in what is written now, has to hold until then. */
  #use(store: StoreState, outcome: Outcome, at: Moment): void {
    if (store.isKeyed || store.isSerial) return;
    for (const { table, row } of store.sets.sourcesOf(outcome)) {
      const access = { ...place(store, table, at), row, column: EXISTENCE, value: null };
      this.list.addAccess({ ...access, act: 'use' });
    }
  }

  /** Writes columns of a row, knowing what the request has read, locked and checked of it. */
  #change(
    store: StoreState,
    table: Table,
    row: Row,
    columns: readonly ColumnWrite[],
    at: Moment,
  ): void {
    const written = columns.map(({ column }) => column);
    const isGuarded =
      row.guards.some((guard) => isCheckedBy(guard, written)) || this.#isWatched(store, row);
    if (isGuarded) this.list.forgetReads(row);
    else if (row.guards.length > 0) this.list.forgetReads(row, 0, row.guards);
    if (store.isOrdered) this.list.forgetReads(row, store.attemptStart);
    const key = row.identity;
    const isKept = isGuarded || store.isOrdered || store.lockedRows.has(key);
    const isFound = !isKept && !store.isKeyed && this.list.lastReadOf(row) === null;
    for (const { column, value, source } of columns) {
      if (BOOKKEEPING_COLUMN.test(column)) continue;
      const looked = isFound && isExact(row) ? store.sets.lookAt(table, column) : null;
      if (looked !== null) {
        const read = { ...place(store, table, looked), row, column, value: null };
        this.list.addAccess({ ...read, act: 'read' });
      }
      const act = isKept || source === 'own' ? 'update' : 'write';
      this.list.addAccess({ ...place(store, table, at), row, column, act, value });
    }
    store.lockedRows.add(key);
    this.#noteWrite(store, table);
  }

  #insert(store: StoreState, effect: InsertEffect, at: Moment, step: Step): void {
    const { table, onConflict, updates } = effect;
    if (step.rowCount === 0 || effect.rows === null) return;
    const isDecided =
      onConflict !== null || store.isSerial || store.uniqueTables.has(tableName(table));
    const hint = this.#hint(store, table, step.span);
    const joined = new Set<string>();
    for (const values of effect.rows) {
      const looked = new Set<string>();
      for (const columns of lookupsOf(store, table)) {
        const key = columns.map((column) => values.find((each) => each.column === column));
        const known = key.filter((each) => each !== undefined);
        if (known.length < columns.length) continue;
        const row = rowOf(store.prefix, table, known, hint);
        looked.add(row.name);
        // Where the request had found none, there is one now.
        const value = this.list.lastReadOf(row)?.value === false ? true : null;
        if (isDecided)
          this.list.forgetReads(row, store.isSerial ? store.attemptStart : 0, [EXISTENCE]);
        const act = isDecided ? 'update' : 'write';
        const access = { ...place(store, table, at), row, column: EXISTENCE, value };
        this.list.addAccess({ ...access, act });
        if (updates.length > 0) this.#change(store, table, row, updates, at);
      }
      for (const set of joinedSets(table, values)) {
        const row = rowOf(store.prefix, table, set, hint);
        if (looked.has(row.name) || joined.has(row.name)) continue;
        joined.add(row.name);
        const access = { ...place(store, table, at), row, column: EXISTENCE, value: null };
        this.list.addAccess({ ...access, act: 'join' });
      }
      const columns = values.map((each) => ({ ...each, source: 'value' as const }));
      this.#use(store, { table, values, hint, columns }, at);
    }
    this.#noteWrite(store, table);
  }

  /** A second row is refused; where nothing tells which one it was, that has to be told to other requests. */
  #refuse(store: StoreState, { table, rows }: InsertEffect, at: Moment): void {
    store.uniqueTables.add(tableName(table));
    for (const values of rows ?? []) {
      for (const columns of lookupsOf(store, table)) {
        const key = values.filter(({ column }) => columns.includes(column));
        if (key.length < columns.length || key.every(({ value }) => value !== null)) continue;
        const ordered = columns.flatMap((name) => key.filter(({ column }) => column === name));
        const row = rowOf(store.prefix, table, ordered, null);
        // What was looked at before is forgotten with the attempt, and others may have met that alone.
        const looked = this.list.lastReadOf(row);
        const since = { ...at, fromNs: looked?.at.fromNs ?? at.fromNs };
        const access = { ...place(store, table, since), row, column: EXISTENCE, value: null };
        this.list.addAccess({ ...access, act: 'refused' });
      }
    }
  }

  #delete(store: StoreState, effect: DeleteEffect, at: Moment, step: Step): void {
    const { table } = effect;
    if (step.rowCount === 0) return;
    if (store.isKeyed) {
      const keys = effect.rows?.equals.map(([first]) => first?.value ?? '') ?? [];
      const released = keys.filter((key) =>
        this.list.release(at, lockName(store, 'key', key), lockTypes.key),
      );
      if (released.length > 0) return;
    }
    const column = store.isKeyed ? '' : EXISTENCE;
    const rows = rowsOf(store.prefix, table, effect.rows, this.#hint(store, table, step.span));
    const change: ColumnWrite = { column, value: null, source: 'own' };
    for (const row of rows) this.#change(store, table, row, [change], at);
  }

  /** Whether what is put under a key was fetched elsewhere after nothing was found there: a cache is filled. */
  #isFilled(store: StoreState, row: Row): boolean {
    const looked = this.list.lastReadOf(row);
    if (looked === null) return false;
    const since = this.list.placeOf(looked);
    return [...this.#stores.values()].some(
      (other) => other !== store.whole && other.lastRead > since,
    );
  }

  #noteWrite(store: StoreState, table: Table): void {
    const name = tableName(table);
    store.lastWrite = this.list.place;
    if (!store.writtenTables.has(name)) store.writtenTables.set(name, this.list.place);
  }

  #isWatched(store: StoreState, { name }: Row): boolean {
    if (!store.isKeyed) return false;
    return store.isEverythingWatched || store.watchedRows.has(name);
  }
}

function keyRow(store: StoreState, key: string): Row {
  return rowOf(store.prefix, { schema: '', name: '' }, [{ column: 'key', value: key }], null);
}

function place(store: StoreState, table: Table, at: Moment) {
  const { prefix, refusedFromNs } = store;
  return { at, table: `${prefix}${tableName(table)}`, refusedFromNs };
}

function momentOf(step: Step, store: StoreState): Moment {
  const { span, fromNs, toNs } = step;
  return { span, fromNs, toNs, label: stepLabel(step, store), owner: store.branchName };
}

function noteLookup(store: StoreState, table: Table, columns: readonly string[]): void {
  const name = tableName(table);
  const known = store.lookups.get(name) ?? new Map<string, readonly string[]>();
  store.lookups.set(name, known);
  known.set(columns.join(','), columns);
}

function lookupsOf(store: StoreState, table: Table): Iterable<readonly string[]> {
  return store.lookups.get(tableName(table))?.values() ?? [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
