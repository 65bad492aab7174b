import { ExactNumber } from '../../domain/json.ts';
import type { ShownValue } from './effect.ts';
import { statementLimits } from './statement-limits.ts';

/** A parameter as it was found: a value, or the elements of a list. */
export type Found = ShownValue | readonly ShownValue[];

/** A value as text; null when it is none that can be compared: an object, an absent or a very long one. */
export function shownValue(value: unknown): ShownValue {
  if (typeof value === 'string') {
    return value.length > statementLimits.valueCharacters ? null : value;
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  return value instanceof ExactNumber ? shownValue(value.text) : null;
}

/** The elements of an array in the spelling of JSON or PostgreSQL; null when a text is none. */
export function arrayElements(text: string): readonly ShownValue[] | null {
  const isJson = text.startsWith('[') && text.endsWith(']');
  const isPostgres = text.startsWith('{') && text.endsWith('}');
  if ((!isJson && !isPostgres) || text.length > statementLimits.textCharacters) return null;
  const inner = text.slice(1, -1);
  if (inner.trim() === '') return [];
  const elements = inner.split(',');
  const plain = isJson
    ? /^\s*(?:"([^"\\]*)"|(-?\d+(?:\.\d+)?|true|false))\s*$/
    : /^(?:"([^"\\]*)"|([^"\\{}\s]+))$/;
  if (elements.length > statementLimits.parameters) return null;
  const values: ShownValue[] = [];
  for (const element of elements) {
    const found = plain.exec(element);
    if (found === null) return null;
    values.push(shownValue(found[1] ?? found[2] ?? null));
  }
  return values;
}
