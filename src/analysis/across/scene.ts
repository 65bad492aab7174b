import type { PairScope } from '../../domain/findings/finding.ts';
import type { VariableHistory } from './history/history.ts';
import type { Window } from './history/timeline.ts';
import { type Access, areStrangers, isSurelyBefore, type Visit } from './history/visits.ts';
import { type InferredScope, inferScope, scopeBetween } from './scope-inference.ts';

/** What one visit is held against: the history of its variable, as far as it reaches. */
export interface Scene {
  readonly visit: Visit;
  readonly history: VariableHistory;
  /** See {@link VariableHistory.reachOf}; all time for a transaction. */
  readonly reach: Window;
  readonly inferred: InferredScope;
}

/** Looks at the surroundings of a visit. */
export function sceneOf(history: VariableHistory, visit: Visit): Scene {
  const isTransaction = visit.trace.transaction !== null;
  const reach: Window = isTransaction ? [0n, 2n ** 63n] : history.reachOf(visit);
  return { visit, history, reach, inferred: inferScope(history, visit) };
}

/** In what scope two accesses meet for certain; null when they do not, or nobody knows. */
export function surelyMeet({ inferred }: Scene, a: Access, b: Access): PairScope | null {
  if (!areStrangers(a.visit.trace, b.visit.trace)) return null;
  const scope = scopeBetween(a.signature, b.signature, inferred);
  return scope === 'unknown' ? null : scope;
}

/**
 * The write that a read took its value from: one trace alone wrote it in the time that counts, it had
 * not been there before, and it had been written by then as far as the clock tells.
 */
export function sourceOf({ history, reach }: Scene, value: string, read: Access): Access | null {
  const write = history.onlyWrite(value, reach);
  if (write === null || isSurelyBefore(read, write)) return null;
  return history.isSeenBefore(write, value, reach) ? null : write;
}
