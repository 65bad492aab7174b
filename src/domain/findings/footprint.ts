import type { AccessType } from '../event/event-kind.ts';

/** How a lock is held; readers do not exclude each other. */
export type LockMode = 'exclusive' | 'read';

/** A lock that was held at an access. */
export interface HeldLock {
  readonly name: string;
  readonly mode: LockMode;
}

/** A place in the code that accesses a variable: where, how, and under which locks. */
export interface AccessSite {
  readonly service: string;
  readonly location: string;
  readonly access_type: AccessType;
  /** By name, then mode. */
  readonly locks: readonly HeldLock[];
}

/**
 * What an access says of where its variable lives; `plain` when it says nothing. A `global` one is
 * shared by all environments, a `shared` one by those of one.
 */
export type VariableScope = 'global' | 'shared' | 'process' | 'plain';

/** A place in the code, and all that decides whether another one meets it in another trace. */
export interface PlacedSite extends AccessSite {
  readonly scope: VariableScope;
  /** JSON text of `[service, instance]`: whose memory a plain or process variable lives in. */
  readonly process: string;
  /** `production`, `staging` …: accesses of two environments never meet. */
  readonly environment: string;
  /**
   * The locks of {@link AccessSite.locks} as other traces would name them: a lock of one process
   * carries its service and instance.
   */
  readonly crossLocks: readonly HeldLock[];
  /** The accesses belong to an attempt that the trace then aborted: they never conflict. */
  readonly undone: boolean;
}

/** The accesses of one trace that differ only in when and on which strand they happened. */
export interface FootprintSignature extends PlacedSite {
  /** Method and route pattern of the request that made the access; null when it was none. */
  readonly operation: string | null;
  /** The function that made the access, as far as the trace tells. */
  readonly functionName: string | null;
  /** The release of the service that made the access, where it says one. */
  readonly release?: string;
  /** How far the stamps of the accesses may be from the truth, on either side. */
  readonly clockErrorNs: number;
  /** The SDK took the old values of writes, so that the code which wrote need not have known them. */
  readonly isOldValueTracked: boolean;
  /** All accesses of the trace with this signature, also those that {@link Footprint.accesses} leaves out. */
  readonly count: number;
}

/** One access, as far as other traces need to know it. */
export interface FootprintAccess {
  readonly eventId: string;
  /** Nanoseconds since 1970, as decimal text. */
  readonly timestampNs: string;
  /** As it was sent. */
  readonly timestamp: string;
  readonly thread: string;
  /** Place in {@link Footprint.signatures}. */
  readonly signature: number;
  /** Place of the event among all events of the trace, in causal order. */
  readonly order: number;
  /** JSON texts of the values; null when absent, null or too long to keep. */
  readonly oldValue: string | null;
  readonly newValue: string | null;
  /** Of an access that follows from a statement. */
  readonly statement?: StatementFacts;
}

/** What is known of an access that follows from a statement, or a call, in a span. */
export interface StatementFacts {
  /** When it began, nanoseconds since 1970 as decimal text; the access's timestamp is its end. */
  readonly fromNs: string;
  /** What tells its row from others of the same name; null: nothing, or the name does. */
  readonly hint: string | null;
  /** It reads nothing: what the trace had read before was used, for something else that it wrote. */
  readonly isUse?: true;
  /** It tried to add a row, and the store refused it as a second one: a unique index decides there. */
  readonly isRefused?: true;
  /** When others may first have seen it, nanoseconds since 1970 as decimal text: its transaction committed then. */
  readonly seenFromNs?: string;
  /** When the trace began to try it, as {@link fromNs}: the store had refused it before to keep an order. */
  readonly refusedFromNs?: string;
  /** The branch of the trace that made it, where there are several, or the message is known. */
  readonly branch?: StatementBranch;
}

/** What one thread of control of a trace did; names of those that waited for it begin its own. */
export interface StatementBranch {
  readonly name: string;
  /** Nanoseconds since 1970 as decimal text. */
  readonly untilNs: string;
  readonly message: string | null;
}

/** What one trace did to one variable: all that findings across traces are made from. */
export interface Footprint {
  readonly traceId: string;
  readonly variable: string;
  /** First and last access, nanoseconds since 1970 as decimal text. */
  readonly firstNs: string;
  readonly lastNs: string;
  readonly signatures: readonly FootprintSignature[];
  /** In causal order; the first ones when there are more than the budget. */
  readonly accesses: readonly FootprintAccess[];
  /** False when accesses or signatures were left out. */
  readonly complete: boolean;
  /** The trace's transaction, when it has `transaction.commit` or `.abort` markers; else null. */
  readonly transaction: FootprintTransaction | null;
  /** Traces of the same causal group (this one included), sorted: between them nothing is "across". */
  readonly group: readonly string[];
}

/** How the transaction of a trace ended, and when it was under way. */
export interface FootprintTransaction {
  readonly outcome: 'committed' | 'aborted';
  /** First event of the trace, and its commit or abort marker: nanoseconds since 1970 as decimal text. */
  readonly beginNs: string;
  readonly endNs: string;
}
