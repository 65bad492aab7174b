import { Graph, layout } from '@dagrejs/dagre';
import type { ServiceMap } from '../../model/service-map.ts';

export const nodeWidth = 156;
export const nodeHeight = 58;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything of the map lies. */
export interface MapLayout {
  readonly width: number;
  readonly height: number;
  /** Middle of each node, by its name. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** The way of each call, in the order of the map's calls. */
  readonly calls: readonly (readonly Point[])[];
}

/** Lays out services from left to right, callers in front. */
export function layOut({ nodes, calls }: ServiceMap): MapLayout {
  const graph = new Graph({ multigraph: false });
  graph.setGraph({ rankdir: 'LR', nodesep: 30, ranksep: 84, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  // Names are data: those of the graph are numbers.
  const place = new Map(nodes.map(({ name }, at) => [name, String(at)]));
  nodes.forEach((_, at) => {
    graph.setNode(String(at), { width: nodeWidth, height: nodeHeight });
  });
  const own = calls.filter(({ from, to }) => from !== to);
  for (const { from, to } of own) {
    graph.setEdge(place.get(from) ?? '', place.get(to) ?? '', {
      width: 64,
      height: 20,
      labelpos: 'c',
    });
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: new Map(nodes.map(({ name }, at) => [name, pointOf(graph.node(String(at)))])),
    calls: calls.map(({ from, to }) => {
      if (from === to) return [];
      const edge = graph.edge(place.get(from) ?? '', place.get(to) ?? '') as {
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
