import { cutParentCycles } from '../order/event-index.ts';
import type { CausalOrder } from '../order/order.ts';
import { afterAnswers } from './after-answers.ts';
import { SpanHomes } from './span-homes.ts';
import { findOrigins } from './span-origins.ts';
import { findSpans, type TimedSpans } from './timed-spans.ts';

/** The spans of a group and in which other span each was made. */
export interface SpanTree extends TimedSpans {
  /** Span that a span was made in; -1 for a root. */
  readonly parentOf: Int32Array;
  readonly roots: readonly number[];
  /** All spans, each after the one that it was made in. */
  readonly outsideIn: Int32Array;
  /** Whether the maker of a span waits for it. */
  readonly isAwaited: readonly boolean[];
  /** Whether another strand caused the span's strand, with or without a span of its own. */
  readonly hasUpstream: readonly boolean[];
  /** Whether a span came after the response of a request, so that nobody waited for it. */
  readonly isAfterAnswer: readonly boolean[];
  /** The events that came after one, marked by 1. */
  readonly afterAnswer: Uint8Array;
  /** The span in which an event was made that is no span itself, or -1. */
  homeOf(event: number): number;
  /** Spans that were made in a span. */
  childrenOf(span: number): Int32Array;
}

/**
 * Nests the spans of a group: by parent links to an event that stamps the start of a span, by time
 * inside a strand, by calls and tasks between strands. O(n log n).
 */
export function nestSpans(order: CausalOrder): SpanTree {
  const timed = findSpans(order);
  const { spans } = timed;
  const origins = findOrigins(order);
  const afterAnswer = afterAnswers(order, origins, timed.answerPlaces);
  const homes = new SpanHomes(order, timed, origins, afterAnswer);
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
  const homeOf = (event: number) => homes.ofMoment(event);
  const isAfterAnswer = spans.map(({ event }) => afterAnswer[event] === 1);
  const told = { isAwaited, hasUpstream, isAfterAnswer, afterAnswer };
  return { ...timed, parentOf, ...told, homeOf, ...descend(parentOf) };
}

function descend(parentOf: Int32Array): Pick<SpanTree, 'roots' | 'outsideIn' | 'childrenOf'> {
  const offsets = new Int32Array(parentOf.length + 1);
  const roots: number[] = [];
  parentOf.forEach((parent, span) => {
    if (parent < 0) roots.push(span);
    else offsets[parent + 1] = (offsets[parent + 1] as number) + 1;
  });
  for (let span = 0; span < parentOf.length; span += 1) {
    offsets[span + 1] = (offsets[span + 1] as number) + (offsets[span] as number);
  }
  const next = offsets.slice();
  const children = new Int32Array(parentOf.length - roots.length);
  parentOf.forEach((parent, span) => {
    if (parent < 0) return;
    children[next[parent] as number] = span;
    next[parent] = (next[parent] as number) + 1;
  });
  const childrenOf = (span: number) => children.subarray(offsets[span], offsets[span + 1]);
  const outsideIn = new Int32Array(parentOf.length);
  outsideIn.set(roots);
  let length = roots.length;
  for (const span of outsideIn) {
    const made = childrenOf(span);
    outsideIn.set(made, length);
    length += made.length;
  }
  return { roots, outsideIn, childrenOf };
}

function awaitedTasks({ events }: CausalOrder): ReadonlySet<string> {
  const awaited = new Set<string>();
  for (const { kind, payload, traceId } of events) {
    if (kind === 'AsyncAwait') awaited.add(JSON.stringify([traceId, payload.future_id]));
  }
  return awaited;
}
