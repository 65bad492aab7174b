import type { TraceEvent } from '../../domain/event/event.ts';
import { budgets } from '../budgets.ts';
import type { EdgeList } from './edge-list.ts';
import { findEdges } from './edges.ts';
import { type EventIndex, indexEvents } from './event-index.ts';
import { type Relations, relate } from './happens-before.ts';
import { followLocks, type LockHistory } from './locks.ts';
import type { SpanCall } from './span-edges.ts';
import { findStrands, type StrandIndex } from './strands.ts';
import { sortTopologically, type Topology } from './topology.ts';

/**
 * All that order says of a causal group. Events go by their number in {@link EventIndex.events}
 * (their rank in time), strands by their number in {@link StrandIndex.strands}.
 */
export interface CausalOrder extends EventIndex, StrandIndex, Topology, Relations {
  /** Edges between strands, those dropped by {@link Topology} included. */
  readonly edges: EdgeList;
  /** Calls between spans: (upstream strand, downstream strand) pairs, each once. */
  readonly calls: readonly SpanCall[];
  readonly locks: LockHistory;
  readonly diagnostics: OrderDiagnostics;
}

/** What was left out, for those who wonder why two events are not ordered. */
export interface OrderDiagnostics {
  /** Events whose parent is not there: the trace may be incomplete. */
  readonly missingParents: number;
  /** Edges left out because they led to their own source, or closed a cycle. */
  readonly droppedEdges: number;
}

/**
 * Orders the events of a causal group: one trace, or several that {@link groupTraces} put together.
 * The result depends on the set of events only, never on their order. O(n log n).
 *
 * @param clockWords that one relation's clocks may have
 */
export function analyseOrder(
  events: readonly TraceEvent[],
  clockWords: number = budgets.clockWords,
): CausalOrder {
  const index = indexEvents(events);
  const strandIndex = findStrands(index);
  const { edges, calls } = findEdges(index, strandIndex);
  const topology = sortTopologically(strandIndex, edges);
  const locks = followLocks(index, strandIndex, topology);
  const relations = relate(index, strandIndex, edges, topology, locks, clockWords);
  return {
    ...index,
    ...strandIndex,
    ...topology,
    ...relations,
    edges,
    calls,
    locks,
    diagnostics: {
      missingParents: index.missingParents,
      droppedEdges: index.droppedParents + topology.droppedEdges + edges.selfEdges,
    },
  };
}
