import type { TraceEvent } from '../../domain/event/event.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import { alignClocks, type ClockSkew } from './clock-skew.ts';
import { type CriticalWalk, type Section, type Steps, walkCriticalPath } from './critical-walk.ts';
import { pathLabel, pathLocation, pathOperation } from './event-label.ts';
import { selfTimes } from './self-times.ts';
import { nestSpans, type SpanTree } from './span-tree.ts';
import type { TimedSpan } from './timed-spans.ts';

/** A step that took time. Members are wire names. */
export interface PathStep {
  readonly id: string;
  readonly kind: string;
  readonly location: string;
  readonly service: string;
  readonly operation: string;
  readonly timestamp: string;
  readonly duration_ms: number;
}

export interface CriticalStep extends PathStep {
  /** How long everybody waited for this step itself. */
  readonly on_critical_path_ms: number;
  /** The same as a share of the root's time; over all steps it adds up to 100. */
  readonly percentage: number;
}

/** What a request did after its response: nobody waited for it, and it is no part of any path. */
export interface AfterResponse {
  readonly event_count: number;
  /** From the response to the last of these events. */
  readonly duration_ms: number;
  /** Those that took time, callers before what they called, else by time. */
  readonly steps: readonly PathStep[];
}

/** Microseconds since the earliest event's start. */
export interface PathSection {
  readonly event_id: string;
  readonly start_us: number;
  readonly end_us: number;
}

/** What a request's time was spent on: its root's wall-clock time, cut into sections. */
export interface CriticalPath {
  readonly path_events: number;
  /** Wall time of the root. */
  readonly total_duration_ms: number;
  readonly trace_total_duration_ms: number;
  readonly percentage_of_total: number;
  /** Root first, callers before what they called, else by time. */
  readonly path: readonly CriticalStep[];
  /** Latest first. */
  readonly sections: readonly PathSection[];
  /** Steps that nothing in the trace encloses, but for the root of the path; by time. */
  readonly other_roots: readonly PathStep[];
  readonly after_response: AfterResponse;
  readonly clock_skew: readonly ClockSkew[];
  /** Per service, longest first. */
  readonly self_times: readonly { readonly service: string; readonly self_time_ms: number }[];
  readonly complete: boolean;
  readonly truncated_by: 'critical_path_entries' | null;
}

/** What stands for the critical path of a trace in which no event took time. */
export const noCriticalPath: CriticalPath = {
  path_events: 0,
  total_duration_ms: 0,
  trace_total_duration_ms: 0,
  percentage_of_total: 0,
  path: [],
  sections: [],
  other_roots: [],
  after_response: { event_count: 0, duration_ms: 0, steps: [] },
  clock_skew: [],
  self_times: [],
  complete: true,
  truncated_by: null,
};

/** The critical path of a group's earliest root; null when no event took time. O(n log n). */
export function criticalPath(order: CausalOrder): CriticalPath | null {
  const tree = nestSpans(order);
  const { childrenOf, isAwaited } = tree;
  const after = afterResponse(order, tree);
  const { root, roots } = rootsOfPath(tree);
  if (root === undefined) {
    return after.event_count === 0 ? null : { ...noCriticalPath, after_response: after };
  }

  const { start, end, skews } = alignClocks(order, tree);
  const steps: Steps = { start, end, childrenOf, isAwaited };
  const walk = walkCriticalPath(root, steps);
  const { duration_ms: total } = pathStep(order, tree, root);
  const others = roots.filter((number) => number !== root);
  const lists = [walk.visited, walk.sections, others, after.steps, skews];
  const complete = lists.every(({ length }) => length <= budgets.criticalPathEntries);
  const first = <Item>(list: readonly Item[]) => list.slice(0, budgets.criticalPathEntries);
  return {
    path_events: walk.visited.length,
    total_duration_ms: total,
    trace_total_duration_ms: total,
    percentage_of_total: 100,
    path: first(criticalSteps(order, tree, walk)),
    sections: pathSections(order, tree, first(walk.sections)),
    other_roots: first(others).map((number) => pathStep(order, tree, number)),
    after_response: { ...after, steps: first(after.steps) },
    clock_skew: first(skews),
    self_times: selfTimesByService(order, tree, selfTimes(steps)),
    complete,
    truncated_by: complete ? null : 'critical_path_entries',
  };
}

