import { REDACTED } from '../event/redaction-path.ts';
import { limits } from '../limits.ts';
import { type Attributes, type AttributeValue, BytesValue, DoubleValue } from './attribute.ts';
import { JsonOutput } from './json-output.ts';
import { otlpLimits } from './otlp-limits.ts';

/** Names that are remembered with what is known of them; programs use few. */
const NAMES_REMEMBERED = 4096;
/** Longer names are not remembered. */
const NAME_CHARACTERS = 128;
/** Texts up to here are written character by character. */
const SHORT_CHARACTERS = 200;
/** Fractions below are written with an exponent that no number of an event may have. */
const PLAIN_FRACTION_MIN = 1e-300;

/** Where an attribute stands that has a place in the event itself: name of the attribute, of the member. */
export type Moved = ReadonlyMap<string, string>;

/** What is known of a name. */
interface KnownName {
  /** As the beginning of a JSON member. */
  readonly text: string;
  readonly isTaken: boolean;
}

/**
 * Writes attributes as JSON. Texts, truth values, lists and whole numbers are written as they are,
 * fractions too; any other value is an object with one member: `{"double":"1"}` or `{"double":"NaN"}`,
 * `{"bytes":"…"}`, `{"map":{…}}`, and `{"at":"query"}` for a value that stands in the payload.
 *
 * Nothing is thrown on what cannot be stored: {@link takeFault} tells of it, for a request may hold
 * very many such values.
 */
export class AttributeWriter {
  readonly #takes: (name: string) => boolean;
  readonly #names = new Map<string, KnownName>();
  readonly #output = new JsonOutput();
  #fault: string | null = null;

  /** @param takes whether the value of an attribute is not to be stored, by its name */
  constructor(takes: (name: string) => boolean) {
    this.#takes = takes;
  }

  /** Why something that was written since the last call cannot be stored; null when all can. */
  takeFault(): string | null {
    const fault = this.#fault;
    this.#fault = null;
    return fault;
  }

  /** Notes why what is being written cannot be stored, unless something else was before. */
  noteFault(fault: string): void {
    this.#fault ??= fault;
  }

  /** Whether the value of an attribute is not to be stored. */
  takes(name: string): boolean {
    return this.#known(name).isTaken;
  }

  /** An object. */
  attributes(attributes: Attributes, moved: Moved | null = null): string {
    const start = this.#output.begin();
    this.#map(attributes, 1, moved);
    return this.#output.end(start);
  }

  /** Begins a longer text, to which the following methods add until {@link end}. */
  begin(): number {
    return this.#output.begin();
  }

  end(start: number): string {
    return this.#output.end(start);
  }

  /** Adds a text that is JSON already. */
  add(json: string): void {
    this.#output.plain(json);
  }

  addText(text: string): void {
    this.#textValue(text);
  }

  addAttributes(attributes: Attributes, moved: Moved | null = null): void {
    this.#map(attributes, 1, moved);
  }

  value(value: AttributeValue): string {
    const start = this.#output.begin();
    this.#value(value, 1);
    return this.#output.end(start);
  }

  /** A JSON string. */
  text(text: string): string {
    return this.#isFit(text) ? JSON.stringify(text) : '""';
  }

  #isFit(text: string): boolean {
    if (text.length > limits.stringCharacters) {
      this.noteFault(`has a text of more than ${limits.stringCharacters} characters`);
      return false;
    }
    if (text.includes('\0')) this.noteFault('has a NUL character, which no text column can store');
    else if (!text.isWellFormed()) this.noteFault('has a lone surrogate in a text');
    return true;
  }

  #map(attributes: Attributes, level: number, moved: Moved | null): void {
    const output = this.#output;
    let separator = '{';
    for (const [name, value] of attributes) {
      const known = this.#known(name);
      const place = moved?.get(name);
      output.plain(separator);
      output.plain(known.text);
      separator = ',';
      if (place !== undefined) output.plain(`{"at":"${place}"}`);
      else if (known.isTaken) output.plain(`"${REDACTED}"`);
      else this.#value(value, level);
    }
    output.plain(attributes.size === 0 ? '{}' : '}');
  }

  #value(value: AttributeValue, level: number): void {
    const output = this.#output;
    if (typeof value === 'string') this.#textValue(value);
    else if (typeof value !== 'object' || value === null) output.plain(String(value));
    else if (value instanceof DoubleValue) output.plain(doubleText(value.value));
    else if (value instanceof BytesValue) output.plain(`{"bytes":${this.text(value.base64)}}`);
    else if (level >= otlpLimits.valueLevels) {
      this.noteFault(`has a value that is nested more than ${otlpLimits.valueLevels} levels deep`);
      output.plain('null');
    } else if (value instanceof Map) {
      // No deeper than the levels that are counted here.
      output.plain('{"map":');
      this.#map(value, level + 1, null);
      output.plain('}');
    } else {
      let separator = '[';
      for (const element of value as readonly AttributeValue[]) {
        output.plain(separator);
        separator = ',';
        this.#value(element, level + 1);
      }
      output.plain(separator === '[' ? '[]' : ']');
    }
  }

  #textValue(value: string): void {
    if (value.length > SHORT_CHARACTERS || !this.#output.quoted(value)) {
      this.#output.plain(this.text(value));
    }
  }

  #known(name: string): KnownName {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const added = { text: `${this.text(name)}:`, isTaken: this.#takes(name) };
    // The fault of a name that cannot be stored is told each time.
    const isOrdinary =
      name.length <= NAME_CHARACTERS && !name.includes('\0') && name.isWellFormed();
    if (!isOrdinary) return added;
    if (this.#names.size === NAMES_REMEMBERED) this.#names.clear();
    this.#names.set(name, added);
    return added;
  }
}

function doubleText(value: number): string {
  const isPlain = Number.isFinite(value) && !Number.isInteger(value);
  if (isPlain && Math.abs(value) >= PLAIN_FRACTION_MIN) return String(value);
  return `{"double":"${Object.is(value, -0) ? '-0' : value}"}`;
}
