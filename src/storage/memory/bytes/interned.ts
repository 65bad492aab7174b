interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  readonly number: number;
  uses: number;
}

/** What a value takes besides its key: an entry, its places in a map and in a list. */
const ENTRY_BYTES = 160;

const UNKNOWN = 0;
const PASSES = 1;
const FAILS = 2;

/** Keeps equal values once, under a number, as long as anybody uses them. */
export class Interned<Value> {
  readonly #byKey = new Map<string, Entry<Value>>();
  readonly #byNumber: (Entry<Value> | null)[] = [];
  readonly #free: number[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of a value, used once more; equal values have equal keys. */
  use(key: string, value: Value): number {
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { key, value, number: this.#free.pop() ?? this.#byNumber.length, uses: 0 };
      this.#byKey.set(key, entry);
      this.#byNumber[entry.number] = entry;
      this.#bytes += bytesOfInterned(key.length);
    }
    entry.uses += 1;
    return entry.number;
  }

  /** The number of a value that is in use; null: it is not. */
  numberOf(key: string): number | null {
    return this.#byKey.get(key)?.number ?? null;
  }

  /** The value of a number that is in use. */
  valueOf(number: number): Value {
    return (this.#byNumber[number] as Entry<Value>).value;
  }

  /** Takes one use back; with the last one the value is forgotten. */
  release(number: number): void {
    const entry = this.#byNumber[number];
    if (!entry) return;
    entry.uses -= 1;
    if (entry.uses > 0) return;
    this.#byKey.delete(entry.key);
    this.#byNumber[number] = null;
    this.#free.push(number);
    this.#bytes -= bytesOfInterned(entry.key.length);
  }

  /** Whether the value of a number passes a test, which looks at each value once at most. */
  passing(test: (value: Value) => boolean): (number: number) => boolean {
    const verdicts = new Uint8Array(this.#byNumber.length);
    return (number) => {
      if (verdicts[number] === UNKNOWN) {
        const entry = this.#byNumber[number];
        verdicts[number] = entry && test(entry.value) ? PASSES : FAILS;
      }
      return verdicts[number] === PASSES;
    };
  }
}

/** What a value takes whose key has so many characters. */
export function bytesOfInterned(characters: number): number {
  return ENTRY_BYTES + 2 * characters;
}
