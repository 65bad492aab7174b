import type { EventIndex } from './event-index.ts';
import { SpanOwners, type SpanRange } from './span-owners.ts';
import type { Strand, StrandIndex } from './strands.ts';

/** The form of span ids that are unique beyond their trace: 16 hex digits, as SDKs draw them. */
const GLOBAL_SPAN = /^[0-9a-f]{16}$/i;

/** Who owns which span id, and where a span begins. */
export class SpanTable {
  readonly #byTraceAndSpan = new Map<string, SpanOwners>();
  readonly #bySpan = new Map<string, Strand[]>();
  readonly #entries = new Set<number>();

  constructor(index: EventIndex, { strands, strandOf }: StrandIndex) {
    if (strands.every(({ upstreamSpan }) => upstreamSpan === null)) return;
    const entryOf = new Map<string, Strand>();
    for (const strand of strands) {
      for (const span of strand.spans) {
        if (GLOBAL_SPAN.test(span)) append(this.#bySpan, span, strand);
      }
      // Strands come by their earliest event, so the first one met is where the span begins …
      const place = spanPlace(strand);
      if (!entryOf.has(place)) entryOf.set(place, strand);
    }
    for (const strand of strands) {
      const entry = entryOf.get(spanPlace(strand)) as Strand;
      const parent = index.parentOf[strand.events[0] as number] as number;
      // … unless its clock runs ahead and its first event is a child inside the same span.
      const inside = parent >= 0 ? (strands[strandOf[parent] as number] as Strand) : null;
      if (strand === entry && inside !== null && spanPlace(inside) === spanPlace(strand)) {
        entryOf.set(spanPlace(strand), inside);
      }
    }
    for (const strand of entryOf.values()) this.#entries.add(strand.number);
    for (const strand of strands) {
      for (const [span, range] of spanRanges(index, strand)) {
        this.#ownersOf(strand.trace, span).add(strand, range);
      }
    }
  }

  /** Whether the strand is the one in which its span begins in its service instance. */
  isEntry(strand: Strand): boolean {
    return this.#entries.has(strand.number);
  }

  /**
   * Finds the strand that has the span which called `downstream`. It looks in the same trace first.
   * If no strand there has the span, it looks in the other traces of the group, where exactly one
   * strand must have it.
   *
   * @param clock what the downstream strand had heard when it began
   */
  upstreamOf(downstream: Strand, clock: ReadonlyMap<string, number>): Strand | null {
    const span = downstream.upstreamSpan as string;
    const inTrace = this.#byTraceAndSpan.get(`${downstream.trace} ${span}`);
    if (inTrace !== undefined) return inTrace.callerOf(downstream, clock);
    const elsewhere = this.#bySpan.get(span) ?? [];
    return elsewhere.length === 1 ? (elsewhere[0] as Strand) : null;
  }

  #ownersOf(trace: number, span: string): SpanOwners {
    const key = `${trace} ${span}`;
    let owners = this.#byTraceAndSpan.get(key);
    if (owners === undefined) {
      owners = new SpanOwners((strand) => this.isEntry(strand));
      this.#byTraceAndSpan.set(key, owners);
    }
    return owners;
  }
}

function spanRanges({ events }: EventIndex, strand: Strand): ReadonlyMap<string, SpanRange> {
  const whole = { from: 0, to: strand.events.length };
  if (strand.spans.length < 2) return new Map(strand.spans.map((span) => [span, whole]));
  const ranges = new Map<string, SpanRange>();
  strand.events.forEach((event, place) => {
    const span = events[event]?.metadata.distributed_span_id;
    if (typeof span !== 'string') return;
    ranges.set(span, { from: ranges.get(span)?.from ?? place, to: place + 1 });
  });
  return ranges;
}

/** A span in one service instance; a strand without a span id is one by itself. */
function spanPlace({ trace, service, instance, spans, number }: Strand): string {
  return JSON.stringify([trace, service, instance, spans[0] ?? number]);
}

function append(lists: Map<string, Strand[]>, key: string, strand: Strand): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [strand]);
  else list.push(strand);
}
