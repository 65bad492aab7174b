import type { TraceEvent } from '../../domain/event/event.ts';
import { isMadeAtEnd } from '../../domain/stamp.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';
import { isBlocking, timingOf } from '../order/timing.ts';
import { answerPlace } from './answers.ts';
import { pairFunctions } from './function-pairs.ts';

/** A stretch of time that a step took. Times are nanoseconds since the first timestamp. */
export interface TimedSpan {
  /** Number of the event that it is shown as. */
  readonly event: number;
  readonly strand: number;
  readonly start: number;
  readonly end: number;
  /** What the event stamps: the start of a step whose children link to it, or the end. */
  readonly stamps: 'start' | 'end';
  /** For a whole request: number of its HttpRequest event. */
  readonly request: number | null;
  /** For a function whose end is an event of its own: number of the event of the call. */
  readonly call: number | null;
  /** Somebody waits for it. */
  readonly isBlocking: boolean;
}

/** The spans of a group. */
export interface TimedSpans {
  /** By start; of two that start together the longer one first. */
  readonly spans: readonly TimedSpan[];
  /** Span that an event is shown as, or -1. */
  readonly spanOf: Int32Array;
  /** Span of a whole request per strand, or -1. */
  readonly requestOf: Int32Array;
  /** Place of the response to the request of each strand, or -1. */
  readonly answerPlaces: Int32Array;
  /** Nanoseconds from the first timestamp per event. */
  readonly timeOf: Float64Array;
}

/**
 * Finds every step that took time. A strand that begins with an HttpRequest is one span, from its
 * first timestamp to that of its response, which it is shown as. Most SDKs send no HttpResponse; the
 * span then lasts until the last event and is shown as the request. A function whose call and end are
 * two events is shown as the end.
 */
export function findSpans(order: CausalOrder): TimedSpans {
  const { events, strands, strandOf } = order;
  const base = events[0]?.timestampNs ?? 0n;
  const timeOf = Float64Array.from(events, ({ timestampNs }) => Number(timestampNs - base));
  const answerPlaces = Int32Array.from(strands, (strand) => answerPlace(order, strand));
  const calls = pairFunctions(order);
  const requests = new Map<number, TimedSpan>();
  for (const strand of strands) {
    const answer = answerPlaces[strand.number] as number;
    const request = requestSpan(order, strand, answer, timeOf);
    if (request !== null) requests.set(request.event, request);
  }
  const spans = [...requests.values()];
  events.forEach((event, number) => {
    if (requests.has(number)) return;
    const timing = timingOf(event);
    const call = calls.get(number) ?? null;
    const end = timeOf[number] as number;
    const stretch =
      timing === null ? { start: timeOf[call ?? number] as number, end } : interval(end, timing);
    if (stretch.end <= stretch.start) return;
    spans.push({
      event: number,
      strand: strandOf[number] as number,
      ...stretch,
      stamps: timing?.stamps ?? 'end',
      request: null,
      call,
      isBlocking: isBlocking(event),
    });
  });
  spans.sort((a, b) => a.start - b.start || b.end - a.end || a.event - b.event);
  const spanOf = new Int32Array(events.length).fill(-1);
  const requestOf = new Int32Array(strands.length).fill(-1);
  spans.forEach((span, number) => {
    spanOf[span.event] = number;
    if (span.request !== null) requestOf[span.strand] = number;
  });
  return { spans, spanOf, requestOf, answerPlaces, timeOf };
}

function requestSpan(
  { events }: CausalOrder,
  strand: Strand,
  answer: number,
  timeOf: Float64Array,
): TimedSpan | null {
  const request = strand.events[0] as number;
  if (events[request]?.kind !== 'HttpRequest') return null;
  const members = answer < 0 ? strand.events : strand.events.subarray(0, answer + 1);
  const response = members.findLast((event) => events[event]?.kind === 'HttpResponse');
  const isOfSdk = isMadeAtEnd(strand.sdk);
  if (response === undefined && !isOfSdk) return null;
  const event = response ?? request;
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let waitedFor = true;
  for (const member of members) {
    start = Math.min(start, timeOf[member] as number);
    end = Math.max(end, timeOf[member] as number);
    waitedFor &&= isBlocking(events[member] as TraceEvent);
  }
  // Events that were written by hand may have the same timestamp for a request and its response,
  // and state the duration.
  const timing = isOfSdk ? null : timingOf(events[event] as TraceEvent);
  if (timing !== null) {
    const stated = interval(timeOf[event] as number, timing);
    start = Math.min(start, stated.start);
    end = Math.max(end, stated.end);
  }
  if (end <= start) return null;
  const isStated = { event, strand: strand.number, stamps: 'end', request, call: null } as const;
  return { ...isStated, start, end, isBlocking: waitedFor };
}

function interval(time: number, { durationNs, stamps }: { durationNs: number; stamps: string }) {
  return stamps === 'start'
    ? { start: time, end: time + durationNs }
    : { start: time - durationNs, end: time };
}
