import type {
  ColumnWrite,
  DeleteEffect,
  Effect,
  InsertEffect,
  LockEffect,
  ReadEffect,
  Table,
  TransactionEffect,
  UnlockEffect,
  WriteEffect,
} from '../statements/effect.ts';
import { ALL_COLUMNS, EXISTENCE, type Moment } from './draft.ts';
import type { DraftList } from './draft-list.ts';
import { isSerializationFailure } from './failure.ts';
import type { RequestPath } from './request-path.ts';
import { type Row, rowOf, rowsOf, tableName } from './row.ts';
import { stepLabel } from './step-label.ts';
import type { Step } from './steps.ts';
import { StoreState, storeKey } from './store-state.ts';

/** Columns that exist to tell whether somebody else changed the row. */
const VERSION_COLUMN =
  /^(?:.*_)?(?:version|ver|rev|revision|etag|xmin|rowversion|timestamp|updated_?at|modified_?at)$/i;

/** Columns that say when a row was changed: whoever writes last is right. */
const BOOKKEEPING_COLUMN =
  /^(?:created|updated|modified|changed|last_?(?:updated|modified|changed|seen|login))(?:_?(?:at|on|date|time|ts|utc))?$/i;

/**
 * Walks along the statements of one request, and drafts what they do to rows: it knows of transactions,
 * locks and retries, which no statement tells by itself.
 */
export class StatementWalk {
  readonly list: DraftList;
  readonly #path: RequestPath;
  readonly #stores = new Map<string, StoreState>();
  /** Keys that the request releases by a script: a SET of one is an attempt to lock. */
  readonly #lockKeys: ReadonlySet<string>;

