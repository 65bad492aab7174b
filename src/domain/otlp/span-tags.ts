import { REDACTED } from '../event/redaction-path.ts';
import { tagKeyOf } from '../event/tag-attribute.ts';
import { limits } from '../limits.ts';
import type { Attributes, AttributeValue } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { otlpLimits } from './otlp-limits.ts';

/** Tags with their values as JSON. */
export type SpanTags = readonly (readonly [key: string, json: string])[];

/**
 * The attributes that are tags: those of texts, truth values and whole numbers that nobody takes out, not longer
 * than lists find traces by. What is left out stands among the attributes as ever.
 */
export function tagsOfAttributes(attributes: Attributes, writer: AttributeWriter): SpanTags {
  const tags: (readonly [key: string, json: string])[] = [];
  for (const [name, value] of attributes) {
    const key = tagKeyOf(name);
    if (key === null || tags.length === otlpLimits.tagsPerSpan) continue;
    const json = writer.takes(name) ? `"${REDACTED}"` : tagJson(key, value, writer);
    if (json !== null) tags.push([key, json]);
  }
  return tags;
}

function tagJson(key: string, value: AttributeValue, writer: AttributeWriter): string | null {
  if (value === null || typeof value === 'object') return null;
  const text = String(value);
  if (key.length + 1 + text.length > limits.tagCharacters) return null;
  return typeof value === 'string' ? writer.text(value) : text;
}

/**
 * The tags of an event as JSON: those that its kind brings with it, and others, of which the last of a key stays.
 *
 * @param own an object as JSON, or `null`
 */
export function joinedTags(own: string, others: SpanTags, writer: AttributeWriter): string {
  if (others.length === 0) return own;
  const byKey = new Map(others);
  const members = [...byKey].map(([key, json]) => `${writer.text(key)}:${json}`).join(',');
  return own === 'null' ? `{${members}}` : `${own.slice(0, -1)},${members}}`;
}
