import { storedIdOf, type TraceEvent } from '../../domain/event/event.ts';
import { type Confidence, confidences, type EdgeSource, edgeSources } from '../order/edge-list.ts';
import type { Hold } from '../order/locks.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';
import { alignClocks } from './clock-skew.ts';
import { rowName, rowPlace } from './row-words.ts';
import { nestSpans, type SpanTree } from './span-tree.ts';
import type { TimedSpan } from './timed-spans.ts';

/** The accesses of one side of a witness: what their surroundings are looked for of. */
export interface WitnessAccesses {
  readonly traceId: string;
  readonly eventIds: readonly string[];
  /** What times are counted from: that of the first step of the witness. */
  readonly originNs: bigint;
}

/** One thread of control. Members here and below are wire names. */
export interface SurroundingStrand {
  readonly service: string;
  readonly instance: string | null;
  readonly thread: string;
}

export interface SurroundingEvent {
  readonly event_id: string;
  /** Place in {@link Surroundings.strands}. */
  readonly strand: number;
  /** Microseconds after the first step of the witness. */
  readonly at_us: number;
  readonly kind: string;
  readonly name: string;
  readonly location: string;
  /** Events of the same service that stand before it, behind the one shown before, and are not shown. */
  readonly folded: number;
}

/** What is known to come before what: places in {@link Surroundings.events}. */
export interface SurroundingEdge {
  readonly from: number;
  readonly to: number;
  readonly source: EdgeSource;
  readonly confidence: Confidence;
}

/** How one edge is known. */
export type KnownEdge = Pick<SurroundingEdge, 'source' | 'confidence'>;

/** A service that called the one which made the accesses, or called that one. */
export interface SurroundingCall {
  readonly caller: string;
  readonly callee: string;
  /** What was called. */
  readonly name: string;
  readonly from_us: number;
  readonly until_us: number;
  /** Null: it follows from times alone. */
  readonly call: KnownEdge | null;
  readonly answer: KnownEdge | null;
}

/** A lock that was held at one of the accesses. */
export interface SurroundingLock {
  readonly name: string;
  readonly mode: 'exclusive' | 'read';
  readonly location: string;
  readonly from_us: number;
  /** Null: nobody told when it was given back. */
  readonly until_us: number | null;
}

/** What is known around the accesses of one side of a witness. */
export interface Surroundings {
  /** The first is that of the accesses. */
  readonly strands: readonly SurroundingStrand[];
  /** By time. */
  readonly events: readonly SurroundingEvent[];
  /** Events of the same service behind the last that is shown. */
  readonly folded_after: number;
  readonly edges: readonly SurroundingEdge[];
  /** The nearest caller first. */
  readonly calls: readonly SurroundingCall[];
  /** By the time from which on they were held. */
  readonly locks: readonly SurroundingLock[];
  /** Edges that lead to or from the strand of the accesses, by what they are known by. */
  readonly met: Readonly<Record<EdgeSource, number>>;
  /** By how much the clock of its host seems to lag behind that of its caller, in microseconds. */
  readonly adjusted_us: number;
}

/** Events of one side; two sides make sixty, which is what a screen shows. */
export const surroundingEventsMax = 30;
/** Further callers, edges and locks are no picture any more. */
const callsMax = 3;
const edgesMax = 16;
const locksMax = 8;

/**
 * Looks for what is around some accesses; null where none of them is among the events.
 *
 * @param order of the events as they were sent
 * @param steps of the events that follow from these, which have the locks that statements take
 */
export function surroundingsOf(
  order: CausalOrder,
  steps: CausalOrder,
  accesses: WitnessAccesses,
): Surroundings | null {
  const anchors = anchorsIn(order, accesses);
  const [first] = anchors;
  if (first === undefined) return null;
  const tree = nestSpans(order);
  const at = (number: number) => microseconds(order, number, accesses.originNs);
  const edges = edgesAround(order, anchors);
  const numbers = eventsAround(order, anchors, edges);
  const strands = [
    ...new Set([first, ...numbers].map((number) => order.strandOf[number] as number)),
  ];
  const placeOf = new Map(numbers.map((number, place) => [number, place]));
  return {
    strands: strands.map((strand) => strandToWire(order.strands[strand] as Strand)),
    ...shownEvents(order, numbers, strands, at),
    edges: edges.flatMap((edge) => {
      const from = placeOf.get(order.edges.from[edge] as number);
      const to = placeOf.get(order.edges.to[edge] as number);
      return from === undefined || to === undefined
        ? []
        : [{ from, to, ...knownEdge(order, edge) }];
    }),
    calls: callsTo(order, tree, first, at),
    locks: locksAt(steps, accesses),
    met: edgesMet(order, anchors),
    adjusted_us: adjustedUs(order, tree, first),
  };
}