  constructor(list: DraftList, path: RequestPath, steps: readonly Step[]) {
    this.list = list;
    this.#path = path;
    this.#lockKeys = new Set(
      steps.flatMap(({ effects }) =>
        effects.flatMap((effect) =>
          effect.kind === 'unlock' && effect.what === 'key' && effect.name !== null
            ? [effect.name]
            : [],
        ),
      ),
    );
  }

  walk(step: Step): void {
    const store = this.#storeOf(step);
    const at = momentOf(step, store);
    if (step.end === 'undone') {
      if (isSerializationFailure(step.span)) store.hasRefused = true;
      this.#undo(store, store.attemptStart);
      store.begin(this.list.place, store.isolation);
      return;
    }
    if (step.end === 'duplicate') {
      for (const effect of step.effects) {
        if (effect.kind === 'insert') store.uniqueTables.add(tableName(effect.table));
      }
    }
    if (step.end !== 'done') return;
    for (const effect of step.effects) this.#apply(store, effect, at, step);
    if (store.isAutocommit) store.lockedRows.clear();
  }

  #storeOf({ span }: Step): StoreState {
    const key = storeKey(span);
    let store = this.#stores.get(key);
    if (store === undefined) {
      store = new StoreState(span);
      this.#stores.set(key, store);
    }
    return store;
  }

  #undo(store: StoreState, from: number): void {
    this.list.undo(store.prefix, from);
    store.undo(from);
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
        this.#lock(store, effect, at);
        break;
      case 'unlock':
        this.#unlock(store, effect, at);
        break;
      case 'transaction':
        this.#transaction(store, effect, at);
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

  #read(store: StoreState, effect: ReadEffect, at: Moment, { span }: Step): void {
    const { table, lock } = effect;
    const hint = this.#hint(store, table, span);
    const result = span.attribute('raceway.db.result');
    for (const row of rowsOf(store.prefix, table, effect.rows, hint)) {
      if (effect.isAggregate || row.key.length > 0) noteLookup(store, table, row.key);
      const key = row.identity;
      if (lock !== null && !store.isAutocommit) {
        // What was decided before is decided anew, under the lock.
        if (!store.lockedRows.has(key)) this.list.forgetReads(row);
        store.lockedRows.add(key);
      }
      if (store.lockedRows.has(key)) continue;
      const columns = effect.columns ?? [store.isKeyed ? '' : ALL_COLUMNS];
      const wanted = columns.filter(
        (column) => store.isKeyed || !(row.key.includes(column) || BOOKKEEPING_COLUMN.test(column)),
      );
      const names = store.isKeyed ? wanted : [...wanted, EXISTENCE];
      for (const column of names) {
        const isValue = wanted.length === 1 && column !== EXISTENCE;
        const value = isValue && result !== undefined ? textOf(result) : null;
        this.list.addAccess({ ...place(store, table, at), row, column, act: 'read', value });
      }
    }
  }

  #write(store: StoreState, effect: WriteEffect, at: Moment, step: Step): void {
    const { table } = effect;
    if (step.rowCount === 0) return;
    const rows = rowsOf(store.prefix, table, effect.rows, this.#hint(store, table, step.span));
    if (store.isKeyed && this.#isLockAttempt(effect)) {
      const key = effect.rows?.equals[0]?.[0]?.value ?? '';
      this.list.acquire(at, lockName(store, 'key', key), lockTypes.key);
      return;
    }
    const every = store.isKeyed ? '' : ALL_COLUMNS;
    const columns = effect.columns ?? [{ column: every, value: null, source: 'value' as const }];
    for (const row of rows) this.#change(store, table, row, columns, at);
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
      row.guards.some((guard) => written.includes(guard) || VERSION_COLUMN.test(guard)) ||
      this.#isWatched(store, row);
    if (isGuarded) this.list.forgetReads(row);
    else if (row.guards.length > 0) this.list.forgetReads(row, 0, row.guards);
    if (store.isOrdered) this.list.forgetReads(row, store.attemptStart);
    const key = row.identity;
    const isKept = isGuarded || store.isOrdered || store.lockedRows.has(key);
    for (const { column, value, source } of columns) {
      if (BOOKKEEPING_COLUMN.test(column)) continue;
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
      onConflict !== null || store.isOrdered || store.uniqueTables.has(tableName(table));
    const hint = this.#hint(store, table, step.span);
    for (const values of effect.rows) {
      for (const columns of lookupsOf(store, table)) {
        const key = columns.map((column) => values.find((each) => each.column === column));
        const known = key.filter((each) => each !== undefined);
        if (known.length < columns.length) continue;
        const row = rowOf(store.prefix, table, known, hint);
        if (isDecided)
          this.list.forgetReads(row, store.isOrdered ? store.attemptStart : 0, [EXISTENCE]);
        const act = isDecided ? 'update' : 'write';
        this.list.addAccess({
          ...place(store, table, at),
          row,
          column: EXISTENCE,
          act,
          value: null,
        });
        if (updates.length > 0) this.#change(store, table, row, updates, at);
      }
    }
    this.#noteWrite(store, table);
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

  #noteWrite(store: StoreState, table: Table): void {
    const name = tableName(table);
    if (!store.writtenTables.has(name)) store.writtenTables.set(name, this.list.place);
  }

  #isWatched(store: StoreState, { name }: Row): boolean {
    if (!store.isKeyed) return false;
    return store.isEverythingWatched || store.watchedRows.has(name);
  }

  /** A SET whose arguments are hidden, of a key that a script of the request gives up. */
  #isLockAttempt({ rows, columns }: WriteEffect): boolean {
    const key = rows?.equals[0]?.[0]?.value ?? null;
    return columns === null && key !== null && this.#lockKeys.has(key);
  }

  #lock(store: StoreState, effect: LockEffect, at: Moment): void {
    if (effect.until === 'transaction' && store.isAutocommit) return;
    const name = lockName(store, effect.what, effect.name);
    this.list.acquire(at, name, lockTypes[effect.what]);
    store.locks.set(name, { type: lockTypes[effect.what], until: effect.until });
  }

  #unlock(store: StoreState, { what, name, all }: UnlockEffect, at: Moment): void {
    const type = lockTypes[what];
    if (!all) this.list.release(at, lockName(store, what, name), type);
    else this.#releaseAll(store, 'session', at);
  }

  #releaseAll(store: StoreState, until: LockEffect['until'], at: Moment): void {
    for (const [name, lock] of store.locks) {
      if (lock.until === until) this.list.release(at, name, lock.type);
    }
  }

  #transaction(store: StoreState, effect: TransactionEffect, at: Moment): void {
    const { list } = this;
    switch (effect.step) {
      case 'begin':
        store.begin(list.place, effect.isolation);
        return;
      case 'commit':
      case 'rollback':
        if (effect.step === 'rollback') this.#undo(store, store.attemptStart);
        this.#releaseAll(store, 'transaction', at);
        store.end(list.place);
        return;
      case 'savepoint':
        store.savepoints.set(effect.name, list.place);
        return;
      case 'rollback to':
        this.#undo(store, store.savepoints.get(effect.name) ?? store.attemptStart);
        return;
      case 'isolation':
        store.isolation = effect.isolation;
        return;
      case 'session':
        store.sessionIsolation = effect.isolation;
        store.isolation = effect.isolation;
        return;
      case 'release':
        return;
    }
  }
}

const lockTypes = { advisory: 'advisory', table: 'row', key: 'redis' } as const;

function lockName(store: StoreState, what: LockEffect['what'], name: string | null): string {
  return `${lockTypes[what]}:${store.prefix}${name ?? '~?'}`;
}

function keyRow(store: StoreState, key: string): Row {
  return rowOf(store.prefix, { schema: '', name: '' }, [{ column: 'key', value: key }], null);
}

function place(store: StoreState, table: Table, at: Moment) {
  return { at, table: `${store.prefix}${tableName(table)}` };
}

function momentOf(step: Step, store: StoreState): Moment {
  const { span, fromNs, toNs } = step;
  return { span, fromNs, toNs, label: stepLabel(step, store) };
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
