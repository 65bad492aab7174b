import { budgets } from '../analysis/budgets.ts';
import { type EventRecord, eventCharacters } from '../domain/event/event.ts';
import { isLastPage } from '../storage/event-page.ts';
import { Pauses } from '../storage/pauses.ts';
import type { Storage } from '../storage/storage.ts';
import type { GroupEvents } from '../worker/worker-task.ts';

/** Events read from the storage at once. */
const EVENTS_PER_READ = 1000;

/**
 * Reads a trace with all traces that may be of its causal group: those that have a span which it
 * names as caller and does not have itself, and those that name its spans. The analysis decides
 * which of them are (src/analysis/order/groups.ts).
 *
 * @param joinsSpans false: the trace by itself
 */
export async function loadGroup(
  storage: Storage,
  traceId: string,
  joinsSpans: boolean,
): Promise<GroupEvents> {
  const loader = new GroupLoader(storage);
  await loader.add(traceId);
  if (joinsSpans) await loader.addLinked();
  const { events, characters, truncatedBy, leavesTracesOut } = loader;
  return { traceId, events, characters, truncatedBy, leavesTracesOut };
}

class GroupLoader {
  readonly events: EventRecord[] = [];
  characters = 0;
  truncatedBy: GroupEvents['truncatedBy'] = null;
  leavesTracesOut = false;
  readonly #storage: Storage;
  /** A storage that answers at once leaves requests no time between two pages. */
  readonly #pauses = new Pauses();
  readonly #traces = new Map<string, readonly EventRecord[]>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async add(traceId: string): Promise<void> {
    const events: EventRecord[] = [];
    this.#traces.set(traceId, events);
    for (;;) {
      const room = budgets.groupEvents - this.events.length;
      const last = events.at(-1);
      const page = await this.#storage.events(traceId, last ?? null, EVENTS_PER_READ);
      await this.#pauses.betweenSteps();
      for (const event of page.slice(0, room)) {
        const characters = this.characters + eventCharacters(event);
        if (characters > budgets.groupCharacters) {
          this.truncatedBy = 'group_characters';
          return;
        }
        this.characters = characters;
        events.push(event);
        this.events.push(event);
      }
      if (page.length > room) this.truncatedBy = 'group_events';
      if (page.length > room || isLastPage(page, EVENTS_PER_READ)) return;
    }
  }

  /** Follows the links of every trace that is in the group, breadth first. */
  async addLinked(): Promise<void> {
    for (const [traceId, events] of this.#traces) {
      if (this.leavesTracesOut || this.truncatedBy !== null) return;
      const spans = spansOf(events);
      if (spans === null) continue;
      const linked = await this.#storage.derived.linkedTraces(traceId, spans);
      for (const other of linked) {
        if (this.#traces.has(other)) continue;
        this.leavesTracesOut = this.#traces.size >= budgets.tracesPerGroup;
        if (this.leavesTracesOut) return;
        await this.add(other);
      }
    }
  }
}

const SPAN_ID = /"(distributed|upstream)_span_id":"([0-9a-f]{16})"/gi;

/**
 * The span ids by which a trace may be linked to others; null when it has none. They are searched
 * for in the text, because the analysis thread does the parsing. What only looks like a span links
 * nothing there.
 */
function spansOf(events: readonly EventRecord[]) {
  const own = new Set<string>();
  const upstream = new Set<string>();
  let previous = '';
  for (const { metadata } of events) {
    if (metadata === previous) continue;
    previous = metadata;
    for (const [, side, span] of metadata.matchAll(SPAN_ID)) {
      (side === 'upstream' ? upstream : own).add(span as string);
    }
  }
  const missing = [...upstream].filter((span) => !own.has(span));
  return own.size === 0 && missing.length === 0 ? null : { own: [...own], missing };
}
