import type { budgets } from '../budgets.ts';

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
 * Edges between events of different strands, as columns. The order inside a strand needs no edges.
 * Lock order and atomics have none either, as the edges of one lock would grow with the square of
 * its uses (see happens-before.ts).
 */
export class EdgeList {
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly sources: number[] = [];
  readonly confidences: number[] = [];
  /** Edges refused because they lead from an event or a span to itself. */
  selfEdges = 0;
  /** Edges are missing because there would be more than {@link budgets.awaitEdges}. */
  isTruncated = false;

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
