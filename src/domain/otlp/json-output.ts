const BYTES_AT_FIRST = 64 * 1024;
/** A text that became longer gives its room back. */
const BYTES_KEPT = 1024 * 1024;
const [QUOTE, BACKSLASH, SPACE, ASCII_END] = [0x22, 0x5c, 0x20, 0x7f];
/** Longer pieces are written by the runtime. */
const PIECE_CHARACTERS = 64;
/** At most so many bytes a UTF-16 code unit has in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/**
 * Puts a JSON text together in bytes. A text made of many small strings would be a tree of them, which
 * costs more to keep and to collect than all the rest of reading a span.
 */
export class JsonOutput {
  #bytes = Buffer.allocUnsafe(BYTES_AT_FIRST);
  #at = 0;
  #isAscii = true;

  /** Begins a text; {@link end} takes what this gives. Texts may be begun inside others. */
  begin(): number {
    if (this.#at === 0) this.#isAscii = true;
    return this.#at;
  }

  /** The text since {@link begin}. */
  end(start: number): string {
    const encoding = this.#isAscii ? 'latin1' : 'utf8';
    const text = this.#bytes.toString(encoding, start, this.#at);
    this.#at = start;
    if (start === 0 && this.#bytes.length > BYTES_KEPT) {
      this.#bytes = Buffer.allocUnsafe(BYTES_AT_FIRST);
    }
    return text;
  }

  /** Writes a text that is JSON already. */
  plain(text: string): void {
    const { length } = text;
    this.#reserve(length * BYTES_PER_CHARACTER);
    const bytes = this.#bytes;
    if (length <= PIECE_CHARACTERS) {
      let at = this.#at;
      for (let index = 0; index < length; index += 1) {
        const code = text.charCodeAt(index);
        if (code > ASCII_END) {
          this.#wide(text);
          return;
        }
        bytes[at] = code;
        at += 1;
      }
      this.#at = at;
    } else this.#wide(text);
  }

  /** Writes a text as a JSON string; false, and nothing is written, if that takes more than quotes. */
  quoted(text: string): boolean {
    const { length } = text;
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at] = QUOTE;
    at += 1;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < SPACE || code >= ASCII_END || code === QUOTE || code === BACKSLASH) return false;
      bytes[at] = code;
      at += 1;
    }
    bytes[at] = QUOTE;
    this.#at = at + 1;
    return true;
  }

  #wide(text: string): void {
    const written = this.#bytes.write(text, this.#at);
    if (written !== text.length) this.#isAscii = false;
    this.#at += written;
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * needed);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
