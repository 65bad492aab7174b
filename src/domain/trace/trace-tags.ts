import type { Metadata } from '../event/event.ts';
import { limits } from '../limits.ts';
import { tagText, tagValueText } from './tag.ts';

/** Tags of one trace that lists find it by: as many as one event may have. */
const TAGS_PER_TRACE = limits.tagCount;

/**
 * The tags that lists find a trace by, sorted, each as {@link tagText} writes it. A tag that nobody can ask
 * for is left out: too long, without a name, or with a colon in it. Of too many those of the most events
 * stay, then the first by their texts.
 *
 * @param metadata of each event of the trace; events that share one are best given the same object
 */
export function tagsOfTrace(metadata: Iterable<Pick<Metadata, 'tags'>>): readonly string[] {
  const events = new Map<Pick<Metadata, 'tags'>, number>();
  for (const one of metadata) events.set(one, (events.get(one) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const [{ tags }, count] of events) {
    for (const [key, found] of Object.entries(tags ?? {})) {
      if (key === '' || key.includes(':')) continue;
      const value = tagValueText(found);
      if (value === null || key.length + 1 + value.length > limits.tagCharacters) continue;
      const text = tagText({ key, value });
      counts.set(text, (counts.get(text) ?? 0) + count);
    }
  }
  const ranked = [...counts].sort(([a, many], [b, more]) => more - many || compareTexts(a, b));
  return ranked
    .slice(0, TAGS_PER_TRACE)
    .map(([text]) => text)
    .sort(compareTexts);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
