import type { EventIndex } from './event-index.ts';
import type { Strand, StrandIndex } from './strands.ts';

/** The form of span ids that are unique beyond their trace: 16 hex digits, as SDKs draw them. */
const GLOBAL_SPAN = /^[0-9a-f]{16}$/i;

/** Who owns which span id, and where a span begins. */
export class SpanTable {
  readonly #byTraceAndSpan = new Map<string, Strand[]>();
  readonly #bySpan = new Map<string, Strand[]>();
  readonly #entries = new Set<number>();

  constructor({ parentOf }: EventIndex, { strands, strandOf }: StrandIndex) {
    if (strands.every(({ upstreamSpan }) => upstreamSpan === null)) return;
    const entryOf = new Map<string, Strand>();
    for (const strand of strands) {
      for (const span of strand.spans) {
        append(this.#byTraceAndSpan, `${strand.trace} ${span}`, strand);
        if (GLOBAL_SPAN.test(span)) append(this.#bySpan, span, strand);
      }
      // Strands come by their earliest event, so the first one met is where the span begins …
      const place = spanPlace(strand);
      if (!entryOf.has(place)) entryOf.set(place, strand);
    }
    for (const strand of strands) {
      const entry = entryOf.get(spanPlace(strand)) as Strand;
      const parent = parentOf[strand.events[0] as number] as number;
      // … unless its clock runs ahead and its first event is a child inside the same span.
      const inside = parent >= 0 ? (strands[strandOf[parent] as number] as Strand) : null;
      if (strand === entry && inside !== null && spanPlace(inside) === spanPlace(strand)) {
        entryOf.set(spanPlace(strand), inside);
      }
    }
    for (const strand of entryOf.values()) this.#entries.add(strand.number);
  }

  /** Whether the strand is the one in which its span begins in its service instance. */
  isEntry(strand: Strand): boolean {
    return this.#entries.has(strand.number);
  }

  /**
   * The strand that has the span which called `downstream`: in its own trace; only if no strand
   * there has it, in another trace of the group where exactly one strand has that id.
   *
   * @param clock the first causality vector of the downstream strand: of several strands with the
   *   id (threads of one span; Rust's caller and callee) the caller is one that the callee has
   *   heard of, and of these the one that was at its counter last.
   */
  upstreamOf(downstream: Strand, clock: ReadonlyMap<string, number>): Strand | null {
    const span = downstream.upstreamSpan as string;
    const inTrace = this.#byTraceAndSpan.get(`${downstream.trace} ${span}`) ?? [];
    if (inTrace.length === 0) {
      const elsewhere = this.#bySpan.get(span) ?? [];
      return elsewhere.length === 1 ? (elsewhere[0] as Strand) : null;
    }
    let best: Strand | null = null;
    let bestScore = -1;
    for (const strand of inTrace) {
      if (strand === downstream) continue;
      const heard = clock.get(`${strand.service}#${strand.instance}`);
      let score = this.isEntry(strand) ? 1 : 0;
      if (heard !== undefined) score += 2 + 2 * counterUpTo(strand, heard);
      if (score > bestScore) {
        best = strand;
        bestScore = score;
      }
    }
    return best;
  }
}

/** The strand's last own counter that is not above `counter`; 0 when it sends none. */
function counterUpTo(strand: Strand, counter: number): number {
  if (!strand.countsAsComponent || strand.counters === null) return 0;
  let last = 0;
  for (const own of strand.counters) {
    if (own > counter) break;
    last = own;
  }
  return last;
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
