import { compareCodePoints } from '../../../domain/code-points.ts';
import { type DerivedTrace, orNone } from './derived-trace.ts';

/** Trace ids by span; most spans have one, and a set takes five times as much as its text. */
type Links = Map<string, string | Set<string>>;

/** The traces that have a span, and those that look for it in other traces. */
export class SpanIndex {
  readonly #owners: Links = new Map();
  readonly #seekers: Links = new Map();

  /** Puts spans in the place of those of a trace; gives how many more they are. */
  replace(trace: DerivedTrace, own: readonly string[], missing: readonly string[]): number {
    const { traceId } = trace;
    const before = trace.ownSpans.length + trace.missingSpans.length;
    for (const span of trace.ownSpans) unlink(this.#owners, span, traceId);
    for (const span of trace.missingSpans) unlink(this.#seekers, span, traceId);
    for (const span of own) link(this.#owners, span, traceId);
    for (const span of missing) link(this.#seekers, span, traceId);
    trace.ownSpans = orNone(own);
    trace.missingSpans = orNone(missing);
    return own.length + missing.length - before;
  }

  /**
   * Traces that own one of `missing` or look for one of `own`, sorted; a span that several traces
   * own links none.
   */
  linked(traceId: string, own: readonly string[], missing: readonly string[]): string[] {
    const linked = new Set<string>();
    for (const span of missing) {
      const owners = this.#othersOf(this.#owners, span, traceId, 2);
      if (owners.length === 1) linked.add(owners[0] as string);
    }
    for (const span of own) {
      if (this.#othersOf(this.#owners, span, traceId, 1).length > 0) continue;
      for (const seeker of tracesOf(this.#seekers, span)) linked.add(seeker);
    }
    linked.delete(traceId);
    return [...linked].sort(compareCodePoints);
  }

  /**
   * Finds the other traces whose links may change when a trace begins or ceases to own a span, or
   * to look for it. A span with two other owners links no new trace. Then only traces that it
   * already links are concerned.
   */
  concerned(
    traceId: string,
    span: string,
    isMissing: boolean,
    isLinked: (traceId: string) => boolean,
  ): string[] {
    const owners = this.#othersOf(this.#owners, span, traceId, 2);
    const others = [...tracesOf(this.#owners, span), ...tracesOf(this.#seekers, span)].filter(
      (other) => other !== traceId,
    );
    if (owners.length > 1) return others.filter(isLinked);
    return isMissing ? owners : others;
  }

  /** The first traces of a span other than one. */
  #othersOf(index: Links, span: string, traceId: string, limit: number): string[] {
    const others: string[] = [];
    for (const other of tracesOf(index, span)) {
      if (other !== traceId && others.push(other) === limit) break;
    }
    return others;
  }
}

function tracesOf(index: Links, span: string): Iterable<string> {
  const known = index.get(span) ?? [];
  return typeof known === 'string' ? [known] : known;
}

function link(index: Links, span: string, traceId: string): void {
  const known = index.get(span);
  if (known === undefined) index.set(span, traceId);
  else if (typeof known !== 'string') known.add(traceId);
  else if (known !== traceId) index.set(span, new Set([known, traceId]));
}

function unlink(index: Links, span: string, traceId: string): void {
  const known = index.get(span);
  if (known === traceId) index.delete(span);
  if (typeof known !== 'object') return;
  known.delete(traceId);
  if (known.size === 0) index.delete(span);
}
