import type { Effect } from '../statements/effect.ts';
import type { DraftList } from './draft-list.ts';
import { isDeadlock, isSerializationFailure, isSnapshotFailure } from './failure.ts';
import { isRowId, rowsOf } from './row.ts';
import type { Step } from './steps.ts';
import type { StoreState } from './store-state.ts';

/**
 * What a refused statement shows of its store: it puts whole transactions in an order, or lets none change
 * what another one changed since it began; null when it shows neither.
 *
 * @param hint what the path of the request says of rows of the table
 */
export function keptOrder(
  step: Step,
  store: StoreState,
  list: DraftList,
  hint: string | null,
): 'serializable' | 'snapshot' | null {
  const { span } = step;
  if (store.dialect !== 'mysql') {
    return isSerializationFailure(span) ? 'serializable' : null;
  }
  if (isSnapshotFailure(span)) return 'snapshot';
  const isShown = isDeadlock(span) && step.effects.some((effect) => hasRead(effect));
  return isShown ? 'serializable' : null;

  /**
   * A deadlock at the first write of a transaction, of one row by its id: who waits for that row held nothing
   * but what reading it had locked, and reads lock only where transactions are kept in an order.
   */
  function hasRead(effect: Effect): boolean {
    if (effect.kind !== 'write' || store.isKeyed || store.hasLocked) return false;
    const [row, ...others] = rowsOf(store.prefix, effect.table, effect.rows, hint);
    if (row === undefined || others.length > 0) return false;
    if (!row.key.some((column) => isRowId(effect.table.name, column))) return false;
    return list.drafts
      .slice(store.attemptStart)
      .some(
        (draft) =>
          draft.kind === 'access' &&
          draft.act === 'read' &&
          !draft.isTakenBack &&
          draft.row.identity === row.identity,
      );
  }
}
