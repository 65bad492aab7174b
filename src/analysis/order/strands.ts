import type { TraceEvent } from '../../domain/event/event.ts';
import { lowerBound } from '../../domain/lower-bound.ts';
import { componentOf, sdkOf } from './component.ts';
import type { EventIndex } from './event-index.ts';
import { Interner, PairInterner } from './interner.ts';
import { type OwnCounters, ownCounters } from './own-counters.ts';
import { orderStrand, parentOrder } from './strand-order.ts';

/**
 * A strand: the events that one thread of control of a trace made, one after the other. It is the
 * unit of order. With all four SDKs one request in one service is one strand. The key is (trace,
 * service, instance, span, thread). The Rust SDK names threads of the operating system and takes
 * its callee's span id after a call; there, a chain of parent links stays one strand.
 */
export interface Strand {
  /** Place of the strand in {@link StrandIndex.strands}. */
  readonly number: number;
  readonly trace: number;
  readonly service: string;
  readonly instance: string | null;
  readonly thread: string;
  /** Distinct span ids, in order; one, except for Rust. */
  readonly spans: readonly string[];
  /** Span id of the caller as the strand's first event that knows it says. */
  readonly upstreamSpan: string | null;
  /** Event numbers in strand order. */
  readonly events: Int32Array;
  /**
   * The strand's own counter per event (never falling; 0 before the first), from its causality
   * vectors; null when the strand sends none.
   */
  readonly counters: Float64Array | null;
  /** The counters are those of `service#instance` (and so can be met in other strands' vectors). */
  readonly countsAsComponent: boolean;
  /** `tags.sdk_language` of the first event. */
  readonly sdk: string | null;
}

export interface StrandIndex {
  readonly strands: readonly Strand[];
  /** Strand of each event. */
  readonly strandOf: Int32Array;
  /** Place of each event inside its strand. */
  readonly placeOf: Int32Array;
}

/** Finds the strands of a group, numbered by their earliest event, and puts each in order. */
export function findStrands(index: EventIndex): StrandIndex {
  const strandOf = strandNumbers(index);
  const members = bucket(strandOf);
  const placeOf = new Int32Array(strandOf.length);
  const byParent = parentOrder(index);
  const strands = members.map((events, number): Strand => {
    let own = ownCounters(index, events);
    if (orderStrand(index, byParent, events, own?.counters ?? null)) {
      own = ownCounters(index, events);
    }
    for (let place = 0; place < events.length; place += 1) placeOf[events[place] as number] = place;
    return describeStrand(index, number, events, own);
  });
  return { strands, strandOf, placeOf };
}

function describeStrand(
  index: EventIndex,
  number: number,
  events: Int32Array,
  own: OwnCounters | null,
): Strand {
  const first = index.events[events[0] as number] as TraceEvent;
  const spans = new Set<string>();
  let upstreamSpan: string | null = null;
  for (const event of events) {
    const { distributed_span_id: span, upstream_span_id: upstream } = (
      index.events[event] as TraceEvent
    ).metadata;
    if (typeof span === 'string') spans.add(span);
    if (typeof upstream === 'string') upstreamSpan ??= upstream;
  }
  return {
    number,
    trace: index.traceOf[events[0] as number] as number,
    service: first.metadata.service_name,
    instance: first.metadata.instance_id ?? null,
    thread: first.metadata.thread_id,
    spans: [...spans],
    upstreamSpan,
    events,
    counters: own === null ? null : risingCounters(own.counters),
    countsAsComponent: own?.ofComponent ?? false,
    sdk: sdkOf(first),
  };
}

/** Fills gaps with the counter before; null when the counters do not rise along the strand. */
function risingCounters(counters: Float64Array): Float64Array | null {
  let last = 0;
  let previous = -1;
  for (let place = 0; place < counters.length; place += 1) {
    const counter = counters[place] as number;
    if (counter < 0) {
      counters[place] = last;
      continue;
    }
    if (counter <= previous) return null;
    previous = counter;
    last = counter;
  }
  return counters;
}

