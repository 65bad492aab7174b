/** Failures of one trace after which it is given up, while others can be worked on. */
const FAILURES_MAX = 4;
/** Traces remembered as failed; one that was erased meanwhile never comes back to be forgotten. */
const TRACES_MAX = 1024;

/**
 * Tells a trace whose own work fails again and again (its statements take too long, say) from a
 * storage that is away for everybody. Traces whose work failed are tried again alone, after the
 * others.
 */
export class Setbacks {
  readonly #failures = new Map<string, number>();

  /** Those that never failed, and those that have. */
  split<Claim extends { readonly traceId: string }>(
    claims: readonly Claim[],
  ): { usual: readonly Claim[]; suspects: readonly Claim[] } {
    const isSuspect = ({ traceId }: Claim) => this.#failures.has(traceId);
    return {
      usual: claims.filter((claim) => !isSuspect(claim)),
      suspects: claims.filter(isSuspect),
    };
  }

  /** Notes that work on these traces failed; true when it was one that has failed too often. */
  note(claims: readonly { readonly traceId: string }[]): boolean {
    for (const { traceId } of claims) {
      const failures = (this.#failures.get(traceId) ?? 0) + 1;
      this.#failures.delete(traceId);
      this.#failures.set(traceId, failures);
    }
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= TRACES_MAX) break;
      this.#failures.delete(oldest);
    }
    const [only, ...others] = claims;
    if (only === undefined || others.length > 0) return false;
    return (this.#failures.get(only.traceId) ?? 0) >= FAILURES_MAX;
  }

  forget(claims: readonly { readonly traceId: string }[]): void {
    for (const { traceId } of claims) this.#failures.delete(traceId);
  }
}
