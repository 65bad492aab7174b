import type { LockEffect, TransactionEffect, UnlockEffect } from '../statements/effect.ts';
import type { Moment } from './draft.ts';
import type { DraftList } from './draft-list.ts';
import type { StoreState } from './store-state.ts';

/** Follows the transactions and locks of a request, and takes back what they undo. */
export class TransactionWalk {
  readonly #list: DraftList;

  constructor(list: DraftList) {
    this.#list = list;
  }

  /** Takes back what was done in a store from a place on. */
  undo(store: StoreState, from: number): void {
    this.#list.undo(store.prefix, store.branchName, from);
    store.undo(from);
  }

  /** A lock is taken, until it is given up or the transaction ends. */
  lock(store: StoreState, effect: LockEffect, at: Moment): void {
    if (effect.until === 'transaction' && store.isAutocommit) return;
    const name = lockName(store, effect.what, effect.name);
    this.#list.acquire(at, name, lockTypes[effect.what]);
    store.locks.set(name, { type: lockTypes[effect.what], until: effect.until });
  }

  /** A lock is given up. */
  unlock(store: StoreState, { what, name, all }: UnlockEffect, at: Moment): void {
    const type = lockTypes[what];
    if (!all) this.#list.release(at, lockName(store, what, name), type);
    else this.#releaseAll(store, 'session', at);
  }

  #releaseAll(store: StoreState, until: LockEffect['until'], at: Moment): void {
    for (const [name, lock] of store.locks) {
      if (lock.until === until) this.#list.release(at, name, lock.type);
    }
  }

  /** A transaction begins or ends, or goes back to an earlier point. */
  take(store: StoreState, effect: TransactionEffect, at: Moment): void {
    const list = this.#list;
    switch (effect.step) {
      case 'begin':
        store.begin(list.place, effect.isolation);
        return;
      case 'commit':
      case 'rollback':
        if (effect.step === 'rollback') this.undo(store, store.attemptStart);
        else if (store.isOpen && !store.isSerial)
          list.show(store.prefix, store.branchName, store.attemptStart, at);
        this.#releaseAll(store, 'transaction', at);
        store.end(list.place);
        return;
      case 'savepoint':
        store.savepoints.set(effect.name, list.place);
        return;
      case 'rollback to':
        this.undo(store, store.savepoints.get(effect.name) ?? store.attemptStart);
        return;
      case 'isolation':
        store.isolation = effect.isolation;
        if (!store.isOpen) store.nextIsolation = effect.isolation;
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

/** As `lock_type` of a LockAcquire. */
export const lockTypes = { advisory: 'advisory', table: 'row', key: 'redis' } as const;

/** A lock as other requests name it. */
export function lockName(store: StoreState, what: LockEffect['what'], name: string | null): string {
  return `${lockTypes[what]}:${store.prefix}${name ?? '~?'}`;
}
