import type { TraceEvent } from '../../domain/event/event.ts';
import { lowerBound } from '../../domain/lower-bound.ts';
import { componentOf } from './component.ts';
import type { Confidence, EdgeList } from './edge-list.ts';
import type { EventIndex } from './event-index.ts';
import { SpanTable } from './span-table.ts';
import { lastWithCounter, type Strand, type StrandIndex } from './strands.ts';
import { isBlocking } from './timing.ts';

/** One call from a span to another, as span ids tell it. */
export interface SpanCall {
  /** Strand that called. */
  readonly upstream: number;
  /** Strand that was called: the one in which the called span begins. */
  readonly downstream: number;
  /** Event of the upstream strand that is the last before the call. */
  readonly sent: number;
  /** First event of the downstream strand. */
  readonly received: number;
  /** Last event of the downstream strand. */
  readonly answered: number;
  /** Event of the upstream strand that is the first after the answer; -1 when there is none. */
  readonly returned: number;
  readonly confidence: Confidence;
}

interface Callee {
  readonly downstream: Strand;
  readonly upstream: Strand;
  /** The upstream's counter as it came with the call; -1 when it did not. */
  readonly clock: number;
}

/**
 * Adds the call and return edges of every strand that names its caller's span. An SDK sends no
 * event for the call itself. Both ends in the calling strand are therefore found by counters, or by
 * time (without any allowance for skew) where no counter can be compared.
 */
export function addSpanEdges(
  index: EventIndex,
  strandIndex: StrandIndex,
  edges: EdgeList,
): readonly SpanCall[] {
  const table = new SpanTable(index, strandIndex);
  const requests = clientRequests(index, strandIndex);
  const calls: SpanCall[] = [];
  for (const [upstream, callees] of calleesByUpstream(index, strandIndex, table, edges)) {
    callees.sort((a, b) => a.clock - b.clock || firstOf(a.downstream) - firstOf(b.downstream));
    const ranks = new CallRanks(callees.filter(({ downstream }) => table.isEntry(downstream)));
    for (const callee of callees) {
      const { sent, confidence } = sendEvent(index, requests, callee, ranks.of(callee));
      const received = firstOf(callee.downstream);
      const answered = lastOf(callee.downstream);
      edges.add(sent, received, 'call', confidence);
      if (!table.isEntry(callee.downstream)) continue;
      const returned = returnEvent(index, strandIndex, callee, sent);
      if (returned >= 0) edges.add(answered, returned, 'return', 'medium');
      calls.push({
        upstream,
        downstream: callee.downstream.number,
        sent,
        received,
        answered,
        returned,
        confidence,
      });
    }
  }
  return calls;
}

/**
 * Tells which of its caller's visible calls a called strand is: by the caller's clock, else by the
 * time of its first event.
 */
class CallRanks {
  readonly #clocks: readonly number[];
  readonly #firsts: readonly number[];

  constructor(callees: readonly Callee[]) {
    const withClock = callees.filter(({ clock }) => clock >= 0);
    const without = callees.filter(({ clock }) => clock < 0);
    this.#clocks = withClock.map(({ clock }) => clock).sort((a, b) => a - b);
    this.#firsts = without.map(({ downstream }) => firstOf(downstream)).sort((a, b) => a - b);
  }

