import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';
import type { SpanTree } from './span-tree.ts';

/** Beyond this a child that sticks out of its parent is rather work that nobody waited for. */
const MAX_SKEW_NS = 1e9;

/** One span whose host's clock disagrees with its caller's. Members are wire names. */
export interface ClockSkew {
  readonly event_id: string;
  /** Microseconds by which the span is shown later (or earlier, below 0) than its host said. */
  readonly adjusted_us: number;
  /** Why the span was left where it is; null when it was moved. */
  readonly warning: string | null;
}

export interface AlignedSpans {
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** By span. */
  readonly skews: readonly ClockSkew[];
}

/**
 * Moves the spans of another host into the span that caused them, where its clock says that they
 * lie outside (Jaeger's rule). All spans that a host made for one call move together. This changes
 * only what is drawn: the order of events never uses the moved times.
 */
export function alignClocks(
  order: CausalOrder,
  tree: SpanTree,
  maxSkewNs: number = MAX_SKEW_NS,
): AlignedSpans {
  const { spans, parentOf, isAwaited, outsideIn } = tree;
  const start = Float64Array.from(spans, (span) => span.start);
  const end = Float64Array.from(spans, (span) => span.end);
  const found = new Map<number, Omit<ClockSkew, 'event_id'>>();
  for (const number of outsideIn) {
    const span = spans[number] as (typeof spans)[number];
    const parent = parentOf[number] as number;
    const outer = spans[parent];
    if (outer === undefined) {
      const warning = missingParent(order, tree, number);
      if (warning !== null) found.set(number, { adjusted_us: 0, warning });
      continue;
    }
    const own = order.strands[span.strand] as Strand;
    const callers = order.strands[outer.strand] as Strand;
    let shift = (start[parent] as number) - outer.start;
    if (!isSameHost(own, callers)) {
      const surely = isAwaited[number] === true && isKnownHost(own) && isKnownHost(callers);
      const bounds = { start: start[parent] as number, end: end[parent] as number };
      shift = skewOf(span, bounds, surely);
      if (Math.abs(shift) > maxSkewNs) {
        found.set(number, { adjusted_us: 0, warning: tooFar(shift, maxSkewNs) });
        shift = 0;
      }
    }
    if (shift === 0) continue;
    start[number] = span.start + shift;
    end[number] = span.end + shift;
    found.set(number, { adjusted_us: shift / 1000, warning: null });
  }
  const skews = [...found]
    .sort(([a], [b]) => a - b)
    .map(([number, skew]) => {
      const event = order.events[spans[number]?.event as number];
      return { event_id: event?.id as string, ...skew };
    });
  return { start, end, skews };
}

interface Interval {
  readonly start: number;
  readonly end: number;
}

/** @param isWithin the child must have ended before its parent did */
function skewOf(child: Interval, parent: Interval, isWithin: boolean): number {
  const spare = parent.end - parent.start - (child.end - child.start);
  const startsBefore = child.start < parent.start;
  if (spare < 0 || !isWithin) return startsBefore ? parent.start - child.start : 0;
  if (!startsBefore && child.end <= parent.end) return 0;
  // The way there is taken to be as long as the way back.
  return parent.start + spare / 2 - child.start;
}

function isSameHost(a: Strand, b: Strand): boolean {
  return a.service === b.service && a.instance === b.instance;
}

/** Without an instance two services may share one clock. */
function isKnownHost({ instance }: Strand): boolean {
  return instance !== null && instance !== '';
}

function tooFar(shiftNs: number, maxSkewNs: number): string {
  const side = shiftNs > 0 ? 'behind' : 'ahead of';
  return `its clock seems to be ${Math.abs(shiftNs) / 1e6} ms ${side} its caller's, and at most ${maxSkewNs / 1e6} ms are adjusted`;
}

function missingParent(order: CausalOrder, tree: SpanTree, number: number): string | null {
  const { event, request, strand } = tree.spans[number] as (typeof tree.spans)[number];
  if (tree.hasUpstream[number] === true) return null;
  const { parentId } = order.events[request ?? event] as (typeof order.events)[number];
  const upstream = order.strands[strand]?.upstreamSpan ?? null;
  if (parentId !== null && order.parentOf[request ?? event] === -1) {
    return `its parent ${parentId} is not in the trace, so that clocks cannot be compared`;
  }
  if (upstream === null) return null;
  return `the span ${upstream} that called it is not in the trace, so that clocks cannot be compared`;
}
