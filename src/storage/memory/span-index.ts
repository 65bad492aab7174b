/** The traces that have a span, and those that look for it in other traces. */
export class SpanIndex {
  readonly #owners = new Map<string, Set<string>>();
  readonly #seekers = new Map<string, Set<string>>();

  add(traceId: string, own: readonly string[], missing: readonly string[]): void {
    for (const span of own) link(this.#owners, span, traceId);
    for (const span of missing) link(this.#seekers, span, traceId);
  }

  remove(traceId: string, own: readonly string[], missing: readonly string[]): void {
    for (const span of own) unlink(this.#owners, span, traceId);
    for (const span of missing) unlink(this.#seekers, span, traceId);
  }

  /** Traces that own one of `missing` or look for one of `own`; sorted. */
  linked(own: readonly string[], missing: readonly string[]): string[] {
    const owners = missing.flatMap((span) => [...(this.#owners.get(span) ?? [])]);
    const seekers = own.flatMap((span) => [...(this.#seekers.get(span) ?? [])]);
    return [...new Set([...owners, ...seekers])].sort();
  }

  /** All traces that have one of the spans, or look for one. */
  sharing(spans: readonly string[]): string[] {
    return [this.#owners, this.#seekers].flatMap((index) =>
      spans.flatMap((span) => [...(index.get(span) ?? [])]),
    );
  }
}

function link(index: Map<string, Set<string>>, span: string, traceId: string): void {
  const known = index.get(span);
  if (known === undefined) index.set(span, new Set([traceId]));
  else known.add(traceId);
}

function unlink(index: Map<string, Set<string>>, span: string, traceId: string): void {
  const known = index.get(span);
  known?.delete(traceId);
  if (known?.size === 0) index.delete(span);
}
