import { ExactNumber, type JsonObject, type JsonValue } from '../../json.ts';
import { UndecodableBody } from '../telemetry.ts';

/** Reads members of JSON objects by the types that the protocol gives them; null is as good as absent. */

const UINT64_END = 2n ** 64n;
const UINT32_MAX = 4_294_967_295;

export function objectOf(value: JsonValue | undefined, path: string): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || value instanceof ExactNumber) fail(path, 'an object');
  return value;
}

/** A member that is an object; an empty one where it is absent. */
export function innerObject(of: JsonObject, name: string, path: string): JsonObject {
  const value = memberOf(of, name);
  return value === undefined ? {} : objectOf(value, `${path}.${name}`);
}

/** A member that is a list; an empty one where it is absent. */
export function list(of: JsonObject, name: string, path: string): readonly JsonValue[] {
  const value = memberOf(of, name);
  if (value === undefined) return [];
  return Array.isArray(value) ? value : fail(`${path}.${name}`, 'a list');
}

export function text(of: JsonObject, name: string, path: string): string {
  const value = memberOf(of, name);
  if (value === undefined) return '';
  return typeof value === 'string' ? value : fail(`${path}.${name}`, 'a text');
}

/** Hexadecimal digits, in lower case. Whether they are as many as there must be is judged later. */
export function hex(of: JsonObject, name: string, path: string): string {
  return text(of, name, path).toLowerCase();
}

/** A number of 32 bits without a sign, which may be written as text. */
export function uint32(of: JsonObject, name: string, path: string): number {
  const value = memberOf(of, name);
  if (value === undefined) return 0;
  const number = typeof value === 'string' ? Number(value) : value;
  const isFit = Number.isInteger(number) && (number as number) >= 0;
  if (!isFit || (number as number) > UINT32_MAX)
    fail(`${path}.${name}`, 'a whole number of 32 bits');
  return number as number;
}

/** A number of 64 bits without a sign, which may be written as text. */
export function uint64(of: JsonObject, name: string, path: string): bigint {
  const value = memberOf(of, name);
  if (value === undefined) return 0n;
  const number = wholeNumber(value);
  if (number === null || number < 0n || number >= UINT64_END) {
    fail(`${path}.${name}`, 'nanoseconds since 1970 as text');
  }
  return number;
}

/** A whole number of any length, written as a number or as text; null when it is none. */
export function wholeNumber(value: JsonValue): bigint | null {
  const digits = value instanceof ExactNumber ? value.text : String(value);
  const isNumber =
    typeof value === 'number' || typeof value === 'string' || typeof value === 'object';
  return isNumber && /^-?\d{1,20}$/.test(digits) ? BigInt(digits) : null;
}

/** Own members only: a name such as `constructor` leads nowhere. */
export function memberOf(of: JsonObject, name: string): JsonValue | undefined {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return value === null ? undefined : value;
}

export function fail(path: string, expected: string): never {
  throw new UndecodableBody(`${path} must be ${expected}`);
}
