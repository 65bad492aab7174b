import type { KindName } from '../domain/event/event-kind.ts';
import type { LinkType, ServiceCalls } from '../domain/trace/trace-record.ts';
import type { CausalOrder } from './order/order.ts';
import type { Strand } from './order/strands.ts';

/** The services of a trace and their calls; members are wire names. Both lists are sorted. */
export interface TraceDependencies {
  readonly services: readonly { readonly name: string; readonly event_count: number }[];
  readonly dependencies: readonly {
    readonly from: string;
    readonly to: string;
    readonly call_count: number;
  }[];
}

/** The services of a group and who called whom. */
export function traceDependencies(order: CausalOrder): TraceDependencies {
  const counts = new Map<string, number>();
  for (const { service, events } of order.strands) {
    if (service !== '') counts.set(service, (counts.get(service) ?? 0) + events.length);
  }
  const services = [...counts]
    .map(([name, event_count]) => ({ name, event_count }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const dependencies: { from: string; to: string; call_count: number }[] = [];
  for (const { from, to, calls } of serviceCalls(order)) {
    const last = dependencies.at(-1);
    if (last?.from === from && last.to === to) last.call_count += calls;
    else dependencies.push({ from, to, call_count: calls });
  }
  return { services, dependencies };
}

/**
 * Counts the calls between services, by caller, callee and link type. A pair of strands is one
 * call, whether span ids or parent links show it. A parent link back to the caller is no call, and
 * calls inside a service are left out. An empty name is no service: the nearest ancestor with a
 * name stands in.
 */
export function serviceCalls(order: CausalOrder): readonly ServiceCalls[] {
  const { strands } = order;
  const callers = new Int32Array(strands.length).fill(-1);
  const pairs = strandCalls(order);
  for (const { upstream, downstream } of pairs) {
    if (callers[downstream] === -1) callers[downstream] = upstream;
  }
  const names = standInNames(order, callers);
  const counted = new Map<string, ServiceCalls>();
  for (const { upstream, downstream, kind } of pairs) {
    const from = names[upstream] as string;
    const to = strands[downstream]?.service as string;
    if (from === '' || to === '' || from === to) continue;
    const linkType = linkTypeOf(kind);
    const key = JSON.stringify([from, to, linkType]);
    counted.set(key, { from, to, linkType, calls: (counted.get(key)?.calls ?? 0) + 1 });
  }
  return [...counted.values()].sort(compareCalls);
}

interface StrandCall {
  readonly upstream: number;
  readonly downstream: number;
  /** Of the first event of the call in the called strand. */
  readonly kind: KindName;
}

function strandCalls({ calls, events, strands, strandOf, parentOf }: CausalOrder): StrandCall[] {
  const found: StrandCall[] = [];
  const seen = new Set<string>();
  const kindOf = (event: number) => (events[event] as (typeof events)[number]).kind;
  for (const { upstream, downstream, received } of calls) {
    seen.add(`${upstream} ${downstream}`);
    found.push({ upstream, downstream, kind: kindOf(received) });
  }
  parentOf.forEach((parent, event) => {
    if (parent < 0) return;
    const upstream = strandOf[parent] as number;
    const downstream = strandOf[event] as number;
    const { service } = strands[downstream] as Strand;
    if (service !== '' && service === strands[upstream]?.service) return;
    if (seen.has(`${upstream} ${downstream}`) || seen.has(`${downstream} ${upstream}`)) return;
    seen.add(`${upstream} ${downstream}`);
    found.push({ upstream, downstream, kind: kindOf(event) });
  });
  return found;
}

/** Each strand's service, or that of the nearest caller that has a name; '' without one. */
function standInNames({ strands }: CausalOrder, callers: Int32Array): readonly string[] {
  const names = strands.map(({ service }): string | null => (service === '' ? null : service));
  for (let start = 0; start < names.length; start += 1) {
    const walked: number[] = [];
    let strand = start;
    while (strand >= 0 && names[strand] === null) {
      walked.push(strand);
      names[strand] = '';
      strand = callers[strand] as number;
    }
    const name = names[strand] ?? '';
    for (const member of walked) names[member] = name;
  }
  return names.map((name) => name ?? '');
}

function linkTypeOf(kind: KindName): LinkType {
  if (kind === 'HttpRequest' || kind === 'HttpResponse') return 'HttpCall';
  return kind === 'DatabaseQuery' ? kind : 'Custom';
}

function compareCalls(a: ServiceCalls, b: ServiceCalls): number {
  for (const part of ['from', 'to', 'linkType'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
  }
  return 0;
}
