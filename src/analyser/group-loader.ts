import { budgets } from '../analysis/budgets.ts';
import type { AnalysisRoom } from '../analysis/room.ts';
import { type EventRecord, eventCharacters } from '../domain/event/event.ts';
import type { WrittenEvents } from '../domain/event/written-events.ts';
import { isLastPage } from '../storage/event-page.ts';
import { metadataIn, readWritten } from '../storage/memory/bytes/written-events.ts';
import { Pauses } from '../storage/pauses.ts';
import type { Storage } from '../storage/storage.ts';
import { type GroupEvents, isLarge } from '../worker/worker-task.ts';
import type { LargeTask } from '../worker/worker-thread.ts';

/** Events read from the storage at once. */
const EVENTS_PER_READ = 1000;

/** How much is read of one causal group. */
export type GroupRoom = Pick<AnalysisRoom, 'groupEvents' | 'groupCharacters'>;

/** The span ids by which a trace may be linked to others. */
export interface TraceSpans {
  readonly own: readonly string[];
  readonly missing: readonly string[];
}

/** A trace of a group, as it was when the reading began. */
export interface LoadedTrace {
  /** Null: it was not stored. */
  readonly revision: string | null;
  /** Null: it has none, or nobody asked who is linked. */
  readonly spans: TraceSpans | null;
}

export interface LoadedGroup extends GroupEvents {
  /** Where the events went if they are many: {@link GroupEvents.events} is empty then. */
  readonly large: LargeTask | null;
  /** All traces that were read, the one asked for first. */
  readonly traces: ReadonlyMap<string, LoadedTrace>;
}

export interface GroupLoading {
  readonly storage: Storage;
  /** False: the trace by itself. */
  readonly joinsSpans: boolean;
  readonly room: GroupRoom;
  /** Where the events of a large group go; who loads it closes the task. */
  openLarge(): Promise<LargeTask>;
}

/**
 * Reads a trace with all traces that may be of its causal group: those that have a span which it
 * names as caller and does not have itself, and those that name its spans. The analysis decides
 * which of them are (src/analysis/order/groups.ts).
 */
export async function loadGroup(loading: GroupLoading, traceId: string): Promise<LoadedGroup> {
  const loader = new GroupLoader(loading);
  try {
    await loader.add(traceId);
    if (loading.joinsSpans) await loader.addLinked();
    return loader.loaded(traceId);
  } catch (error) {
    loader.large?.close();
    throw error;
  }
}

class GroupLoader {
  large: LargeTask | null = null;
  readonly #loading: GroupLoading;
  #events: EventRecord[] = [];
  /** Of small traces: one that is large is sent as it is read. */
  #written: WrittenEvents[] = [];
  #count = 0;
  #characters = 0;
  #truncatedBy: GroupEvents['truncatedBy'] = null;
  #leavesTracesOut = false;
  /** A storage that answers at once leaves requests no time between two pages. */
  readonly #pauses = new Pauses();
  readonly #traces = new Map<string, LoadedTrace>();

  constructor(loading: GroupLoading) {
    this.#loading = loading;
  }

  loaded(traceId: string): LoadedGroup {
    return {
      traceId,
      events: this.#events,
      written: this.#written,
      characters: this.#characters,
      truncatedBy: this.#truncatedBy,
      leavesTracesOut: this.#leavesTracesOut,
      large: this.large,
      traces: this.#traces,
    };
  }

  async add(traceId: string): Promise<void> {
    const { storage, joinsSpans } = this.#loading;
    const revisions = await storage.revisions([traceId]);
    const revision = revisions.get(traceId) ?? null;
    const spans = joinsSpans ? new SpanSearch() : null;
    this.#traces.set(traceId, { revision, spans: null });
    if (!this.#addWritten(traceId, spans)) await this.#addEvents(traceId, spans);
    await this.#pauses.betweenSteps();
    this.#traces.set(traceId, { revision, spans: spans?.found() ?? null });
  }

  /** Takes events as they are kept, unless they are many or there may be no room for all of them. */
  #addWritten(traceId: string, spans: SpanSearch | null): boolean {
    const written = this.#loading.storage.writtenEvents?.(traceId) ?? null;
    if (written === null || this.large !== null) return false;
    const count = this.#count + written.count;
    const characters = this.#characters + written.bytes.length;
    const { groupEvents, groupCharacters } = this.#loading.room;
    if (count > groupEvents || characters > groupCharacters || isLarge(count, characters)) {
      return false;
    }
    this.#count = count;
    this.#characters = characters;
    this.#written.push(written);
    spans?.look(metadataIn(written));
    return true;
  }