  /**
   * Counts from 1. Of the calls without a clock, whose own place is unknown, it counts those that
   * had begun.
   */
  of({ clock, downstream }: Callee): number {
    const known = countUpTo(this.#clocks, clock);
    return Math.max(1, known + countUpTo(this.#firsts, firstOf(downstream)));
  }
}

/** How many numbers of a rising list are not above another. */
function countUpTo(numbers: readonly number[], limit: number): number {
  return lowerBound(0, numbers.length, (place) => (numbers[place] as number) > limit);
}

function calleesByUpstream(
  index: EventIndex,
  { strands }: StrandIndex,
  table: SpanTable,
  edges: EdgeList,
): ReadonlyMap<number, Callee[]> {
  const callees = new Map<number, Callee[]>();
  for (const downstream of strands) {
    if (downstream.upstreamSpan === null) continue;
    if (downstream.spans[0] === downstream.upstreamSpan) {
      edges.selfEdges += 1;
      continue;
    }
    const heard = receivedClock(index, downstream);
    const upstream = table.upstreamOf(downstream, heard);
    if (upstream === null) continue;
    const clock = heard.get(`${upstream.service}#${upstream.instance}`) ?? -1;
    const list = callees.get(upstream.number);
    if (list === undefined) callees.set(upstream.number, [{ downstream, upstream, clock }]);
    else list.push({ downstream, upstream, clock });
  }
  return callees;
}

/**
 * The clock that came with a call: the strand's first vector, less the step that the first event
 * itself added.
 */
function receivedClock(index: EventIndex, downstream: Strand): ReadonlyMap<string, number> {
  const first = index.events[firstOf(downstream)] as TraceEvent;
  const own = componentOf(first);
  return new Map(
    first.vector.map(([name, counter]) => [name, name === own ? counter - 1 : counter] as const),
  );
}

/** @param rank which of the upstream strand's visible calls this is, from 1 */
function sendEvent(
  index: EventIndex,
  requests: ReadonlyMap<string, number>,
  { downstream, upstream, clock }: Callee,
  rank: number,
): { sent: number; confidence: Confidence } {
  if (clock >= 0 && upstream.countsAsComponent) {
    const sent = lastWithCounter(upstream, clock);
    if (sent >= 0) return { sent, confidence: 'high' };
  }
  const request = requests.get(`${upstream.number} ${downstream.spans[0] ?? ''}`);
  if (request !== undefined) return { sent: request, confidence: 'high' };
  const byTime = lastNotAfter(index, upstream, firstOf(downstream));
  if (upstream.sdk === 'typescript' && clock > 0) {
    // The sender counts events and calls alike but sends its counter to callees only: of the
    // `clock` steps up to here, `rank` were calls. Calls that nobody saw make it fewer events.
    const place = Math.min(Math.max(0, clock - 1 - rank), upstream.events.length - 1);
    const sent = upstream.events[byTime < 0 ? place : Math.min(place, byTime)] as number;
    return { sent, confidence: 'medium' };
  }
  return { sent: upstream.events[Math.max(0, byTime)] as number, confidence: 'low' };
}

/** Each strand's own records of requests whose headers carry the span id of the callee. */
function clientRequests(index: EventIndex, { strandOf }: StrandIndex): ReadonlyMap<string, number> {
  const requests = new Map<string, number>();
  index.events.forEach((event, number) => {
    if (event.kind !== 'HttpRequest') return;
    const carried = event.payload.headers?.['traceparent'];
    const span = typeof carried === 'string' ? carried.split('-')[2] : undefined;
    if (span !== undefined) requests.set(`${strandOf[number]} ${span}`, number);
  });
  return requests;
}

/**
 * Place of the last event of the calling strand that is not later than an event of another strand;
 * -1 when there is none.
 */
function lastNotAfter(index: EventIndex, upstream: Strand, event: number): number {
  const limit = clockReading(index, upstream, event);
  const { events } = upstream;
  // Strand order is time order up to the jitter of one clock, so that halving is exact enough.
  const isLater = (place: number) => clockReading(index, upstream, events[place] as number) > limit;
  return lowerBound(0, events.length, isLater) - 1;
}

/** The first event of the upstream strand after the call that is not earlier than the answer. */
function returnEvent(
  index: EventIndex,
  { placeOf }: StrandIndex,
  { downstream, upstream }: Callee,
  sent: number,
): number {
  if (isNonBlocking(index, downstream)) return -1;
  const answered = clockReading(index, upstream, lastOf(downstream));
  const { events } = upstream;
  const isAnswered = (place: number) =>
    clockReading(index, upstream, events[place] as number) >= answered;
  return events[lowerBound((placeOf[sent] as number) + 1, events.length, isAnswered)] ?? -1;
}

function isNonBlocking(index: EventIndex, downstream: Strand): boolean {
  return downstream.events.some((event) => !isBlocking(index.events[event] as TraceEvent));
}

/**
 * Nanoseconds. For a strand of the TypeScript SDK they are cut to whole milliseconds, as another
 * clock makes the last digits there.
 */
function clockReading(index: EventIndex, reader: Strand, event: number): bigint {
  const { timestampNs } = index.events[event] as TraceEvent;
  return reader.sdk === 'typescript' ? timestampNs / 1_000_000n : timestampNs;
}

function firstOf(strand: Strand): number {
  return strand.events[0] as number;
}

function lastOf(strand: Strand): number {
  return strand.events[strand.events.length - 1] as number;
}
