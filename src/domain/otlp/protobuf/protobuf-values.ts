import {
  type Attributes,
  type AttributeValue,
  BytesValue,
  DoubleValue,
  noAttributes,
} from '../attribute.ts';
import { otlpLimits } from '../otlp-limits.ts';
import { UndecodableBody } from '../telemetry.ts';
import { type WireReader, wire } from './wire-reader.ts';

/** A name, and the wire type that its field has, as one number. */
const field = (number: number, type: number) => number * 8 + type;

const KEY = field(1, wire.bytes);
const VALUE = field(2, wire.bytes);
const ELEMENT = field(1, wire.bytes);
const STRING = field(1, wire.bytes);
const BOOL = field(2, wire.varint);
const INT = field(3, wire.varint);
const DOUBLE = field(4, wire.fixed64);
const ARRAY = field(5, wire.bytes);
const MAP = field(6, wire.bytes);
const BYTES = field(7, wire.bytes);

/** Attributes that grow as their fields come. */
export class AttributeList {
  #map: Map<string, AttributeValue> | null = null;

  get map(): Attributes {
    return this.#map ?? noAttributes;
  }

  /** Reads one name with its value. */
  read(reader: WireReader, level = 1): void {
    const outer = reader.enter();
    let key = '';
    let value: AttributeValue = null;
    while (reader.hasMore) {
      const tag = reader.tag();
      if (tag === KEY) key = reader.text();
      else if (tag === VALUE) value = readValue(reader, level);
      else reader.skip(tag);
    }
    reader.leave(outer);
    this.#map ??= new Map();
    this.#map.set(key, value);
  }
}

/** The levels are counted, so that no body can make this call itself more often than they are. */
export function readValue(reader: WireReader, level = 1): AttributeValue {
  if (level > otlpLimits.valueLevelsRead) {
    const levels = otlpLimits.valueLevelsRead;
    throw new UndecodableBody(`a value of an attribute is nested more than ${levels} levels deep`);
  }
  const outer = reader.enter();
  let value: AttributeValue = null;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === STRING) value = reader.text();
    else if (tag === INT) value = reader.int64();
    else if (tag === BOOL) value = reader.bool();
    else if (tag === DOUBLE) value = new DoubleValue(reader.double());
    else if (tag === ARRAY) value = readArray(reader, level);
    else if (tag === MAP) value = readMap(reader, level);
    else if (tag === BYTES) value = new BytesValue(reader.base64());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return value;
}

function readArray(reader: WireReader, level: number): readonly AttributeValue[] {
  const outer = reader.enter();
  const elements: AttributeValue[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === ELEMENT) elements.push(readValue(reader, level + 1));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return elements;
}

function readMap(reader: WireReader, level: number): Attributes {
  const outer = reader.enter();
  const members = new AttributeList();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === ELEMENT) members.read(reader, level + 1);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return members.map;
}
