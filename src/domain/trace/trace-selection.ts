import type { Tag } from './tag.ts';
import type { TraceSummary } from './trace.ts';
import { everyTrace, matcher, type TraceFilter, unfiltered } from './trace-query.ts';

/** Which traces are exported or erased: those that every part of it lets through. */
export interface TraceSelection extends TraceFilter {
  /** Only these traces; null: any. */
  readonly traceIds: readonly string[] | null;
  /** Traces that have each of these tags on one event or another. */
  readonly tags: readonly Tag[];
  /** Traces that the key of this name wrote to; null: any. */
  readonly keyName: string | null;
}

/** The selection of all that is stored. */
export const everything: TraceSelection = {
  ...unfiltered,
  traceIds: null,
  tags: [],
  keyName: null,
};

/**
 * Whether a trace is selected, judged by its summary and the names of its keys alone. The tags of
 * its events are checked elsewhere.
 */
export function isSelected(
  { traceIds, keyName, ...filter }: TraceSelection,
  trace: TraceSummary,
  keyNames: readonly string[],
): boolean {
  if (traceIds !== null && !traceIds.includes(trace.traceId)) return false;
  if (keyName !== null && !keyNames.includes(keyName)) return false;
  return matcher({ ...everyTrace, ...filter })(trace);
}
