import { REDACTED } from '../event/redaction-path.ts';
import { limits } from '../limits.ts';
import { type Attributes, type AttributeValue, BytesValue, DoubleValue } from './attribute.ts';
import { otlpLimits } from './otlp-limits.ts';

/** Names that are remembered with what is known of them; programs use few. */
const NAMES_REMEMBERED = 4096;
/** Longer names are not remembered. */
const NAME_CHARACTERS = 128;
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
    return this.#map(attributes, 1, moved);
  }

  value(value: AttributeValue): string {
    return this.#value(value, 1);
  }

  /** A JSON string. */
  text(text: string): string {
    if (text.length > limits.stringCharacters) {
      this.noteFault(`has a text of more than ${limits.stringCharacters} characters`);
      return '""';
    }
    if (text.includes('\0')) this.noteFault('has a NUL character, which no text column can store');
    else if (!text.isWellFormed()) this.noteFault('has a lone surrogate in a text');
    return JSON.stringify(text);
  }

  #map(attributes: Attributes, level: number, moved: Moved | null): string {
    let members = '';
    for (const [name, value] of attributes) {
      const known = this.#known(name);
      const place = moved?.get(name);
      const text =
        place !== undefined
          ? `{"at":"${place}"}`
          : known.isTaken
            ? `"${REDACTED}"`
            : this.#value(value, level);
      members += members === '' ? known.text + text : `,${known.text}${text}`;
    }
    return `{${members}}`;
  }

  #value(value: AttributeValue, level: number): string {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object') return String(value);
    if (value === null) return 'null';
    if (value instanceof DoubleValue) return doubleText(value.value);
    if (value instanceof BytesValue) return `{"bytes":${this.text(value.base64)}}`;
    if (level >= otlpLimits.valueLevels) {
      this.noteFault(`has a value that is nested more than ${otlpLimits.valueLevels} levels deep`);
      return 'null';
    }
    // No deeper than the levels that are counted here.
    if (value instanceof Map) return `{"map":${this.#map(value, level + 1, null)}}`;
    const elements = value as readonly AttributeValue[];
    return `[${elements.map((element) => this.#value(element, level + 1)).join(',')}]`;
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
