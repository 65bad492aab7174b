import type { StatementAct } from '../../domain/event/event-kind.ts';
import type { Row } from './row.ts';
import type { StoredSpan } from './span.ts';

/** When and where a step was made. */
export interface Moment {
  readonly span: StoredSpan;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** The step without its values, for people. */
  readonly label: string;
  /** The branch whose transaction it is in; '' for that of the request. */
  readonly owner: string;
}

/** Stands for whether there is such a row. */
export const EXISTENCE = 'exists';

/** An access that a step is found to make, as long as nothing later takes it back. */
export interface DraftAccess {
  readonly kind: 'access';
  readonly at: Moment;
  /** The store and table, as variables begin. */
  readonly table: string;
  readonly row: Row;
  /** '' for a store of plain keys. */
  readonly column: string;
  readonly act: StatementAct;
  /** The text of the value that was written or found, or whether there is a row; null when nothing reveals it. */
  readonly value: string | boolean | null;
  /** When its transaction began to commit, and others may see it; null: there is none, or nobody knows. */
  seenFromNs: bigint | null;
  /** When the request began to try it, where the store had refused it before to keep an order; else null. */
  readonly refusedFromNs: bigint | null;
  isTakenBack: boolean;
}

/** A lock that was taken or given up. */
export interface DraftLock {
  readonly kind: 'lock';
  readonly at: Moment;
  readonly isAcquire: boolean;
  readonly name: string;
  /** As `lock_type` of a LockAcquire. */
  readonly type: string;
  isTakenBack: boolean;
}

export type Draft = DraftAccess | DraftLock;
