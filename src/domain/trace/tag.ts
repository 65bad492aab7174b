import { type JsonValue, parseJson, stringifyJson } from '../json.ts';

/** A tag as people write it: `user_id:42`. */
export interface Tag {
  readonly key: string;
  /** The text of the value: of a number its digits, of anything else that is no text its JSON. */
  readonly value: string;
}

/** Whether an event has a tag; `metadata` is its JSON text. */
export function hasTag(metadata: string, { key, value }: Tag): boolean {
  if (!metadata.includes(JSON.stringify(key))) return false;
  const { tags } = parseJson(metadata).value as { tags: Record<string, unknown> | null };
  if (tags === null || !Object.hasOwn(tags, key)) return false;
  return tagValueText(tags[key]) === value;
}

/** The value of a tag as people write it; null: it has none. */
export function tagValueText(value: unknown): string | null {
  if (value === null) return null;
  return typeof value === 'string' ? value : stringifyJson(value as JsonValue, true);
}

/** How a tag is written, and looked for. */
export function tagText({ key, value }: Tag): string {
  return `${key}:${value}`;
}