/** Events that are the accesses, or that these follow from, by time. */
function anchorsIn(order: CausalOrder, { traceId, eventIds }: WitnessAccesses): readonly number[] {
  const wanted = new Set(eventIds);
  const found: number[] = [];
  order.events.forEach((event, number) => {
    if (event.traceId === traceId && wanted.has(storedIdOf(event))) found.push(number);
  });
  return found;
}

function microseconds(order: CausalOrder, number: number, originNs: bigint): number {
  const { timestampNs } = order.events[number] as TraceEvent;
  return Math.round(Number(timestampNs - originNs) / 1000);
}

function strandToWire({ service, instance, thread }: Strand): SurroundingStrand {
  return { service, instance, thread };
}

function knownEdge({ edges }: CausalOrder, edge: number): KnownEdge {
  return {
    source: edgeSources[edges.sources[edge] as number] as EdgeSource,
    confidence: confidences[edges.confidences[edge] as number] as Confidence,
  };
}

/** Edges to and from the strands of the accesses, those that are nearest to one first. */
function edgesAround(order: CausalOrder, anchors: readonly number[]): readonly number[] {
  const own = new Set(anchors.map((number) => order.strandOf[number]));
  const near: { readonly edge: number; readonly distance: number }[] = [];
  for (let edge = 0; edge < order.edges.count; edge += 1) {
    const ends = [order.edges.from[edge] as number, order.edges.to[edge] as number];
    const inside = ends.find((number) => own.has(order.strandOf[number]));
    if (inside === undefined) continue;
    const distance = Math.min(...anchors.map((anchor) => Math.abs(anchor - inside)));
    near.push({ edge, distance });
  }
  near.sort((a, b) => a.distance - b.distance || a.edge - b.edge);
  return near.slice(0, edgesMax).map(({ edge }) => edge);
}

/** The accesses, both ends of edges as far as there is room, then what is nearest in the same service. */
function eventsAround(
  order: CausalOrder,
  anchors: readonly number[],
  edges: readonly number[],
): readonly number[] {
  const shown = new Set(anchors.slice(0, surroundingEventsMax));
  for (const edge of edges) {
    if (shown.size + 2 > surroundingEventsMax) break;
    shown.add(order.edges.from[edge] as number);
    shown.add(order.edges.to[edge] as number);
  }
  const strands = new Set(anchors.map((number) => order.strandOf[number]));
  const isOther = (number: number) => (strands.has(order.strandOf[number]) ? 0 : 1);
  const near = neighboursOf(order, anchors)
    .map((number) => ({
      number,
      distance: Math.min(...anchors.map((anchor) => Math.abs(anchor - number))),
    }))
    .sort((a, b) => isOther(a.number) - isOther(b.number) || a.distance - b.distance);
  for (const { number } of near) {
    if (shown.size === surroundingEventsMax) break;
    shown.add(number);
  }
  return [...shown].sort((a, b) => a - b);
}

/** Events of the trace and the service of the accesses, by time. */
function neighboursOf(order: CausalOrder, anchors: readonly number[]): readonly number[] {
  const { traceId, metadata } = order.events[anchors[0] as number] as TraceEvent;
  return order.events.flatMap((event, number) =>
    event.traceId === traceId && event.metadata.service_name === metadata.service_name
      ? [number]
      : [],
  );
}

function shownEvents(
  order: CausalOrder,
  numbers: readonly number[],
  strands: readonly number[],
  at: (number: number) => number,
): Pick<Surroundings, 'events' | 'folded_after'> {
  const isShown = new Set(numbers);
  const neighbours = neighboursOf(
    order,
    numbers.filter((number) => order.strandOf[number] === strands[0]),
  );
  let folded = 0;
  let next = 0;
  const foldedBefore = new Map<number, number>();
  for (; next < neighbours.length; next += 1) {
    const number = neighbours[next] as number;
    if (isShown.has(number)) {
      foldedBefore.set(number, folded);
      folded = 0;
    } else folded += 1;
  }
  const events = numbers.map((number): SurroundingEvent => {
    const event = order.events[number] as TraceEvent;
    return {
      event_id: storedIdOf(event),
      strand: strands.indexOf(order.strandOf[number] as number),
      at_us: at(number),
      kind: event.kind,
      name: rowName(event),
      location: rowPlace(event),
      folded: foldedBefore.get(number) ?? 0,
    };
  });
  return { events, folded_after: folded };
}

