import type { ShownValue } from './effect.ts';
import { type Found, shownValue } from './shown-value.ts';
import { statementLimits } from './statement-limits.ts';

const NUMBER = /^[+-]?(?:\d[\d_]*)(?:\.\d*)?(?:e[+-]?\d+)?$/i;
const WRAPPED = /^(?:Decimal|UUID)\(\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*\)$/;
/** Numbers as psycopg tells their types. */
const TYPED_NUMBER = /^(?:Int[248]|IntNumeric|Oid|Float[48])\(\s*([^()\s]*)\s*\)$/;
const OPENING = '([{';
const CLOSING = ')]}';

/**
 * Parameters as Python prints a tuple, a list or a dictionary: `(9990, 'a@b')`, `{'id': 1}`. What is not
 * understood keeps its place and is not shown. Null for any other text, such as a list of tuples.
 */
export function pythonParameters(text: string): readonly Found[] | Map<string, Found> | null {
  if (text.length > statementLimits.textCharacters) return null;
  const trimmed = text.trim();
  const opening = trimmed[0] ?? '';
  const parts = partsOf(trimmed);
  if (parts === null || opening === '') return null;
  if (opening !== '{') {
    const isMany = opening === '[' && parts.some((part) => part.startsWith('('));
    return isMany ? null : parts.map(foundValue);
  }
  const members = new Map<string, Found>();
  for (const part of parts) {
    const key = /^\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*:/.exec(part);
    if (key === null) return null;
    members.set(key[1] ?? key[2] ?? '', foundValue(part.slice(key[0].length).trim()));
  }
  return members;
}

function foundValue(part: string): Found {
  if (!/^[[(]/.test(part)) return printedValue(part);
  return partsOf(part)?.map(printedValue) ?? null;
}

/** One value as Python prints it. */
function printedValue(part: string): ShownValue {
  if (part === 'True' || part === 'False') return part.toLowerCase();
  const number = TYPED_NUMBER.exec(part)?.[1] ?? part;
  if (NUMBER.test(number)) return shownValue(number.replaceAll('_', ''));
  const wrapped = WRAPPED.exec(part);
  if (wrapped !== null) return shownValue(wrapped[1] ?? wrapped[2] ?? null);
  return stringValue(part);
}

function stringValue(part: string): ShownValue {
  const quote = part[0] ?? '';
  if ((quote !== "'" && quote !== '"') || part.at(-1) !== quote || part.length < 2) return null;
  const inner = part.slice(1, -1);
  // Escapes of letters, as \n and \x41, stand for something else, and are rare in keys.
  if (/\\[^'"\\]/.test(inner)) return null;
  return shownValue(inner.replace(/\\(['"\\])/g, '$1'));
}

/** What stands between the commas of a bracketed text; null when its brackets or quotes are not closed. */
function partsOf(text: string): string[] | null {
  if (!OPENING.includes(text[0] ?? ' ')) return null;
  const parts: string[] = [];
  let depth = 0;
  let from = 1;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (OPENING.includes(character)) depth += 1;
    else if (CLOSING.includes(character)) {
      depth -= 1;
      if (depth > 0) continue;
      if (at !== text.length - 1) return null;
      const last = text.slice(from, at).trim();
      if (last !== '') parts.push(last);
      return parts.length > statementLimits.parameters ? null : parts;
    } else if (character === ',' && depth === 1) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return null;
}
