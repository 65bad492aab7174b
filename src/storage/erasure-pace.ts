/** How fast traces are erased: writers must hardly notice, and a million events go within minutes. */

/** Traces of one transaction: so few that its commit is hardly more to write than that of a writer. */
export const BATCH_TRACES = 20;
/** Events of one transaction, unless its first trace alone has more. */
export const BATCH_EVENTS = 500;

/** Two thirds of the time belong to writers alone. */
const REST_PER_WORK = 2;

/** How long to rest after a batch. */
export function restMs(workedMs: number): number {
  return workedMs * REST_PER_WORK;
}
