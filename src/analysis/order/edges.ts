import { EdgeList } from './edge-list.ts';
import type { EventIndex } from './event-index.ts';
import { addMessageEdges } from './message-edges.ts';
import { addSpanEdges, type SpanCall } from './span-edges.ts';
import type { StrandIndex } from './strands.ts';
import { addTaskEdges } from './task-edges.ts';

export interface Links {
  readonly edges: EdgeList;
  /** Calls between spans, found by span ids. */
  readonly calls: readonly SpanCall[];
}

/** Every edge between strands that the events of a group tell of (docs/analysis.md, "Edges"). */
export function findEdges(index: EventIndex, strandIndex: StrandIndex): Links {
  const edges = new EdgeList();
  addParentEdges(index, strandIndex, edges);
  addTaskEdges(index, strandIndex, edges);
  addMessageEdges(index, strandIndex, edges);
  const calls = addSpanEdges(index, strandIndex, edges);
  return { edges, calls };
}

function addParentEdges(
  { parentOf, events }: EventIndex,
  { strandOf }: StrandIndex,
  edges: EdgeList,
): void {
  for (let event = 0; event < parentOf.length; event += 1) {
    const parent = parentOf[event] as number;
    if (parent < 0 || strandOf[parent] === strandOf[event]) continue;
    edges.add(parent, event, events[parent]?.kind === 'AsyncSpawn' ? 'spawn' : 'parent', 'high');
  }
}
