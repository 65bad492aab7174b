import { type JsonValue, parseJson, stringifyJson } from './json.ts';
import type { TraceSummary } from './trace.ts';
import { everyTrace, matcher, type TraceFilter, unfiltered } from './trace-query.ts';

/** A tag as people write it: `user_id:42`. */
export interface Tag {
  readonly key: string;
  /** The text of the value: of a number its digits, of anything else that is no text its JSON. */
  readonly value: string;
}

/** Which traces are exported or erased: those that every part of it lets through. */
export interface TraceSelection extends TraceFilter {
  /** Only these traces; null: any. */
  readonly traceIds: readonly string[] | null;
  /** Traces that have each of these tags on one event or another. */
  readonly tags: readonly Tag[];
  /** Traces that the key of this name wrote to; null: any. */
  readonly keyName: string | null;
}

/** The selection of all that is stored. */
export const everything: TraceSelection = {
  ...unfiltered,
  traceIds: null,
  tags: [],
  keyName: null,
};

/**
 * Whether a trace is selected, judged by its summary and the names of its keys alone. The tags of
 * its events are checked elsewhere.
 */
export function isSelected(
  { traceIds, keyName, ...filter }: TraceSelection,
  trace: TraceSummary,
  keyNames: readonly string[],
): boolean {
  if (traceIds !== null && !traceIds.includes(trace.traceId)) return false;
  if (keyName !== null && !keyNames.includes(keyName)) return false;
  return matcher({ ...everyTrace, ...filter })(trace);
}

/** Whether an event has a tag; `metadata` is its JSON text. */
export function hasTag(metadata: string, { key, value }: Tag): boolean {
  if (!metadata.includes(JSON.stringify(key))) return false;
  const { tags } = parseJson(metadata).value as { tags: Record<string, unknown> | null };
  if (tags === null || !Object.hasOwn(tags, key)) return false;
  const found = tags[key];
  if (found === null) return false;
  return (typeof found === 'string' ? found : stringifyJson(found as JsonValue, true)) === value;
}
