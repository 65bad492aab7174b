import type { SpansOfAppend, StoredBeginnings } from '../../../domain/latency/spans-of-append.ts';
import type { StoredTrace } from './stored-trace.ts';

/** Reads from a trace that is not packed meanwhile; gives null when there is no such trace. */
export type ReadStored = <Found>(
  traceId: string,
  from: (trace: StoredTrace) => Found,
) => Found | null;

/**
 * What is stored of the beginnings of steps that end in an append.
 *
 * @param read gives what is read from a trace that is not packed; null when there is no such trace
 */
export function storedBeginnings(
  { uncalled, exclusion }: SpansOfAppend,
  read: ReadStored,
): StoredBeginnings {
  const traceIds = new Set(uncalled.map(({ traceId }) => traceId));
  return {
    requestOf: (step) =>
      read(step.event.traceId, (trace) => trace.requestOf(step, exclusion.asksForUserAgents)),
    functions: [...traceIds].flatMap(
      (traceId) => read(traceId, (trace) => trace.recentFunctions()) ?? [],
    ),
  };
}
