import type { Access, Visit } from './history/visits.ts';

/** When each value of a variable was first seen by each process: read, or known by who wrote next. */
export class SeenValues {
  readonly #first = new Map<string, bigint>();

  constructor(visits: readonly Visit[]) {
    for (const { accesses } of visits) {
      for (const { writes, source, signature, ns, errorNs } of accesses) {
        const value = writes ? source.oldValue : source.newValue;
        if (value === null) continue;
        const key = keyOf(signature.process, value);
        const known = this.#first.get(key);
        const latest = ns + errorNs;
        if (known === undefined || latest < known) this.#first.set(key, latest);
      }
    }
  }

  /** Whether a value had surely been seen before a write, by the clock of one process. */
  before(process: string, value: string, write: Access): boolean {
    const first = this.#first.get(keyOf(process, value));
    return first !== undefined && first < write.ns - write.errorNs;
  }
}

function keyOf(process: string, value: string): string {
  return JSON.stringify([process, value]);
}