  async #addEvents(traceId: string, spans: SpanSearch | null): Promise<void> {
    const { storage } = this.#loading;
    let last: EventRecord | null = null;
    for (;;) {
      const page: EventRecord[] = await storage.events(traceId, last, EVENTS_PER_READ);
      await this.#pauses.betweenSteps();
      const fitting = this.#fitting(page);
      spans?.look(fitting.map(({ metadata }) => metadata));
      await this.#keep(fitting);
      if (fitting.length < page.length || isLastPage(page, EVENTS_PER_READ)) break;
      last = page.at(-1) ?? null;
    }
  }

  /** Follows the links of every trace that is in the group, breadth first. */
  async addLinked(): Promise<void> {
    const { derived } = this.#loading.storage;
    for (const [traceId, { spans }] of this.#traces) {
      if (this.#leavesTracesOut || this.#truncatedBy !== null) return;
      if (spans === null) continue;
      for (const other of await derived.linkedTraces(traceId, spans)) {
        if (this.#traces.has(other)) continue;
        this.#leavesTracesOut = this.#traces.size >= budgets.tracesPerGroup;
        if (this.#leavesTracesOut) return;
        await this.add(other);
      }
    }
  }

  /** The first events of a page for which there is room. */
  #fitting(page: EventRecord[]): EventRecord[] {
    const { groupEvents, groupCharacters } = this.#loading.room;
    for (const [place, event] of page.entries()) {
      const characters = this.#characters + eventCharacters(event);
      if (this.#count === groupEvents) {
        this.#truncatedBy = groupEvents < budgets.groupEvents ? 'analysis_memory' : 'group_events';
      } else if (characters > groupCharacters) {
        this.#truncatedBy =
          groupCharacters < budgets.groupCharacters ? 'analysis_memory' : 'group_characters';
      } else {
        this.#count += 1;
        this.#characters = characters;
        continue;
      }
      return page.slice(0, place);
    }
    return page;
  }

  async #keep(events: readonly EventRecord[]): Promise<void> {
    if (this.large === null) {
      for (const event of events) this.#events.push(event);
      if (!isLarge(this.#count, this.#characters)) return;
      this.large = await this.#loading.openLarge();
      await this.#send([...this.#written.flatMap(readWritten), ...this.#events]);
      this.#events = [];
      this.#written = [];
    } else {
      await this.#send(events);
    }
  }

  /** A message is copied at once, so that pages of large events wait for their turn. */
  async #send(events: readonly EventRecord[]): Promise<void> {
    for (let start = 0; start < events.length; start += EVENTS_PER_READ) {
      this.large?.send(events.slice(start, start + EVENTS_PER_READ));
      await this.#pauses.betweenSteps();
    }
  }
}

const SPAN_ID = /"(distributed|upstream)_span_id":"([0-9a-f]{16})"/gi;

/**
 * The span ids of a trace. They are searched for in the text, because the analysis thread does the
 * parsing. What only looks like a span links nothing there.
 */
class SpanSearch {
  readonly #own = new Set<string>();
  readonly #upstream = new Set<string>();
  #previous = '';

  look(texts: readonly string[]): void {
    for (const metadata of texts) {
      if (metadata === this.#previous) continue;
      this.#previous = metadata;
      for (const [, side, span] of metadata.matchAll(SPAN_ID)) {
        (side === 'upstream' ? this.#upstream : this.#own).add(span as string);
      }
    }
  }

  found(): TraceSpans | null {
    const own = [...this.#own];
    const missing = [...this.#upstream].filter((span) => !this.#own.has(span));
    return own.length === 0 && missing.length === 0 ? null : { own, missing };
  }
}
