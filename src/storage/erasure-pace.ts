/** How fast traces are erased: writers must hardly notice, and a million events go within minutes. */

/** Traces of one transaction: so few that its commit is hardly more to write than that of a writer. */
export const BATCH_TRACES = 20;
/** Events of one transaction, unless its first trace alone has more. */
export const BATCH_EVENTS = 500;

/**
 * Traces of one transaction of retention. What it takes from sums is taken once for all of them, which makes
 * it several times as fast a trace; nobody waits for what is as old as that, but for the sums.
 */
export const EXPIRED_TRACES = 250;
/** Events of one transaction of retention, unless its first trace alone has more. */
export const EXPIRED_EVENTS = 10_000;

/** Two thirds of the time belong to writers alone. */
const REST_PER_WORK = 2;

/** How long to rest after a batch. */
export function restMs(workedMs: number): number {
  return workedMs * REST_PER_WORK;
}