/** The spans that a path may begin with, and the one that it begins with, if any. */
export function rootsOfPath(tree: SpanTree): { root: number | undefined; roots: number[] } {
  const roots = tree.roots.filter((number) => tree.isAfterAnswer[number] === false);
  return { roots, root: roots.find((number) => tree.hasUpstream[number] === false) ?? roots[0] };
}

function afterResponse(order: CausalOrder, tree: SpanTree): AfterResponse {
  const { spans, afterAnswer, answerPlaces, timeOf } = tree;
  let eventCount = 0;
  let last = Number.NEGATIVE_INFINITY;
  afterAnswer.forEach((isAfter, event) => {
    if (isAfter === 0) return;
    eventCount += 1;
    last = Math.max(last, timeOf[event] as number);
  });
  if (eventCount === 0) return noCriticalPath.after_response;
  let answered = Number.POSITIVE_INFINITY;
  for (const { number, events } of order.strands) {
    const answer = events[answerPlaces[number] as number];
    if (answer !== undefined) answered = Math.min(answered, timeOf[answer] as number);
  }
  const steps = [...spans.keys()].filter((number) => tree.isAfterAnswer[number] === true);
  return {
    event_count: eventCount,
    duration_ms: Math.max(0, last - answered) / 1e6,
    steps: steps.map((number) => pathStep(order, tree, number)),
  };
}

function criticalSteps(
  order: CausalOrder,
  tree: SpanTree,
  { sections, visited }: CriticalWalk,
): CriticalStep[] {
  const onPath = new Map<number, number>();
  for (const { step, start, end } of sections) {
    onPath.set(step, (onPath.get(step) ?? 0) + end - start);
  }
  const [root] = visited as readonly [Section, ...Section[]];
  // Two steps that are seen from the same moment on are parent and child.
  return [...visited]
    .sort((a, b) => a.start - b.start)
    .map(({ step }) => {
      const own = onPath.get(step) ?? 0;
      const percentage = (own / (root.end - root.start)) * 100;
      return { ...pathStep(order, tree, step), on_critical_path_ms: own / 1e6, percentage };
    });
}

function pathSections(
  order: CausalOrder,
  { spans }: SpanTree,
  sections: readonly Section[],
): PathSection[] {
  // Spans are sorted by their start, but an event that took no time may be earlier than all of
  // them.
  const base = Math.min(0, spans[0]?.start ?? 0);
  return sections.map(({ step, start, end }) => ({
    event_id: (order.events[(spans[step] as TimedSpan).event] as TraceEvent).id,
    start_us: (start - base) / 1000,
    end_us: (end - base) / 1000,
  }));
}

function selfTimesByService(
  order: CausalOrder,
  { spans, parentOf, outsideIn }: SpanTree,
  own: Float64Array,
): CriticalPath['self_times'] {
  const services = new Array<string>(spans.length).fill('');
  const totals = new Map<string, number>();
  for (const number of outsideIn) {
    const { strand } = spans[number] as TimedSpan;
    // An empty name is no service: its nearest named ancestor stands in.
    const service = order.strands[strand]?.service || (services[parentOf[number] as number] ?? '');
    services[number] = service;
    if (service === '') continue;
    totals.set(service, (totals.get(service) ?? 0) + (own[number] as number));
  }
  return [...totals]
    .map(([service, total]) => ({ service, self_time_ms: total / 1e6 }))
    .sort((a, b) => b.self_time_ms - a.self_time_ms || (a.service < b.service ? -1 : 1));
}

function pathStep(order: CausalOrder, { spans }: SpanTree, number: number): PathStep {
  const { event, request, call, start, end } = spans[number] as TimedSpan;
  const shown = order.events[event] as TraceEvent;
  const described = order.events[request ?? call ?? event] as TraceEvent;
  return {
    id: shown.id,
    kind: pathLabel(described),
    location: pathLocation(described),
    service: shown.metadata.service_name,
    operation: pathOperation(described),
    timestamp: shown.timestamp,
    duration_ms: (end - start) / 1e6,
  };
}
