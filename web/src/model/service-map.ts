import type { EdgeList, Issue, ServiceList, VariableList } from '../api/types.ts';

/** A service of the map, or several of one name's beginning that share a node. */
export interface MapNode {
  readonly name: string;
  /** The services in it: one, unless there are too many to draw. */
  readonly services: readonly string[];
  readonly traces: number;
  readonly events: number;
  readonly races: number;
}

/** Calls from one node to another. */
export interface MapCall {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
}

/** Variables that two nodes access; in no direction. */
export interface MapShare {
  readonly between: readonly [string, string];
  readonly variables: readonly string[];
  readonly races: number;
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[];
  readonly calls: readonly MapCall[];
  readonly shares: readonly MapShare[];
}

/** More nodes than this nobody reads. */
export const nodesMax = 60;

/** Puts together what is known of services; the rarest of too many share nodes by their names' beginnings. */
export function serviceMap(
  services: ServiceList['services'],
  edges: EdgeList['edges'],
  variables: VariableList['variables'],
  issues: readonly Pick<Issue, 'services'>[],
): ServiceMap {
  const nodeOf = foldNames(services);
  const nodes = new Map<string, MapNode>();
  for (const { name, trace_count: traces, event_count: events } of services) {
    const node = nodeOf(name);
    const known = nodes.get(node);
    nodes.set(node, {
      name: node,
      services: [...(known?.services ?? []), name],
      // Traces of several services of one node may be the same ones.
      traces: Math.max(known?.traces ?? 0, traces),
      events: (known?.events ?? 0) + events,
      races: 0,
    });
  }
  for (const issue of issues) {
    for (const node of new Set(issue.services.map(nodeOf))) {
      const known = nodes.get(node);
      if (known !== undefined) nodes.set(node, { ...known, races: known.races + 1 });
    }
  }
  const known = (name: string) => nodes.has(name);
  return {
    nodes: [...nodes.values()],
    calls: callsOf(edges, nodeOf).filter(({ from, to }) => known(from) && known(to)),
    shares: sharesOf(variables, nodeOf).filter(({ between }) => between.every(known)),
  };
}

function foldNames(services: ServiceList['services']): (name: string) => string {
  if (services.length <= nodesMax) return (name) => name;
  const own = new Set(
    services
      .toSorted((a, b) => b.trace_count - a.trace_count)
      .slice(0, nodesMax / 2)
      .map(({ name }) => name),
  );
  const beginnings = new Map<string, number>();
  for (const { name } of services) {
    if (own.has(name)) continue;
    const beginning = beginningOf(name);
    beginnings.set(beginning, (beginnings.get(beginning) ?? 0) + 1);
  }
  const shown = new Set(
    [...beginnings]
      .sort(([, a], [, b]) => b - a)
      .slice(0, nodesMax / 2 - 1)
      .map(([beginning]) => beginning),
  );
  return (name) => {
    if (own.has(name)) return name;
    const beginning = beginningOf(name);
    return shown.has(beginning) ? `${beginning}…` : 'others';
  };
}

function beginningOf(name: string): string {
  return /^[^-._/:]+[-._/:]?/.exec(name)?.[0] ?? name;
}

function callsOf(edges: EdgeList['edges'], nodeOf: (name: string) => string): MapCall[] {
  const sums = new Map<string, MapCall>();
  for (const { from_service, to_service, call_count } of edges) {
    const [from, to] = [nodeOf(from_service), nodeOf(to_service)];
    const key = JSON.stringify([from, to]);
    sums.set(key, { from, to, calls: (sums.get(key)?.calls ?? 0) + call_count });
  }
  return [...sums.values()];
}

function sharesOf(
  variables: VariableList['variables'],
  nodeOf: (name: string) => string,
): MapShare[] {
  const shares = new Map<string, MapShare>();
  for (const { variable, services, race_count } of variables) {
    const names = [...new Set(services.map(nodeOf))].sort();
    names.forEach((first, place) => {
      for (const second of names.slice(place + 1)) {
        const key = JSON.stringify([first, second]);
        const known = shares.get(key);
        shares.set(key, {
          between: [first, second],
          variables: [...(known?.variables ?? []), variable],
          races: (known?.races ?? 0) + race_count,
        });
      }
    });
  }
  return [...shares.values()];
}
