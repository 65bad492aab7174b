import { cutParentCycles } from './event-index.ts';
import type { CausalOrder } from './order.ts';
import { SpanHomes } from './span-homes.ts';
import { findOrigins } from './span-origins.ts';
import { findSpans, type TimedSpans } from './timed-spans.ts';

/** The spans of a group and in which other span each was made. */
export interface SpanTree extends TimedSpans {
  /** Span that a span was made in; -1 for a root. */
  readonly parentOf: Int32Array;
  /** Whether the maker of a span waits for it. */
  readonly isAwaited: readonly boolean[];
  /** Whether another strand caused the span's strand, with or without a span of its own. */
  readonly hasUpstream: readonly boolean[];
}

/**
 * Nests the spans of a group: by parent links to an event that stamps the start of a span, by time
 * inside a strand, by calls and tasks between strands. O(n log n).
 */
export function nestSpans(order: CausalOrder): SpanTree {
  const timed = findSpans(order);
  const { spans } = timed;
  const origins = findOrigins(order);
  const homes = new SpanHomes(order, timed, origins);
  const parentOf = Int32Array.from(spans, (span) => homes.ofSpan(span));
  cutParentCycles(parentOf);
  const awaited = awaitedTasks(order);
  const isAwaited = spans.map((span, number) => {
    const own = order.events[span.event];
    const parent = spans[parentOf[number] as number];
    const origin = parent?.strand === span.strand ? -1 : (origins.ofEvent[span.event] as number);
    const task = own?.kind === 'AsyncSpawn' ? own : order.events[origin];
    if (task?.kind !== 'AsyncSpawn') return span.isBlocking;
    return span.isBlocking && awaited.has(JSON.stringify([task.traceId, task.payload.task_id]));
  });
  const hasUpstream = spans.map(({ event }) => origins.ofEvent[event] !== -1);
  return { ...timed, parentOf, isAwaited, hasUpstream };
}

function awaitedTasks({ events }: CausalOrder): ReadonlySet<string> {
  const awaited = new Set<string>();
  for (const { kind, payload, traceId } of events) {
    if (kind === 'AsyncAwait') awaited.add(JSON.stringify([traceId, payload.future_id]));
  }
  return awaited;
}
