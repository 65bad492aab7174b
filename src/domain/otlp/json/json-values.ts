import { type JsonObject, type JsonValue, numberOf } from '../../json.ts';
import {
  type Attributes,
  type AttributeValue,
  BytesValue,
  DoubleValue,
  integerValue,
  noAttributes,
} from '../attribute.ts';
import { otlpLimits } from '../otlp-limits.ts';
import { fail, list, memberOf, objectOf, text, wholeNumber } from './json-members.ts';

const INT64_END = 2n ** 63n;
const SPECIAL_DOUBLES = /^(?:NaN|-?Infinity)$/;

/** A list of names with values. */
export function readAttributes(of: JsonObject, name: string, path: string, level = 1): Attributes {
  const pairs = list(of, name, path);
  if (pairs.length === 0) return noAttributes;
  const attributes = new Map<string, AttributeValue>();
  // Without their numbers: a text for each would cost as much as reading them.
  const place = `${path}.${name}`;
  for (const element of pairs) {
    const pair = objectOf(element, place);
    attributes.set(text(pair, 'key', place), readValue(memberOf(pair, 'value'), place, level));
  }
  return attributes;
}

/** The levels are counted, so that no body can make this call itself more often than they are. */
export function readValue(value: JsonValue | undefined, path: string, level = 1): AttributeValue {
  if (value === undefined) return null;
  if (level > otlpLimits.valueLevelsRead) {
    fail(path, `nested no more than ${otlpLimits.valueLevelsRead} levels deep`);
  }
  const wrapper = objectOf(value, path);
  for (const name of Object.keys(wrapper)) {
    const inner = memberOf(wrapper, name);
    if (inner === undefined) continue;
    switch (name) {
      case 'stringValue':
        return typeof inner === 'string' ? inner : fail(`${path}.${name}`, 'a text');
      case 'boolValue':
        return typeof inner === 'boolean' ? inner : fail(`${path}.${name}`, 'true or false');
      case 'intValue':
        return readInteger(inner, `${path}.${name}`);
      case 'doubleValue':
        return new DoubleValue(readDouble(inner, `${path}.${name}`));
      case 'bytesValue':
        return readBytes(inner, `${path}.${name}`);
      case 'arrayValue':
        return list(objectOf(inner, path), 'values', path).map((element) =>
          readValue(element ?? undefined, path, level + 1),
        );
      case 'kvlistValue':
        return readAttributes(objectOf(inner, path), 'values', path, level + 1);
    }
  }
  return null;
}

function readInteger(value: JsonValue, path: string): number | bigint {
  const number = wholeNumber(value);
  if (number === null || number >= INT64_END || number < -INT64_END) {
    fail(path, 'a whole number of 64 bits, better written as text');
  }
  return integerValue(number);
}

function readDouble(value: JsonValue, path: string): number {
  if (typeof value === 'string' && SPECIAL_DOUBLES.test(value)) return Number(value);
  const isNumber = typeof value === 'string' && value.trim() !== '';
  const number = isNumber ? Number(value) : numberOf(value);
  return number === null || Number.isNaN(number) ? fail(path, 'a number') : number;
}

/** In either alphabet of Base64; kept in the usual one. */
function readBytes(value: JsonValue, path: string): BytesValue {
  const isBase64 = typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value);
  if (!isBase64) fail(path, 'Base64');
  return new BytesValue(Buffer.from(value, 'base64').toString('base64'));
}
