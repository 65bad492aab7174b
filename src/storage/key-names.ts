/** Names of the keys that wrote to traces. A trace has few. */
export class KeyNames {
  readonly #byTrace = new Map<string, readonly string[]>();

  /** @param name null: the event was sent without a key */
  note(traceId: string, name: string | null): void {
    if (name === null) return;
    const known = this.of(traceId);
    if (!known.includes(name)) this.#byTrace.set(traceId, mergeKeyNames(known, [name]));
  }

  /** Sorted. */
  of(traceId: string): readonly string[] {
    return this.#byTrace.get(traceId) ?? [];
  }
}

/** The names of two lists, sorted, each once. */
export function mergeKeyNames(a: readonly string[], b: readonly string[]): readonly string[] {
  return b.every((name) => a.includes(name)) ? a : [...new Set([...a, ...b])].sort();
}
