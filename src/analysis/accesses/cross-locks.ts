import type { TraceEvent } from '../../domain/event/event.ts';
import type { HeldLock } from '../../domain/findings/footprint.ts';
import type { CausalOrder } from '../order/order.ts';

/** Words of a `lock_type` that say that the lock is one for all processes. */
const SHARED = /(?:^|[^a-z])(?:redis|advisory|row|distributed)/;

/** Whether a lock of this type is the same lock in every process. */
export function isSharedLock(lockType: string): boolean {
  const words = lockType.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return SHARED.test(words);
}

/** Names of the locks of a group that some acquire or release says to be shared by all processes. */
export function findSharedLocks(order: CausalOrder): ReadonlySet<string> {
  const names = new Set<string>();
  for (const event of order.events) {
    if (event.kind !== 'LockAcquire' && event.kind !== 'LockRelease') continue;
    if (isSharedLock(event.payload.lock_type)) names.add(event.payload.lock_id);
  }
  return names;
}

/** The locks held at an access under names that mean the same lock in every trace. */
export function crossLocksOf(
  { metadata }: TraceEvent,
  locks: readonly HeldLock[],
  shared: ReadonlySet<string>,
): readonly HeldLock[] {
  const process = [metadata.service_name, metadata.instance_id ?? null];
  return locks
    .map(({ name, mode }) => ({
      name: JSON.stringify(shared.has(name) ? [name] : [...process, name]),
      mode,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