function strandNumbers(index: EventIndex): Int32Array {
  const texts = new Interner();
  const pairs = [new PairInterner(), new PairInterner(), new PairInterner(), new PairInterner()];
  const strandOf = new Int32Array(index.events.length);
  const chains = rustChains(index);
  /** What was last found for a metadata object: the events of a request share theirs. */
  const known = new Map<object, { readonly trace: number; readonly strand: number }>();
  index.events.forEach(({ metadata }, number) => {
    const trace = index.traceOf[number] as number;
    const chain = chains?.[number] ?? -1;
    const last = chain < 0 ? known.get(metadata) : undefined;
    if (last?.trace === trace) {
      strandOf[number] = last.strand;
      return;
    }
    const { service_name, instance_id, distributed_span_id, thread_id } = metadata;
    // A prefix keeps null, text and the numbers of chains apart.
    const span = typeof distributed_span_id === 'string' ? `=${distributed_span_id}` : '';
    const parts = [
      texts.intern(service_name),
      texts.intern(typeof instance_id === 'string' ? `=${instance_id}` : ''),
      texts.intern(chain < 0 ? span : `#${chain}`),
      texts.intern(chain < 0 ? `=${thread_id}` : ''),
    ];
    let strand = trace;
    parts.forEach((part, level) => {
      strand = (pairs[level] as PairInterner).intern(strand, part);
    });
    strandOf[number] = strand;
    if (chain < 0) known.set(metadata, { trace, strand });
  });
  return strandOf;
}

/**
 * For each event of the Rust SDK the first event of its chain of parent links, -1 for all other
 * events; null when the SDK sent none. Where a chain forks, each branch is a chain of its own.
 */
function rustChains(index: EventIndex): Int32Array | null {
  const { events, parentOf } = index;
  if (!events.some((event) => sdkOf(event) === 'rust')) return null;
  const sameContext = (a: TraceEvent, b: TraceEvent) =>
    sdkOf(b) === 'rust' && sdkOf(a) === 'rust' && componentOf(a) === componentOf(b);
  const children = new Int32Array(events.length);
  const follows = new Int32Array(events.length).fill(-1);
  events.forEach((event, number) => {
    const parent = parentOf[number] as number;
    if (parent < 0 || !sameContext(event, events[parent] as TraceEvent)) return;
    follows[number] = parent;
    children[parent] = (children[parent] as number) + 1;
  });
  const chains = new Int32Array(events.length).fill(-1);
  for (let start = 0; start < events.length; start += 1) {
    if (sdkOf(events[start] as TraceEvent) !== 'rust') continue;
    const walked: number[] = [];
    let event = start;
    while (chains[event] === -1) {
      walked.push(event);
      const before = follows[event] as number;
      if (before < 0 || (children[before] as number) > 1) break;
      event = before;
    }
    const chain = chains[event] === -1 ? event : (chains[event] as number);
    for (const member of walked) chains[member] = chain;
  }
  return chains;
}

function bucket(strandOf: Int32Array): Int32Array[] {
  let count = 0;
  for (const strand of strandOf) if (strand >= count) count = strand + 1;
  const starts = new Int32Array(count + 1);
  for (const strand of strandOf) starts[strand + 1] = (starts[strand + 1] as number) + 1;
  for (let strand = 0; strand < count; strand += 1) {
    starts[strand + 1] = (starts[strand + 1] as number) + (starts[strand] as number);
  }
  const sorted = new Int32Array(strandOf.length);
  const next = starts.slice();
  strandOf.forEach((strand, event) => {
    sorted[next[strand] as number] = event;
    next[strand] = (next[strand] as number) + 1;
  });
  return Array.from({ length: count }, (_, strand) =>
    sorted.subarray(starts[strand], starts[strand + 1]),
  );
}

/** The last event of a strand whose own counter is at most `counter`, or -1. */
export function lastWithCounter({ events, counters }: Strand, counter: number): number {
  if (counters === null) return -1;
  const above = lowerBound(0, counters.length, (place) => (counters[place] as number) > counter);
  return above === 0 ? -1 : (events[above - 1] as number);
}
