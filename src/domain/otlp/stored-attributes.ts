import { ExactNumber, type JsonObject, type JsonValue } from '../json.ts';
import { memberIn, objectIn } from '../json-members.ts';
import {
  type Attributes,
  type AttributeValue,
  BytesValue,
  DoubleValue,
  integerValue,
  noAttributes,
} from './attribute.ts';
import { otlpLimits } from './otlp-limits.ts';

/** Reads what `AttributeWriter` wrote. What is of another form is left out: anybody may have stored it. */

/** @param payload where values stand that were moved */
export function storedAttributes(
  value: JsonValue | undefined,
  payload: JsonObject,
  level = 1,
): Attributes {
  const members = objectIn(value);
  if (members === null || level > otlpLimits.valueLevels) return noAttributes;
  const attributes = new Map<string, AttributeValue>();
  for (const [name, member] of Object.entries(members)) {
    attributes.set(name, storedValue(member, payload, level));
  }
  return attributes;
}

/** No deeper than the levels that are counted. */
export function storedValue(value: JsonValue, payload: JsonObject, level = 1): AttributeValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' || value instanceof ExactNumber) return storedNumber(value);
  if (level > otlpLimits.valueLevels) return null;
  if (Array.isArray(value)) {
    return value.map((element) => storedValue(element, payload, level + 1));
  }
  const [[name, inner] = ['', null]] = Object.entries(value);
  switch (name) {
    case 'double':
      return new DoubleValue(Number(inner));
    case 'bytes':
      return new BytesValue(String(inner));
    case 'map':
      return storedAttributes(inner, payload, level + 1);
    case 'at':
      return movedValue(payload, String(inner));
    default:
      return null;
  }
}

/** A fraction is told from a whole number by its point or exponent. */
function storedNumber(value: number | ExactNumber): AttributeValue {
  const text = value instanceof ExactNumber ? value.text : String(value);
  return /^-?\d+$/.test(text) ? integerValue(BigInt(text)) : new DoubleValue(Number(text));
}

/** A stack trace stands as a list of its lines. */
function movedValue(payload: JsonObject, member: string): AttributeValue {
  const value = memberIn(payload, member) ?? null;
  const isLines = member === 'stack_trace' && Array.isArray(value);
  return isLines ? value.map(String).join('\n') : storedValue(value, {});
}
