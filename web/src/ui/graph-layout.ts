import { Graph, layout } from '@dagrejs/dagre';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is laid out: boxes by their numbers, and ways between them. */
export interface GraphToLay {
  readonly nodes: readonly { readonly width: number; readonly height: number }[];
  readonly edges: readonly { readonly from: number; readonly to: number }[];
  /** Room between boxes beside each other, and between one and the next. */
  readonly nodeGap: number;
  readonly rankGap: number;
  /** From left to right, or from top to bottom. */
  readonly direction: 'LR' | 'TB';
  /** Room for the words at an edge. */
  readonly labelWidth: number;
}

/** Where everything of a graph lies. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** Middle of each node. */
  readonly nodes: readonly Point[];
  /** The way of each edge; empty from a node to itself. */
  readonly edges: readonly (readonly Point[])[];
}

const margin = 16;
const labelHeight = 20;

/** Lays out a graph, what edges come from in front. */
export function layOutGraph(given: GraphToLay): GraphLayout {
  const graph = new Graph({ multigraph: true });
  const { nodeGap, rankGap, labelWidth, direction } = given;
  graph.setGraph({
    rankdir: direction,
    nodesep: nodeGap,
    ranksep: rankGap,
    marginx: margin,
    marginy: margin,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  given.nodes.forEach((size, place) => {
    graph.setNode(String(place), { ...size });
  });
  given.edges.forEach(({ from, to }, place) => {
    if (from === to) return;
    const label = { width: labelWidth, height: labelHeight, labelpos: 'c' };
    graph.setEdge(String(from), String(to), label, String(place));
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: given.nodes.map((_, place) => pointOf(graph.node(String(place)))),
    edges: given.edges.map(({ from, to }, place) => {
      if (from === to) return [];
      const edge = graph.edge(String(from), String(to), String(place)) as {
        points?: readonly Point[];
      };
      return edge.points ?? [];
    }),
  };
}

function pointOf(node: unknown): Point {
  const { x, y } = node as Point;
  return { x, y };
}
