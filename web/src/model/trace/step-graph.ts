import { flag, type Timeline, wordsOf } from './timeline.ts';

/** More are no picture any more. */
export const stepNodesMax = 40;
export const valueNodesMax = 16;
/** To lay out more would hold up the page, and nobody could follow them. */
export const graphEdgesMax = 160;

/** Steps of one service and name as one, or a variable. */
export interface GraphNode {
  readonly kind: 'step' | 'variable';
  readonly name: string;
  readonly service: string;
  readonly count: number;
  readonly totalUs: number;
  readonly races: boolean;
  /** One of its rows: the longest, of a variable the first that races. */
  readonly row: number;
}

/** Who called what, and what read or wrote what; by places of nodes. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: 'calls' | 'reads' | 'writes';
  readonly count: number;
}

export interface StepGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Nodes that are left out: those with the least time, and the variables used least. */
  readonly leftOut: number;
  /** Edges between those that are shown that are left out: the ones that were gone least. */
  readonly edgesLeftOut: number;
}

interface Known {
  node: GraphNode;
  readonly key: string;
}

/** A trace as a graph: steps that do the same are one, and what they share stands between them. */
export function stepGraph(timeline: Timeline): StepGraph {
  const steps = new Map<string, Known>();
  const values = new Map<string, Known>();
  const keys: string[] = [];
  for (let row = 0; row < timeline.rows; row += 1) {
    const words = wordsOf(timeline, row);
    const isAccess = (words.flags & (flag.reads | flag.writes)) !== 0;
    const isLock = (words.flags & flag.lock) !== 0;
    const races = timeline.races.has(row);
    const { service, name, tookUs } = words;
    keys[row] = '';
    if (isLock || (!isAccess && tookUs === null && !races)) continue;
    const ofName = timeline.name[row] ?? -1;
    const key = isAccess ? `${ofName}` : `${timeline.service[row]} ${timeline.kind[row]} ${ofName}`;
    keys[row] = key;
    const list = isAccess ? values : steps;
    const node = list.get(key)?.node;
    const took = tookUs ?? 0;
    const isBetter =
      node === undefined || (isAccess ? races && !node.races : took > tookOf(timeline, node.row));
    list.set(key, {
      key,
      node: {
        kind: isAccess ? 'variable' : 'step',
        ...{ name, service: isAccess ? '' : service },
        count: (node?.count ?? 0) + 1,
        totalUs: (node?.totalUs ?? 0) + took,
        races: races || node?.races === true,
        row: isBetter ? row : node.row,
      },
    });
  }
  const shown = [
    ...[...steps.values()].sort((a, b) => b.node.totalUs - a.node.totalUs).slice(0, stepNodesMax),
    ...[...values.values()]
      .sort((a, b) => Number(b.node.races) - Number(a.node.races) || b.node.count - a.node.count)
      .slice(0, valueNodesMax),
  ];
  const placeOf = new Map(shown.map(({ key }, place) => [key, place]));
  const edges = edgesOf(timeline, keys, placeOf).sort((a, b) => b.count - a.count);
  return {
    nodes: shown.map(({ node }) => node),
    edges: edges.slice(0, graphEdgesMax),
    leftOut: steps.size + values.size - shown.length,
    edgesLeftOut: Math.max(0, edges.length - graphEdgesMax),
  };
}

function tookOf({ start, end }: Timeline, row: number): number {
  return (end[row] ?? 0) - (start[row] ?? 0);
}

/** From each row to the nearest above that is shown. */
function edgesOf(
  timeline: Timeline,
  keys: readonly string[],
  placeOf: ReadonlyMap<string, number>,
): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  /** Rows above that are shown, the outermost first. */
  const above: { depth: number; place: number }[] = [];
  for (let row = 0; row < timeline.rows; row += 1) {
    const depth = timeline.depth[row] ?? 0;
    while (above.length > 0 && (above.at(-1)?.depth ?? 0) >= depth) above.pop();
    const place = placeOf.get(keys[row] ?? '');
    if (place === undefined) continue;
    const from = above.at(-1)?.place;
    const flags = timeline.flags[row] ?? 0;
    const isAccess = (flags & (flag.reads | flag.writes)) !== 0;
    const kind = isAccess ? ((flags & flag.writes) === 0 ? 'reads' : 'writes') : 'calls';
    if (from !== undefined && from !== place) {
      const key = `${from} ${place} ${kind}`;
      edges.set(key, { from, to: place, kind, count: (edges.get(key)?.count ?? 0) + 1 });
    }
    if (!isAccess) above.push({ depth, place });
  }
  return [...edges.values()];
}
