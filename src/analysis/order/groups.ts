import type { TraceEvent } from '../../domain/event/event.ts';
import { budgets } from '../budgets.ts';

/** The form of span ids that are unique beyond their trace: 16 hex digits, as SDKs draw them. */
const GLOBAL_SPAN = /^[0-9a-f]{16}$/i;

export interface TraceGroup {
  /** Sorted. */
  readonly traceIds: readonly string[];
  readonly events: readonly TraceEvent[];
  /** False when the group met {@link budgets.tracesPerGroup}; it then has the first by trace id. */
  readonly complete: boolean;
}

/**
 * Picks the events of the causal group of a trace out of the events of all traces that may be in
 * it.
 */
export function groupAround(traceId: string, events: readonly TraceEvent[]): readonly TraceEvent[] {
  if (events.every((event) => event.traceId === traceId)) return events;
  const traces = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const known = traces.get(event.traceId);
    if (known === undefined) traces.set(event.traceId, [event]);
    else known.push(event);
  }
  return groupTraces(traces).find(({ traceIds }) => traceIds.includes(traceId))?.events ?? [];
}

/** Span ids of a trace by which other traces can find it; sorted. */
export function globalSpans(events: readonly TraceEvent[]): readonly string[] {
  const own = new Set<string>();
  for (const { metadata } of events) {
    const span = metadata.distributed_span_id;
    if (typeof span === 'string' && GLOBAL_SPAN.test(span)) own.add(span);
  }
  return [...own].sort();
}

/** Upstream span ids that no event of a trace has, and that may be found in another trace; sorted. */
export function missingSpans(events: readonly TraceEvent[]): readonly string[] {
  const own = new Set(events.map(({ metadata }) => metadata.distributed_span_id));
  const missing = new Set<string>();
  for (const { metadata } of events) {
    const span = metadata.upstream_span_id;
    if (typeof span === 'string' && GLOBAL_SPAN.test(span) && !own.has(span)) missing.add(span);
  }
  return [...missing].sort();
}

/**
 * Puts traces into causal groups. A trace that names an upstream span which it does not have itself
 * joins the trace that has it, if exactly one other trace does. Vectors never link traces.
 *
 * @param traces events by trace id, each trace whole
 */
export function groupTraces(
  traces: ReadonlyMap<string, readonly TraceEvent[]>,
): readonly TraceGroup[] {
  const owners = spanOwners(traces);
  const links = new Map<string, Set<string>>([...traces.keys()].map((id) => [id, new Set()]));
  for (const [traceId, events] of traces) {
    for (const span of missingSpans(events)) {
      const owner = owners.get(span) ?? null;
      if (owner === null) continue;
      links.get(traceId)?.add(owner);
      links.get(owner)?.add(traceId);
    }
  }
  const groups: TraceGroup[] = [];
  const placed = new Set<string>();
  for (const first of [...traces.keys()].sort()) {
    if (placed.has(first)) continue;
    const members = reachable(first, links);
    for (const member of members) placed.add(member);
    // Beyond the limit the rest of the traces stand for themselves.
    const whole = members.slice(0, budgets.tracesPerGroup);
    const complete = whole.length === members.length;
    const events = whole.flatMap((id) => traces.get(id) ?? []);
    groups.push({ traceIds: whole, events, complete });
    for (const id of members.slice(budgets.tracesPerGroup)) {
      groups.push({ traceIds: [id], events: traces.get(id) ?? [], complete });
    }
  }
  return groups;
}

/** The trace of each span id; null where several traces have it. */
function spanOwners(
  traces: ReadonlyMap<string, readonly TraceEvent[]>,
): ReadonlyMap<string, string | null> {
  const owners = new Map<string, string | null>();
  for (const [traceId, events] of traces) {
    for (const { metadata } of events) {
      const span = metadata.distributed_span_id;
      if (typeof span !== 'string') continue;
      const owner = owners.get(span);
      if (owner === undefined) owners.set(span, traceId);
      else if (owner !== traceId) owners.set(span, null);
    }
  }
  return owners;
}

function reachable(first: string, links: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const seen = new Set([first]);
  // A set may grow while it is walked, and then hands out its new members too.
  for (const member of seen) for (const next of links.get(member) ?? []) seen.add(next);
  return [...seen].sort();
}
