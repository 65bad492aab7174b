import { otlpLimits } from './otlp-limits.ts';

/** What of a request was refused, and why. */
export class Rejections {
  readonly #thing: string;
  readonly #counts = new Map<string, number>();
  #count = 0;

  /** @param thing what is refused, as the word for one of them */
  constructor(thing: string) {
    this.#thing = thing;
  }

  get count(): number {
    return this.#count;
  }

  /** @param fault as the end of a sentence: `has no start time` */
  add(fault: string): void {
    this.#count += 1;
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }

  /** For the person who reads the log of an exporter; '' when nothing was refused. */
  get message(): string {
    const told = [...this.#counts].slice(0, otlpLimits.reasonsTold).map(([fault, count]) => {
      const things = count === 1 ? this.#thing : `${this.#thing}s`;
      return `${count} ${things}: ${fault}`;
    });
    const more = this.#counts.size - told.length;
    return told.join('; ') + (more > 0 ? `; and ${more} other reasons` : '');
  }
}
