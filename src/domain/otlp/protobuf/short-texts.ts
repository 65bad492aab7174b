const PLACES = 2048;
const ASCII_END = 0x80;

/**
 * Short texts that were met before, so that names and words that each span repeats are neither
 * decoded nor kept anew. A place per hash: a newer text takes the place of an older one.
 */
export class ShortTexts {
  readonly #texts: string[] = new Array(PLACES).fill('');

  /** The UTF-8 text of `length` bytes. */
  read(bytes: Buffer, start: number, length: number): string {
    if (length === 0) return '';
    const place = placeOf(bytes, start, length);
    const known = this.#texts[place] as string;
    if (isAt(known, bytes, start, length)) return known;
    const text = bytes.toString('utf8', start, start + length);
    this.#texts[place] = text;
    return text;
  }
}

function placeOf(bytes: Buffer, start: number, length: number): number {
  const middle = bytes[start + (length >> 1)] as number;
  const quarter = bytes[start + (length >> 2)] as number;
  const last = bytes[start + length - 1] as number;
  const first = bytes[start] as number;
  return (length * 961 + first * 31 + middle * 127 + quarter * 257 + last * 521) % PLACES;
}

/** Whether the bytes are this text; of one with other than ASCII characters it says no. */
function isAt(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== bytes[start + at] || code >= ASCII_END) return false;
  }
  return true;
}
