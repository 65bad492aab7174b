import { functionStep } from '../../event/function-step.ts';
import { namedOperation, statementOperation } from '../../event/operation.ts';
import { KnownBytes } from '../known-bytes.ts';
import { isInstant } from '../span-time.ts';
import { NotedAttributes, type NotedMeaning, notedPlace, valueKinds } from './noted-attributes.ts';

/** Longer texts are of no use as names, and come less often twice. */
const NAME_BYTES = 128;
const OPERATION_BYTES = 1024;
const PLACES = 2048;
const OPERATION_PLACES = 512;

/** What is known of the name of an attribute. */
export interface AttributeName {
  /** Its place among those that are noted, or -1. */
  readonly place: number;
  /** Whether the attribute can be stored as it was sent, whatever its value. */
  readonly isOrdinary: boolean;
}

/**
 * What storage asks of an ordinary span, found where it stands in the bytes of a request. One object
 * serves for all spans: it holds what was found in the one that was scanned last.
 */
export class SpanOutline {
  /** The request, and the part of it that the span can be read from again. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Canonical UUID. */
  traceId = '';
  spanId = '';
  /** '' without one. */
  parentSpanId = '';
  kind = 0;
  startNs = 0n;
  endNs = 0n;
  statusCode = 0;
  nameStart = 0;
  nameLength = 0;
  /** Whether the name is written with escapes of JSON. */
  isNameEscaped = false;
  readonly attributes = new NotedAttributes();
  readonly #names: KnownBytes<AttributeName>;
  readonly #texts = new KnownBytes(PLACES, NAME_BYTES, (text) => text);
  readonly #statements = new KnownBytes(OPERATION_PLACES, OPERATION_BYTES, statementOperation);
  readonly #operations = new KnownBytes(OPERATION_PLACES, OPERATION_BYTES, functionOperation);

  /** @param takes whether the value of an attribute is not to be stored, by its name */
  constructor(takes: (name: string) => boolean) {
    this.#names = new KnownBytes(PLACES, NAME_BYTES, (name) => ({
      place: notedPlace(name),
      isOrdinary: name.length <= NAME_BYTES && /^[\x20-\x7e]+$/.test(name) && !takes(name),
    }));
  }

  /** Forgets what was found in another span; this one begins there. */
  reset(bytes: Buffer, start: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = start;
    this.traceId = '';
    this.spanId = '';
    this.parentSpanId = '';
    this.kind = 0;
    this.startNs = 0n;
    this.endNs = 0n;
    this.statusCode = 0;
    this.nameStart = start;
    this.nameLength = 0;
    this.isNameEscaped = false;
    this.attributes.clear();
  }

  /** Whether it has ids and times as an ordinary span has. */
  get isWhole(): boolean {
    const isTimed = isInstant(this.startNs) && this.endNs >= this.startNs && isInstant(this.endNs);
    return isTimed && this.traceId !== '' && this.spanId !== '';
  }

  /** What is known of a name that stands in the bytes. */
  nameAt(start: number, length: number): AttributeName {
    return this.#names.read(this.bytes, start, length);
  }

  /** The part of the request that the span stands in. */
  get span(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  get name(): string {
    return this.#text(this.nameStart, this.nameLength, this.isNameEscaped);
  }

  /** What the name is as the operation of a function. */
  get functionOperation(): string {
    if (this.isNameEscaped) return functionOperation(this.name);
    return this.#operations.read(this.bytes, this.nameStart, this.nameLength);
  }

  /** The text of an attribute: '' when there is none, null when it is something else. */
  text(meaning: NotedMeaning): string | null {
    const place = this.attributes.find(meaning);
    if (place === -1) return '';
    const kind = this.attributes.kindAt(place);
    if (kind !== valueKinds.text && kind !== valueKinds.escapedText) return null;
    const start = this.attributes.startAt(place);
    const length = this.attributes.lengthAt(place);
    return this.#text(start, length, kind === valueKinds.escapedText);
  }

  /** {@link statementOperation} of the statement, or of the name; null when it is no text. */
  get statementOperation(): string | null {
    const place = this.attributes.find('dbStatement');
    if (place === -1) return statementOperation(this.name);
    if (this.attributes.kindAt(place) !== valueKinds.text) {
      const text = this.text('dbStatement');
      return text === null ? null : statementOperation(text);
    }
    const start = this.attributes.startAt(place);
    return this.#statements.read(this.bytes, start, this.attributes.lengthAt(place));
  }

  #text(start: number, length: number, isEscaped: boolean): string {
    if (!isEscaped) return this.#texts.read(this.bytes, start, length);
    return JSON.parse(`"${this.bytes.toString('utf8', start, start + length)}"`);
  }
}

function functionOperation(name: string): string {
  return namedOperation(functionStep('FunctionCall', name)?.name ?? name);
}
