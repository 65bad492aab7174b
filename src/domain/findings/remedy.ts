/** Ways to close a race. */
export const remedyKinds = [
  'same_lock',
  'row_lock',
  'atomic_update',
  'version_check',
  'unique_index',
  'serializable',
  'snapshot',
  'common_row',
  'committed_read',
  'idempotency_key',
  'conditional_write',
  'key_lock',
  'script',
  'watch',
  'if_match',
  'mutex',
] as const;

/** One way to close a race, fitting the store that it was seen in. It is advice: code knows more than traces. */
export interface Remedy {
  readonly kind: (typeof remedyKinds)[number];
  /** What to do, in one line. */
  readonly title: string;
  /** Why that helps, and what to mind. */
  readonly text: string;
  /** Code or statements, or empty where the text says it all; with names of the race where they are plain words. */
  readonly example: string;
}
