import type { EdgeList } from '../order/edge-list.ts';

/** What somebody reads of one trace, or a picture can show; a trace of a hundred thousand events may have as many. */
const edgesMax = 2000;

/**
 * What is known to put one row before another, between threads: the row before, the row after, and
 * the places of source and confidence in their lists, four numbers for each edge.
 *
 * @param rowOf row of an event; undefined for one that is not shown
 */
export function rowEdges(edges: EdgeList, rowOf: (event: number) => number | undefined): number[] {
  const found: number[] = [];
  for (let edge = 0; edge < edges.count && found.length < edgesMax * 4; edge += 1) {
    const from = rowOf(edges.from[edge] as number);
    const to = rowOf(edges.to[edge] as number);
    if (from === undefined || to === undefined || from === to) continue;
    found.push(from, to, edges.sources[edge] as number, edges.confidences[edge] as number);
  }
  return found;
}
