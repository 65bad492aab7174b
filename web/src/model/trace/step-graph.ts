import { flag, type Timeline, wordsOf } from './timeline.ts';

/** More are no picture any more. */
export const stepNodesMax = 40;
export const valueNodesMax = 16;
/** To lay out more would hold up the page, and nobody could follow them. */
export const graphEdgesMax = 60;

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

/** What is known of a node so far. */
interface Known {
  readonly key: number;
  count: number;
  totalUs: number;
  races: boolean;
  row: number;
}

/** A trace as a graph: steps that do the same are one, and what they share stands between them. */
export function stepGraph(timeline: Timeline): StepGraph {
  const { tables, kind, service, name } = timeline;
  const steps = new Map<number, Known>();
  const values = new Map<number, Known>();
  const keys = new Float64Array(timeline.rows).fill(Number.NaN);
  for (let row = 0; row < timeline.rows; row += 1) {
    const flags = timeline.flags[row] ?? 0;
    const isAccess = (flags & (flag.reads | flag.writes)) !== 0;
    const races = timeline.races.has(row);
    const took = tookOf(timeline, row);
    if ((flags & flag.lock) !== 0 || (!isAccess && took <= 0 && !races)) continue;
    const kindOfService = (service[row] ?? 0) * tables.kinds.length + (kind[row] ?? 0);
    const ofStep = kindOfService * tables.names.length + (name[row] ?? 0);
    const key = isAccess ? -1 - (name[row] ?? 0) : ofStep;
    keys[row] = key;
    const list = isAccess ? values : steps;
    const known = list.get(key);
    if (known === undefined) {
      list.set(key, { key, count: 1, totalUs: took, races, row });
      continue;
    }
    const isBetter = isAccess ? races && !known.races : took > tookOf(timeline, known.row);
    if (isBetter) known.row = row;
    known.count += 1;
    known.totalUs += took;
    known.races ||= races;
  }
  const shown = [
    ...[...steps.values()].sort((a, b) => b.totalUs - a.totalUs).slice(0, stepNodesMax),
    ...[...values.values()]
      .sort((a, b) => Number(b.races) - Number(a.races) || b.count - a.count)
      .slice(0, valueNodesMax),
  ];
  const placeOf = new Map(shown.map(({ key }, place) => [key, place]));
  const edges = edgesOf(timeline, keys, placeOf).sort((a, b) => b.count - a.count);
  return {
    nodes: shown.map((known) => nodeOf(timeline, known)),
    edges: edges.slice(0, graphEdgesMax),
    leftOut: steps.size + values.size - shown.length,
    edgesLeftOut: Math.max(0, edges.length - graphEdgesMax),
  };
}

function nodeOf(timeline: Timeline, { key, count, totalUs, races, row }: Known): GraphNode {
  const { name, service } = wordsOf(timeline, row);
  return key < 0
    ? { kind: 'variable', name, service: '', count, totalUs, races, row }
    : { kind: 'step', name, service, count, totalUs, races, row };
}

function tookOf({ start, end }: Timeline, row: number): number {
  return (end[row] ?? 0) - (start[row] ?? 0);
}

/** From each row to the nearest above that is shown. */
function edgesOf(
  timeline: Timeline,
  keys: Float64Array,
  placeOf: ReadonlyMap<number, number>,
): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  /** Rows above that are shown, the outermost first. */
  const above: { depth: number; place: number }[] = [];
  for (let row = 0; row < timeline.rows; row += 1) {
    const depth = timeline.depth[row] ?? 0;
    while (above.length > 0 && (above.at(-1)?.depth ?? 0) >= depth) above.pop();
    const place = placeOf.get(keys[row] ?? Number.NaN);
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
