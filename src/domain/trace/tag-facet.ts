import type { Facet } from '../facet.ts';

/** The keys of the tags of many traces, or the values of one key, each with how many traces have it. */
export interface TagFacet extends Facet {
  /** Whether all traces that match were looked at. */
  readonly isWhole: boolean;
}

/** What of a tag, as `tagText` writes it, a facet counts: its key, or its value; null: it has another key. */
export function countedPart(text: string, key: string | null): string | null {
  const colon = text.indexOf(':');
  if (key === null) return text.slice(0, colon);
  return text.slice(0, colon) === key ? text.slice(colon + 1) : null;
}
