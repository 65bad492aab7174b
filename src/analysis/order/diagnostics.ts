import { type Confidence, confidences, type EdgeSource, edgeSources } from './edge-list.ts';
import type { CausalOrder } from './order.ts';

/**
 * How much of the order between strands is known, and from which sources. A missing edge shows as a
 * race that is none; a wrong edge hides a race. Members are wire names.
 */
export interface TraceDiagnostics {
  /** Events name a parent that is not there (yet): findings may still be retracted. */
  readonly incomplete: boolean;
  readonly missing_parents: number;
  /** Edges left out because they led to their own source or closed a cycle. */
  readonly dropped_edges: number;
  /** Threads of control that were told apart. */
  readonly strands: number;
  /** Edges between strands that count, by source, then confidence; what there is none of is left out. */
  readonly edges: readonly EdgeCount[];
}

export interface EdgeCount {
  readonly source: EdgeSource;
  readonly confidence: Confidence;
  readonly count: number;
}

/** Says what the order of a group rests on. */
export function diagnose({ diagnostics, strands, edges, incoming }: CausalOrder): TraceDiagnostics {
  const counts = new Int32Array(edgeSources.length * confidences.length);
  for (const edge of incoming) {
    const slot =
      (edges.sources[edge] as number) * confidences.length + (edges.confidences[edge] as number);
    counts[slot] = (counts[slot] as number) + 1;
  }
  return {
    incomplete: diagnostics.missingParents > 0,
    missing_parents: diagnostics.missingParents,
    dropped_edges: diagnostics.droppedEdges,
    strands: strands.length,
    edges: edgeSources
      .flatMap((source, row) =>
        confidences.map((confidence, column): EdgeCount => {
          const count = counts[row * confidences.length + column] as number;
          return { source, confidence, count };
        }),
      )
      .filter(({ count }) => count > 0),
  };
}
