import { ExactNumber, parseJson } from '../../../domain/json.ts';
import type { ColumnValue, Effect, Rows, ShownValue, Table } from '../effect.ts';
import { shownValue } from '../shown-value.ts';
import { statementLimits } from '../statement-limits.ts';

/** A document of a command, by its members. */
export type Document = ReadonlyMap<string, unknown>;

/** The document that a text is; null when it is none. Members are never looked up as those of an object. */
export function documentOf(text: string): Document | null {
  if (!/^\s*[{[]/.test(text) || text.length > statementLimits.textCharacters) return null;
  try {
    return asDocument(parseJson(text).value);
  } catch {
    return null;
  }
}

/** The members of an object, or of the first element of a list; null for anything else. */
export function asDocument(value: unknown): Document | null {
  const found: unknown = Array.isArray(value) ? (value as unknown[])[0] : value;
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
  if (found instanceof ExactNumber) return null;
  return new Map(Object.entries(found));
}

/** A value of a document, as JSON of databases writes it: `{"$oid": "…"}`, `{"S": "…"}`; `?` is a hidden one. */
export function scalarOf(value: unknown): ShownValue {
  const [wrapped, ...others] = asDocument(value) ?? [];
  const isWrapped = wrapped !== undefined && others.length === 0 && WRAPPERS.test(wrapped[0]);
  const inner = isWrapped ? wrapped[1] : value;
  return inner === '?' ? null : shownValue(inner);
}

const WRAPPERS = /^(?:\$(?:oid|uuid|date|number(?:Int|Long|Double|Decimal))|[SNB]|BOOL)$/;

/** Whether a value is a scalar, hidden or not, and no document with operators or parts. */
export function isScalar(value: unknown): boolean {
  const document = asDocument(value);
  if (document === null) return !Array.isArray(value);
  return document.size === 1 && [...document.keys()].every((name) => WRAPPERS.test(name));
}

/** Equalities in the order that effects have them. */
export function sorted<Named extends { readonly column: string }>(
  columns: readonly Named[],
): readonly Named[] {
  return columns.toSorted((a, b) => (a.column < b.column ? -1 : 1));
}

/** One row, by what is known of its key. */
export function oneRow(key: readonly ColumnValue[]): Rows {
  return { equals: [sorted(key)], conditions: [] };
}

/** What is left to say of a command that was not understood. */
export function unknownCommand(table: Table | null): Effect {
  return { kind: 'unknown', head: 'other', table };
}
