/** Children of an inner node, values of a leaf. */
const WIDTH = 8;
const WIDTH_BITS = 3;

/**
 * Vector clocks of one relation. A clock maps a strand to the number of its events that are known.
 * All clocks are persistent radix trees in one array of words; a clock is the number of its root,
 * and 0 is the empty clock. A join copies a node only where both clocks differ and neither is
 * ahead. Clocks that learn from each other therefore share almost everything (the idea of tree
 * clocks, ASPLOS 2022, by other means).
 */
export class ClockPool {
  /** Levels of every tree, enough for all strands. */
  readonly #depth: number;
  readonly #limit: number;
  #words = new Int32Array(1024);
  /** Nodes start at multiples of WIDTH; the first is never used, so that 0 can mean "nothing". */
  #used = WIDTH;
  #isFull = false;
  /** One node per level: a join is written down only if it is neither of its sources. */
  readonly #scratch: Int32Array;

  /** @param limit words that the pool may take; from there on clocks learn nothing new */
  constructor(strandCount: number, limit: number) {
    let depth = 1;
    while (WIDTH ** depth < strandCount) depth += 1;
    this.#depth = depth;
    this.#scratch = new Int32Array(depth * WIDTH);
    this.#limit = limit;
  }

  /** A clock had to be left as it was because the pool met its limit. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** How many events of a strand a clock knows. */
  get(clock: number, strand: number): number {
    let node = clock;
    for (let shift = WIDTH_BITS * (this.#depth - 1); shift > 0 && node !== 0; shift -= WIDTH_BITS) {
      node = this.#words[node + ((strand >> shift) & (WIDTH - 1))] as number;
    }
    return node === 0 ? 0 : (this.#words[node + (strand & (WIDTH - 1))] as number);
  }

  /** A clock that also knows the first `count` events of a strand. */
  advance(clock: number, strand: number, count: number): number {
    if (this.get(clock, strand) >= count) return clock;
    if (!this.#reserve(this.#depth * WIDTH)) return clock;
    let source = clock;
    const top = this.#copy(source);
    let node = top;
    for (let shift = WIDTH_BITS * (this.#depth - 1); shift > 0; shift -= WIDTH_BITS) {
      const slot = node + ((strand >> shift) & (WIDTH - 1));
      source = this.#words[slot] as number;
      node = this.#copy(source);
      this.#words[slot] = node;
    }
    this.#words[node + (strand & (WIDTH - 1))] = count;
    return top;
  }

  /** A clock that knows what either knows. */
  join(a: number, b: number): number {
    return this.#joinNodes(a, b, this.#depth - 1);
  }

  /** The strands that a clock knows, with counts, at most `limit` of them, by strand number. */
  entries(clock: number, limit: number): [strand: number, count: number][] {
    const found: [number, number][] = [];
    const open: [node: number, level: number, first: number][] = [];
    if (clock !== 0) open.push([clock, this.#depth - 1, 0]);
    for (let top = open.pop(); top !== undefined && found.length < limit; top = open.pop()) {
      const [node, level, first] = top;
      if (level < 0) {
        found.push([first, node]);
        continue;
      }
      for (let slot = WIDTH - 1; slot >= 0; slot -= 1) {
        const child = this.#words[node + slot] as number;
        if (child !== 0) open.push([child, level - 1, first + slot * WIDTH ** level]);
      }
    }
    return found;
  }

  /** Descends at most as many levels as the tree has: the logarithm of the number of strands. */
  #joinNodes(a: number, b: number, level: number): number {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    const scratch = level * WIDTH;
    let isA = true;
    let isB = true;
    for (let slot = 0; slot < WIDTH; slot += 1) {
      const left = this.#words[a + slot] as number;
      const right = this.#words[b + slot] as number;
      const joined =
        level > 0 ? this.#joinNodes(left, right, level - 1) : left > right ? left : right;
      this.#scratch[scratch + slot] = joined;
      if (joined !== left) isA = false;
      if (joined !== right) isB = false;
    }
    if (isA) return a;
    if (isB) return b;
    if (!this.#reserve(WIDTH)) return a;
    const node = this.#copy(0);
    for (let slot = 0; slot < WIDTH; slot += 1) {
      this.#words[node + slot] = this.#scratch[scratch + slot] as number;
    }
    return node;
  }

  #copy(node: number): number {
    const start = this.#used;
    this.#used += WIDTH;
    if (node !== 0) this.#words.copyWithin(start, node, node + WIDTH);
    return start;
  }

  #reserve(words: number): boolean {
    const needed = this.#used + words;
    if (needed <= this.#words.length) return true;
    if (needed > this.#limit) {
      this.#isFull = true;
      return false;
    }
    const grown = new Int32Array(Math.min(this.#limit, Math.max(needed, this.#words.length * 2)));
    grown.set(this.#words);
    this.#words = grown;
    return true;
  }
}
