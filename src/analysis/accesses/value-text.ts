import { createHash } from 'node:crypto';
import { type JsonValue, parseJson, stringifyJson } from '../../domain/json.ts';
import { budgets } from '../budgets.ts';

/** What no JSON text starts with. */
const DIGEST_MARK = '#';
const DIGEST_DIGITS = 16;

/** A text that is equal for equal JSON values (up to the order of members). */
export function valueText(value: unknown): string {
  return stringifyJson(value as JsonValue, true);
}

/** The text of a value as footprints keep it: a digest for a long one, null when there is none. */
export function keptValueText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = valueText(value);
  if (text.length <= budgets.footprintValueCharacters) return text;
  return DIGEST_MARK + createHash('sha256').update(text).digest('hex').slice(0, DIGEST_DIGITS);
}

/** The value of a kept text; null also where only a digest is left of it. */
export function keptValue(text: string | null): unknown {
  return text === null || text.startsWith(DIGEST_MARK) ? null : parseJson(text).value;
}
