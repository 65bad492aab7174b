/** Gives each distinct text a dense number, in the order in which they are met. */
export class Interner {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  intern(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.length;
      this.names.push(name);
      this.#numbers.set(name, number);
    }
    return number;
  }

  /** The number of a text, or -1 when it was never met. */
  find(name: string): number {
    return this.#numbers.get(name) ?? -1;
  }
}

/** Pairs of numbers below this are told apart exactly inside one double. */
const PAIR_BASE = 2 ** 26;

/** Gives each distinct pair of dense numbers (below 2^26) a dense number. */
export class PairInterner {
  readonly #numbers = new Map<number, number>();

  intern(first: number, second: number): number {
    const key = first * PAIR_BASE + second;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(key, number);
    }
    return number;
  }
}
