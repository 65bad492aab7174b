import { isMadeAtEnd } from '../../domain/stamp.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';
import type { TimedSpan, TimedSpans } from './timed-spans.ts';

/** How far two readings of one SDK's clocks may be apart (TypeScript's last three digits). */
const SDK_JITTER_NS = 1e6;

/** A call that leaves a strand. An SDK records no event for it. */
export interface Departure {
  /** Strand that is called. */
  readonly callee: number;
  /** Last event of the calling strand before the call. */
  readonly sent: number;
}

/** The innermost span of the same strand around each event and around each departure, or -1. */
export interface EnclosingSpans {
  readonly ofEvent: Int32Array;
  /** By called strand. */
  readonly ofDeparture: Int32Array;
}

/** Something that has a place in a strand and may lie in one of the strand's spans. */
interface Item {
  readonly start: number;
  readonly end: number;
  /** Number of the span that it is; -1 for a moment. */
  readonly span: number;
  /** Where the answer goes. */
  readonly answers: Int32Array;
  readonly slot: number;
}

/**
 * Rebuilds the nesting inside each strand from times. Parent links do not show it where all events
 * of a request form one chain. What comes after its response lies in nothing that came before.
 * O(n log n).
 */
export function encloseByTime(
  order: CausalOrder,
  spans: TimedSpans,
  departures: readonly Departure[],
): EnclosingSpans {
  const ofEvent = new Int32Array(order.events.length).fill(-1);
  const ofDeparture = new Int32Array(order.strands.length).fill(-1);
  const leaving = new Map<number, Departure[]>();
  for (const departure of departures) {
    const list = leaving.get(departure.sent);
    if (list === undefined) leaving.set(departure.sent, [departure]);
    else list.push(departure);
  }
  for (const strand of order.strands) {
    const answer = spans.answerPlaces[strand.number] as number;
    const request = spans.requestOf[strand.number] as number;
    let items: Item[] = [];
    strand.events.forEach((event, place) => {
      items.push(eventItem(spans, event, ofEvent));
      if (place === answer) {
        encloseItems(items, strand, spans, request);
        items = [];
      }
      for (const { callee } of leaving.get(event) ?? []) {
        const next = strand.events[place + 1] ?? event;
        const moment = departureTime(order, spans, event, next, callee);
        items.push({ start: moment, end: moment, span: -1, answers: ofDeparture, slot: callee });
      }
    });
    encloseItems(items, strand, spans, answer < 0 ? request : -1);
  }
  return { ofEvent, ofDeparture };
}

function eventItem({ spans, spanOf, timeOf }: TimedSpans, event: number, answers: Int32Array) {
  const span = spanOf[event] as number;
  const time = timeOf[event] as number;
  const { start, end } = spans[span] ?? { start: time, end: time };
  return { start, end, span, answers, slot: event };
}

/**
 * When a strand was called. The time is kept between those of the caller's events around the call,
 * because clocks of hosts differ.
 */
function departureTime(
  { strands }: CausalOrder,
  { timeOf }: TimedSpans,
  sent: number,
  next: number,
  callee: number,
): number {
  const called = timeOf[strands[callee]?.events[0] as number] as number;
  return Math.max(timeOf[sent] as number, Math.min(called, timeOf[next] as number));
}

/**
 * Walks the items by end: a span encloses all before it that did not start earlier.
 *
 * @param outermost the span around all of them, or -1
 */
function encloseItems(
  items: Item[],
  strand: Strand,
  { spans }: TimedSpans,
  outermost: number,
): void {
  const isOfSdk = isMadeAtEnd(strand.sdk);
  const areMadeAtEnd = isOfSdk && items.every(({ span }) => spans[span]?.stamps !== 'start');
  // The order of an SDK's events is safer than their times.
  if (!areMadeAtEnd) items.sort((a, b) => a.end - b.end || b.start - a.start);
  const slack = isOfSdk ? SDK_JITTER_NS : 0;
  const open: Item[] = [];
  for (const item of items) {
    if (item.span >= 0 && item.span === outermost) continue;
    const { start } = item;
    for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
      if (item.span < 0 || !startsInside(inner, start, slack)) break;
      inner.answers[inner.slot] = item.span;
      open.pop();
    }
    open.push(item);
  }
  for (const item of open) item.answers[item.slot] = outermost;
}

function startsInside(inner: Item, start: number, slack: number): boolean {
  return (
    inner.start >= start || (inner.start >= start - slack && inner.start + inner.end >= 2 * start)
  );
}

/** Whether one span lies in the other. */
export function contains(outer: TimedSpan, inner: TimedSpan): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
