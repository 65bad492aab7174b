interface Known<Value> {
  /** A copy: what the request came in is not to be kept. */
  readonly bytes: Buffer;
  readonly value: Value;
}

/** Up to here bytes are compared one by one; longer ones by the runtime. */
const SHORT_BYTES = 64;

/**
 * What follows from texts that were met before, so that names and words that each span repeats are
 * neither decoded nor looked at anew. A place per hash: a newer text takes the place of an older one.
 */
export class KnownBytes<Value> {
  readonly #known: (Known<Value> | null)[];
  readonly #bytesMax: number;
  readonly #make: (text: string) => Value;

  /**
   * @param places texts that are remembered
   * @param bytesMax of one of them; longer ones are looked at each time
   * @param make what follows from a text
   */
  constructor(places: number, bytesMax: number, make: (text: string) => Value) {
    this.#known = new Array(places).fill(null);
    this.#bytesMax = bytesMax;
    this.#make = make;
  }

  /** What follows from the UTF-8 text of `length` bytes. */
  read(bytes: Buffer, start: number, length: number): Value {
    if (length > this.#bytesMax) return this.#make(bytes.toString('utf8', start, start + length));
    const place = placeOf(bytes, start, length) % this.#known.length;
    const known = this.#known[place] ?? null;
    if (known !== null && isAt(known.bytes, bytes, start, length)) return known.value;
    const value = this.#make(bytes.toString('utf8', start, start + length));
    this.#known[place] = { bytes: Buffer.from(bytes.subarray(start, start + length)), value };
    return value;
  }
}

function placeOf(bytes: Buffer, start: number, length: number): number {
  if (length === 0) return 0;
  const middle = bytes[start + (length >> 1)] as number;
  const quarter = bytes[start + (length >> 2)] as number;
  const last = bytes[start + length - 1] as number;
  const first = bytes[start] as number;
  return length * 961 + first * 31 + middle * 127 + quarter * 257 + last * 521;
}

function isAt(known: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  if (length > SHORT_BYTES) return known.compare(bytes, start, start + length) === 0;
  for (let at = 0; at < length; at += 1) if (known[at] !== bytes[start + at]) return false;
  return true;
}
