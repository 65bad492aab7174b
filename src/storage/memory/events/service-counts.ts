/** Services of one trace that are searched one after the other before a map pays. */
const SEARCHED_SERVICES_MAX = 16;

/** The services of one trace under numbers, the empty name included, each with the number of its events. */
export class ServiceCounts {
  #names: string[] = [];
  #counts: number[] = [];
  #numbers: Map<string, number> | null = null;

  *all(): Generator<readonly [name: string, eventCount: number]> {
    for (const [number, name] of this.#names.entries()) {
      yield [name, this.#counts[number] as number];
    }
  }

  at(number: number): string {
    return this.#names[number] as string;
  }

  /** Counts one event more of a service; returns its number. */
  count(name: string): number {
    const known = this.#numbers?.get(name) ?? this.#names.indexOf(name);
    const number = known === -1 ? this.#names.push(name) - 1 : known;
    this.#counts[number] = (this.#counts[number] ?? 0) + 1;
    if (known === -1 && number >= SEARCHED_SERVICES_MAX) {
      this.#numbers ??= new Map(this.#names.map((service, index) => [service, index]));
      this.#numbers.set(name, number);
    }
    return number;
  }

  /** Gives back what lists take that have room for more. */
  shrink(): void {
    this.#names = [...this.#names];
    this.#counts = [...this.#counts];
  }
}
