import { type JsonObject, type JsonValue, numberOf } from '../../domain/json.ts';
import { durationText } from '../../report/units.ts';
import type { Cell } from './listing.ts';

/** The members of a JSON object; none for another value. */
export function membersOf(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : {};
}

/** The elements of a JSON array as objects; none for another value. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map(membersOf) : [];
}

export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A count as it stands. */
export function countCell(value: JsonValue | undefined): Cell {
  const count = numberOf(value);
  return { text: count === null ? '' : String(count) };
}

export function durationCell(milliseconds: JsonValue | undefined): Cell {
  const number = numberOf(milliseconds);
  if (number === null) return { text: '' };
  return { text: durationText(number * 1000), exact: String(number) };
}

/** A time in the zone of the reader, to the second; for programs as the server said it. */
export function timeCell(time: string | null, isUtc: boolean): Cell {
  if (time === null || time === '') return { text: '' };
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return { text: time };
  // The locale whose customary form is that of ISO 8601.
  const format = new Intl.DateTimeFormat('sv', {
    dateStyle: 'short',
    timeStyle: 'medium',
    ...(isUtc ? { timeZone: 'UTC' } : {}),
  });
  return { text: format.format(ms) + (isUtc ? 'Z' : ''), exact: time };
}
