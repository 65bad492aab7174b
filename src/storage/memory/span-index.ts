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
      for (const seeker of this.#seekers.get(span) ?? []) linked.add(seeker);
    }
    linked.delete(traceId);
    return [...linked].sort();
  }

  /**
   * Other traces whose links may change when a trace begins or ceases to own a span, or to look for
   * it. With two other owners it links nobody from now on: only who is linked already is concerned.
   */
  concerned(
    traceId: string,
    span: string,
    isMissing: boolean,
    isLinked: (traceId: string) => boolean,
  ): string[] {
    const owners = this.#othersOf(this.#owners, span, traceId, 2);
    const others = [...(this.#owners.get(span) ?? []), ...(this.#seekers.get(span) ?? [])].filter(
      (other) => other !== traceId,
    );
    if (owners.length > 1) return others.filter(isLinked);
    return isMissing ? owners : others;
  }

  /** The first traces of a span other than one. */
  #othersOf(
    index: ReadonlyMap<string, ReadonlySet<string>>,
    span: string,
    traceId: string,
    limit: number,
  ): string[] {
    const others: string[] = [];
    for (const other of index.get(span) ?? []) {
      if (other !== traceId && others.push(other) === limit) break;
    }
    return others;
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
