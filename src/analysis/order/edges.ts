import type { budgets } from '../budgets.ts';
import type { EventIndex } from './event-index.ts';
import { addMessageEdges } from './message-edges.ts';
import { addSpanEdges, type SpanCall } from './span-edges.ts';
import type { StrandIndex } from './strands.ts';
import { addTaskEdges } from './task-edges.ts';

/** Where an edge between strands comes from; the place in this list is its code in {@link EdgeList}. */
export const edgeSources = ['parent', 'spawn', 'await', 'message', 'call', 'return'] as const;
export type EdgeSource = (typeof edgeSources)[number];

/** How far an edge can be trusted; the place in this list is its code in {@link EdgeList}. */
export const confidences = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof confidences)[number];

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly source: EdgeSource;
  readonly confidence: Confidence;
}

/**
 * Edges between events of different strands, as columns; the order inside a strand needs none. Lock
 * order and atomics are no edges either: one lock would give a square of them (see
 * happens-before.ts).
 */
export class EdgeList {
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly sources: number[] = [];
  readonly confidences: number[] = [];
  /** Edges refused because they lead from an event or a span to itself. */
  selfEdges = 0;
  /** Edges are missing because there would be more than {@link budgets.awaitEdges}. */
  isCut = false;

  get count(): number {
    return this.from.length;
  }

  add(from: number, to: number, source: EdgeSource, confidence: Confidence): void {
    this.from.push(from);
    this.to.push(to);
    this.sources.push(edgeSources.indexOf(source));
    this.confidences.push(confidences.indexOf(confidence));
  }

  at(edge: number): Edge {
    return {
      from: this.from[edge] as number,
      to: this.to[edge] as number,
      source: edgeSources[this.sources[edge] as number] as EdgeSource,
      confidence: confidences[this.confidences[edge] as number] as Confidence,
    };
  }
}

export interface Links {
  readonly edges: EdgeList;
  /** Calls between spans, found by span ids. */
  readonly calls: readonly SpanCall[];
}

/** Every edge between strands that the events of a group tell of (analysis.md 3.2, a to e). */
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
