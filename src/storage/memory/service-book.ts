import type { ServiceTotals } from '../storage.ts';

/** Which services there are, and how much of each, over all traces. */
export class ServiceBook {
  readonly #services = new Map<string, { eventCount: number; traceCount: number }>();
  #traceServices = 0;

  /** Pairs of a trace and a service in it. */
  get traceServices(): number {
    return this.#traceServices;
  }

  has(name: string): boolean {
    return this.#services.has(name);
  }

  /** Adds the services of one trace, each with the number of its events, or takes them away. */
  count(services: Iterable<readonly [name: string, eventCount: number]>, sign: 1 | -1): void {
    for (const [name, eventCount] of services) {
      if (name === '') continue;
      this.#traceServices += sign;
      const totals = this.#services.get(name) ?? { eventCount: 0, traceCount: 0 };
      totals.eventCount += sign * eventCount;
      totals.traceCount += sign;
      if (totals.traceCount === 0) this.#services.delete(name);
      else this.#services.set(name, totals);
    }
  }

  /** By name. */
  all(): ServiceTotals[] {
    return [...this.#services]
      .map(([name, totals]) => ({ name, ...totals }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
