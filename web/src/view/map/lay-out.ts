import type { ServiceMap } from '../../model/service-map.ts';
import { layOutGraph, type Point } from '../../ui/graph-layout.ts';

export type { Point } from '../../ui/graph-layout.ts';
export const nodeWidth = 156;
export const nodeHeight = 58;

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
  // Names are data: those of the graph are numbers.
  const place = new Map(nodes.map(({ name }, at) => [name, at]));
  const laid = layOutGraph({
    nodes: nodes.map(() => ({ width: nodeWidth, height: nodeHeight })),
    edges: calls.map(({ from, to }) => ({ from: place.get(from) ?? 0, to: place.get(to) ?? 0 })),
    ...{ direction: 'LR', nodeGap: 30, rankGap: 84, labelWidth: 64 },
  });
  return {
    width: laid.width,
    height: laid.height,
    nodes: new Map(nodes.map(({ name }, at) => [name, laid.nodes[at] ?? { x: 0, y: 0 }])),
    calls: laid.edges,
  };
}