/** The services around an access, from the nearest outwards. */
function callsTo(
  order: CausalOrder,
  tree: SpanTree,
  access: number,
  at: (number: number) => number,
): readonly SurroundingCall[] {
  const { spans, spanOf, parentOf, timeOf } = tree;
  const usOf = (time: number) =>
    at(access) + Math.round((time - (timeOf[access] as number)) / 1000);
  const calls: SurroundingCall[] = [];
  const own = spanOf[access] as number;
  let callee = own;
  let service = serviceOf(order, access);
  let span = own < 0 ? tree.homeOf(access) : (parentOf[own] as number);
  for (; span >= 0 && calls.length < callsMax; span = parentOf[span] as number) {
    const { event } = spans[span] as TimedSpan;
    const caller = serviceOf(order, event);
    if (caller !== service) {
      const called = spans[callee];
      const shown = called === undefined ? access : (called.request ?? called.call ?? called.event);
      calls.push({
        caller,
        callee: service,
        name: rowName(order.events[shown] as TraceEvent),
        from_us: usOf(called?.start ?? (timeOf[access] as number)),
        until_us: usOf(called?.end ?? (timeOf[access] as number)),
        ...edgesOfCall(order, new Set([shown, called?.event ?? shown]), caller),
      });
    }
    service = caller;
    callee = span;
  }
  return calls;
}

function serviceOf({ events }: CausalOrder, number: number): string {
  return (events[number] as TraceEvent).metadata.service_name;
}

/** What is known of a call to a step, and of its answer. */
function edgesOfCall(
  order: CausalOrder,
  callee: ReadonlySet<number>,
  caller: string,
): Pick<SurroundingCall, 'call' | 'answer'> {
  let call: KnownEdge | null = null;
  let answer: KnownEdge | null = null;
  for (let edge = 0; edge < order.edges.count; edge += 1) {
    const from = order.edges.from[edge] as number;
    const to = order.edges.to[edge] as number;
    if (callee.has(to) && serviceOf(order, from) === caller) call ??= knownEdge(order, edge);
    if (callee.has(from) && serviceOf(order, to) === caller) answer ??= knownEdge(order, edge);
  }
  return { call, answer };
}

/** Locks that the strand of an access held at it. */
function locksAt(order: CausalOrder, accesses: WitnessAccesses): readonly SurroundingLock[] {
  const anchors = anchorsIn(order, accesses);
  const isHeldAt = ({ strand, from, end }: Hold, access: number) => {
    const position = order.positionOf[access] as number;
    return (
      order.strandOf[access] === strand &&
      (order.positionOf[from] as number) <= position &&
      position < end
    );
  };
  return order.locks.holds
    .filter((hold) => anchors.some((access) => isHeldAt(hold, access)))
    .map((hold): SurroundingLock => {
      const { from, released, lock, exclusive } = hold;
      const at = (number: number) => microseconds(order, number, accesses.originNs);
      return {
        name: order.locks.names[lock] as string,
        mode: exclusive ? 'exclusive' : 'read',
        location: rowPlace(order.events[from] as TraceEvent),
        from_us: at(from),
        until_us: released < 0 ? null : at(released),
      };
    })
    .sort((a, b) => a.from_us - b.from_us || (a.name < b.name ? -1 : 1))
    .slice(0, locksMax);
}

function edgesMet(order: CausalOrder, anchors: readonly number[]): Record<EdgeSource, number> {
  const own = new Set(anchors.map((number) => order.strandOf[number]));
  const met = Object.fromEntries(edgeSources.map((source) => [source, 0])) as Record<
    EdgeSource,
    number
  >;
  for (let edge = 0; edge < order.edges.count; edge += 1) {
    const ends = [order.edges.from[edge] as number, order.edges.to[edge] as number];
    if (!ends.some((number) => own.has(order.strandOf[number]))) continue;
    met[knownEdge(order, edge).source] += 1;
  }
  return met;
}

function adjustedUs(order: CausalOrder, tree: SpanTree, access: number): number {
  const own = tree.spanOf[access] as number;
  const span = own < 0 ? tree.homeOf(access) : own;
  if (span < 0) return 0;
  const aligned = alignClocks(order, tree).start[span] as number;
  return Math.round((aligned - (tree.spans[span] as TimedSpan).start) / 1000);
}
