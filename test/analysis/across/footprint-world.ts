import { footprintsOf } from '../../../src/analysis/accesses/footprints.ts';
import { findingsAcross } from '../../../src/analysis/across/across.ts';
import { groupTraces } from '../../../src/analysis/order/groups.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import type { TraceEvent } from '../../../src/domain/event/event.ts';
import type { Finding } from '../../../src/domain/findings/finding.ts';
import type { Footprint } from '../../../src/domain/findings/footprint.ts';

/** The items of a list by key. */
export function groupBy<Item>(
  list: readonly Item[],
  keyOf: (item: Item) => string,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** The footprints of all traces of some events. */
export function footprints(events: readonly TraceEvent[]): readonly Footprint[] {
  const traces = groupBy(events, ({ traceId }) => traceId);
  return groupTraces(traces).flatMap(({ events: own, traceIds }) =>
    footprintsOf(analyseOrder(own), traceIds),
  );
}

/** The findings of every trace against all others, each once, by its owner. */
export function crossFindings(all: readonly Footprint[]): readonly Finding[] {
  const traces = [...new Set(all.map(({ traceId }) => traceId))].sort();
  return traces.flatMap((trace) =>
    findingsAcross(
      all.filter(({ traceId }) => traceId === trace),
      all.filter(({ traceId }) => traceId !== trace),
    ),
  );
}
