/** Whether a `lock_type` names a lock for reading: it ends in "read", whatever comes before. */
export function isReadLock(lockType: string): boolean {
  return lockType.toLowerCase().endsWith('read');
}
