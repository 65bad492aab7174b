import type { CausalOrder } from '../order/order.ts';
import { contains, type EnclosingSpans, encloseByTime } from './enclosing-spans.ts';
import type { Origins } from './span-origins.ts';
import type { TimedSpan, TimedSpans } from './timed-spans.ts';

/** Not looked up yet; -1 says that there is none. */
const UNKNOWN = -2;

/** Finds the span in which a span was made. */
export class SpanHomes {
  readonly #order: CausalOrder;
  readonly #timed: TimedSpans;
  readonly #origins: Origins;
  readonly #afterAnswer: Uint8Array;
  readonly #enclosing: EnclosingSpans;
  /** By event: the nearest ancestor's span whose start is stamped. */
  readonly #linked: Int32Array;
  /** By called strand: event of the caller. */
  readonly #sentFor: ReadonlyMap<number, number>;
  /** By event: the answer of {@link ofMoment}. */
  readonly #moments: Int32Array;

  /** @param afterAnswer marks of the events that came after a response */
  constructor(order: CausalOrder, timed: TimedSpans, origins: Origins, afterAnswer: Uint8Array) {
    this.#order = order;
    this.#timed = timed;
    this.#origins = origins;
    this.#afterAnswer = afterAnswer;
    this.#enclosing = encloseByTime(order, timed, origins.departures);
    this.#linked = linkedSpans(order, timed);
    this.#sentFor = new Map(origins.departures.map(({ callee, sent }) => [callee, sent]));
    this.#moments = new Int32Array(order.events.length).fill(UNKNOWN);
  }

  /** The span in which a span was made, or -1. Answers may form cycles where links and times disagree. */
  ofSpan(span: TimedSpan): number {
    const { spans } = this.#timed;
    const around = this.#enclosing.ofEvent[span.event] as number;
    const parent = this.#order.parentOf[span.event] as number;
    const direct = parent < 0 ? -1 : startStamped(this.#timed, parent);
    const linked = this.#linked[span.event] as number;
    const isInStrand = spans[linked]?.strand === span.strand;
    const isLinked =
      span.stamps === 'start'
        ? direct >= 0 || isInStrand
        : direct >= 0 && contains(spans[direct] as TimedSpan, span);
    if (isLinked) {
      // Inside one strand, a step that begins after another has ended was not made in that other
      // step.
      const isLater = isInStrand && span.start >= (spans[linked] as TimedSpan).end;
      return isLater && around >= 0 ? around : linked;
    }
    if (around >= 0) return around;
    const isOutside = linked >= 0 && !isInStrand;
    if (isOutside && !this.#leavesAnswer(span.event, (spans[linked] as TimedSpan).event)) {
      return linked;
    }
    return this.#ofOrigin(span.event);
  }

  /** Whether an event came after a response, and what brought it about did not. */
  #leavesAnswer(event: number, origin: number): boolean {
    return this.#afterAnswer[event] === 1 && this.#afterAnswer[origin] !== 1;
  }

  #ofOrigin(event: number): number {
    const origin = this.#origins.ofEvent[event] as number;
    if (origin < 0 || this.#leavesAnswer(event, origin)) return -1;
    const strand = this.#order.strandOf[event] as number;
    const departure = this.#enclosing.ofDeparture[strand] as number;
    if (this.#sentFor.get(strand) === origin && departure >= 0) return departure;
    return this.ofMoment(origin);
  }

  /**
   * The span in which an event was made: a span of its own strand, else the span of the event that
   * brought it about.
   */
  ofMoment(start: number): number {
    const { positionOf } = this.#order;
    const walked: number[] = [];
    let event = start;
    let home = -1;
    for (;;) {
      walked.push(event);
      home =
        this.#moments[event] === UNKNOWN ? this.#inStrand(event) : (this.#moments[event] as number);
      const origin = this.#origins.ofEvent[event] as number;
      if (home >= 0 || origin < 0 || this.#moments[event] !== UNKNOWN) break;
      if (this.#leavesAnswer(event, origin)) break;
      // Links that go back in causal order close a cycle.
      if ((positionOf[origin] as number) >= (positionOf[event] as number)) break;
      event = origin;
    }
    for (const member of walked) this.#moments[member] = home;
    return home;
  }

  #inStrand(event: number): number {
    const { spans, spanOf } = this.#timed;
    const own = spans[spanOf[event] as number];
    if (own !== undefined && (own.stamps === 'start' || own.request !== null)) {
      return spanOf[event] as number;
    }
    const around = this.#enclosing.ofEvent[event] as number;
    return around >= 0 ? around : (this.#linked[event] as number);
  }
}

function startStamped({ spans, spanOf }: TimedSpans, event: number): number {
  const span = spanOf[event] as number;
  return spans[span]?.stamps === 'start' ? span : -1;
}

function linkedSpans({ parentOf }: CausalOrder, timed: TimedSpans): Int32Array {
  const linked = new Int32Array(parentOf.length).fill(UNKNOWN);
  for (let start = 0; start < parentOf.length; start += 1) {
    const walked: number[] = [];
    let event = start;
    while (event >= 0 && linked[event] === UNKNOWN) {
      walked.push(event);
      event = parentOf[event] as number;
    }
    for (const member of walked.reverse()) {
      const parent = parentOf[member] as number;
      const own = parent < 0 ? -1 : startStamped(timed, parent);
      linked[member] = own >= 0 || parent < 0 ? own : (linked[parent] as number);
    }
  }
  return linked;
}
