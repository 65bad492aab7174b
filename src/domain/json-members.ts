import { ExactNumber, type JsonObject, type JsonValue } from './json.ts';

/** The member of a name; undefined when the value is no object, or has none. */
export function memberIn(value: JsonValue | undefined, name: string): JsonValue | undefined {
  const members = objectIn(value);
  return members !== null && Object.hasOwn(members, name) ? members[name] : undefined;
}

/** An object, or null when the value is something else. */
export function objectIn(value: JsonValue | undefined): JsonObject | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && !(value instanceof ExactNumber) ? value : null;
}
