import { isSelected, type TraceSelection } from '../../domain/trace/trace-selection.ts';
import type { SelectedTrace } from '../storage.ts';
import type { StoredTrace } from './events/stored-trace.ts';
import type { TraceShelf } from './events/trace-shelf.ts';
import type { TraceList } from './list/trace-list.ts';

/** The first of some items, as many as there may be. */
export function firstOf<Item>(items: Iterable<Item>, limit: number): Item[] {
  const first: Item[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === limit) break;
  }
  return first;
}

/** Those of some traces that a selection takes. */
export function selectedOf(
  traces: readonly StoredTrace[],
  selection: TraceSelection,
  list: TraceList,
  shelf: TraceShelf,
): SelectedTrace[] {
  const isTagged = (trace: StoredTrace) =>
    selection.tags.length === 0 || shelf.reading(trace, () => trace.hasTags(selection.tags));
  return traces
    .filter((trace) => isSelected(selection, list.summaryOf(trace), trace.keyNames))
    .filter(isTagged)
    .map(({ summary, log }) => ({ traceId: summary.traceId, eventCount: log.count }));
}
