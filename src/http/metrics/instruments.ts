import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Bounds of histograms of times, from a millisecond to ten seconds. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes the metrics of one registry, so that each of them is no more than its name, help and labels. */
export class Instruments {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: this.#registers });
  }

  /** A gauge that is measured when somebody asks. */
  measured(name: string, help: string, measure: () => number): void {
    const registers = this.#registers;
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(measure());
      },
    });
  }

  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): Histogram {
    const registers = this.#registers;
    return new Histogram({ name, help, labelNames, buckets: [...buckets], registers });
  }
}

/** Makes a counter show what has been counted elsewhere. */
export function showTotal(counter: Counter, total: number): void {
  counter.reset();
  counter.inc(total);
}
