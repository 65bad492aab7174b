import sortedBtree from 'sorted-btree';
import { compareCodePoints } from '../../../domain/code-points.ts';
import { RacewayError } from '../../../domain/errors.ts';
import type { TagFacet } from '../../../domain/trace/tag-facet.ts';
import type { TraceSummary } from '../../../domain/trace/trace.ts';
import { glanceAt, type TraceGlances } from '../../../domain/trace/trace-glance.ts';
import {
  type TracePage,
  type TraceQuery,
  type TraceSearch,
  traceIdPrefix,
} from '../../../domain/trace/trace-query.ts';
import type { StoredTrace } from '../events/stored-trace.ts';
import { TraceColumns } from './trace-columns.ts';

interface Place {
  readonly lastActivityNs: bigint;
  readonly traceId: string;
}

/** All traces by last activity, then trace id; and by trace id. */
export class TraceList {
  readonly #raceCountOf: (traceId: string) => number;
  readonly #tree = new sortedBtree.default<Place, StoredTrace>(undefined, comparePlaces);
  readonly #byId = new sortedBtree.default<string, StoredTrace>(undefined, compareTexts);
  readonly #columns = new TraceColumns();
  /** Counts writes, so that a walk can leave out what was written after it began. */
  #writes = 0;

  constructor(raceCountOf: (traceId: string) => number) {
    this.#raceCountOf = raceCountOf;
  }

  /** Bytes that texts and tags of all traces take here; the rest is a part of what every trace takes. */
  get bytes(): number {
    return this.#columns.bytes;
  }

  /** A trace's summary with what was found out about it. */
  summaryOf({ summary }: StoredTrace): TraceSummary {
    return { ...summary, raceCount: this.#raceCountOf(summary.traceId) };
  }

  beginWrite(): void {
    this.#writes += 1;
  }

  /** Puts a trace where its summary belongs, new or taken out before. */
  add(trace: StoredTrace): void {
    trace.writtenAt = this.#writes;
    this.#tree.set(trace.summary, trace);
    if (trace.slot === null) {
      trace.slot = this.#columns.take();
      this.#byId.set(trace.summary.traceId, trace);
    }
    this.#columns.write(trace.slot, trace.summary);
  }

  /** Takes out a trace whose summary is still the one it was added with, and is about to change. */
  takeOut(trace: StoredTrace): void {
    this.#tree.delete(trace.summary);
  }

  /** Erases a trace whose summary is still the one it was added with. */
  erase(trace: StoredTrace): void {
    this.takeOut(trace);
    this.#byId.delete(trace.summary.traceId);
    if (trace.slot !== null) this.#columns.free(trace.slot);
    trace.slot = null;
  }

  /** Notes whether a trace takes part in an issue from now on. */
  noteRaced(trace: StoredTrace | undefined, isRaced: boolean): void {
    const slot = trace?.slot ?? null;
    if (slot !== null) this.#columns.writeRaced(slot, isRaced);
  }

  /** Notes what tags a trace has from now on. */
  noteTags(trace: StoredTrace | undefined, tags: readonly string[]): void {
    const slot = trace?.slot ?? null;
    if (slot !== null) this.#columns.writeTags(slot, tags);
  }

  clear(): void {
    this.#tree.clear();
    this.#byId.clear();
  }

  /** @param among traces that access the variable of the query; null: it names none */
  page(query: TraceQuery, among: readonly string[] | null): TracePage {
    const asOf = query.cursor === null ? this.#writes : readAsOf(query.cursor.asOf);
    const isMatch = this.#matcher(query, among);
    const total =
      query.cursor?.total ?? (isMatch === null ? this.#tree.size : this.#columns.count(isMatch));
    const traces: TraceSummary[] = [];
    let skipped = 0;
    let hasMore = false;
    // The last that matches need not be looked behind.
    const left = query.cursor === null ? total : Number.POSITIVE_INFINITY;
    for (const [, trace] of this.#from(query)) {
      if (skipped + traces.length === left) break;
      if (trace.writtenAt > asOf || isMatch?.(trace.slot as number) === false) continue;
      if (skipped < query.offset) {
        skipped += 1;
      } else if (traces.length < query.limit) {
        traces.push(this.summaryOf(trace));
      } else {
        hasMore = true;
        break;
      }
    }
    const last = traces.at(-1);
    if (!hasMore || last === undefined) return { traces, total, next: null };
    const { lastActivityNs, traceId } = last;
    return { traces, total, next: { lastActivityNs, traceId, asOf: String(asOf), total } };
  }

  /**
   * The latest traces that match.
   *
   * @param among as for a page
   */
  glances(search: TraceSearch, limit: number, among: readonly string[] | null): TraceGlances {
    const { traces, isWhole } = this.#latest(search, limit, among);
    return { traces: traces.map((trace) => glanceAt(this.summaryOf(trace))), isWhole };
  }

  /**
   * What tags the latest traces have that match.
   *
   * @param key null: their keys are counted
   * @param among as for a page
   */
  tagFacet(
    search: TraceSearch,
    key: string | null,
    limit: number,
    among: readonly string[] | null,
  ): TagFacet {
    const { traces, isWhole } = this.#latest(search, limit, among);
    const slots = traces.map(({ slot }) => slot as number);
    return { ...this.#columns.tagFacet(slots, key), isWhole };
  }

  #latest(search: TraceSearch, limit: number, among: readonly string[] | null) {
    const isMatch = this.#matcher(search, among);
    const traces: StoredTrace[] = [];
    for (const [, trace] of this.#tree.entriesReversed()) {
      if (isMatch?.(trace.slot as number) === false) continue;
      if (traces.length === limit) return { traces, isWhole: false };
      traces.push(trace);
    }
    return { traces, isWhole: true };
  }

  /** Traces active since a moment, latest first. */
  *since(sinceNs: bigint): Generator<StoredTrace> {
    for (const [place, trace] of this.#tree.entriesReversed()) {
      if (place.lastActivityNs < sinceNs) return;
      yield trace;
    }
  }

  /** Places of the traces, the one left alone for longest first. */
  oldestFirst(): Iterable<Place> {
    return this.#tree.keys();
  }

  /** Ids in order, behind one of them (null: from the first), of some traces or of all (null). */
  *idsAmong(traceIds: readonly string[] | null, after: string | null): Generator<string> {
    if (traceIds !== null) {
      for (const traceId of [...new Set(traceIds)].sort()) {
        if (after === null || traceId > after) yield traceId;
      }
      return;
    }
    for (const traceId of this.#byId.keys(after ?? undefined)) if (traceId !== after) yield traceId;
  }

  /** Traces in the query's direction, from behind its cursor. */
  #from({ sort, cursor }: TraceQuery): IterableIterator<[Place, StoredTrace]> {
    if (sort === 'desc') {
      return cursor === null
        ? this.#tree.entriesReversed()
        : this.#tree.entriesReversed(cursor, undefined, true);
    }
    const entries = this.#tree.entries(cursor ?? undefined);
    return cursor !== null && this.#tree.has(cursor) ? skippingOne(entries) : entries;
  }

  #matcher(search: TraceSearch, among: readonly string[] | null) {
    const slots = among?.flatMap((traceId) => this.#byId.get(traceId)?.slot ?? []);
    const wanted = slots === undefined ? null : new Set(slots);
    return this.#columns.matcher(search, this.#slotsOfIds(search.text), wanted);
  }

  /** Slots of the traces whose ids begin with a text. */
  #slotsOfIds(text: string | null): ReadonlySet<number> {
    const slots = new Set<number>();
    if (text === null) return slots;
    const prefix = traceIdPrefix(text);
    for (const [traceId, { slot }] of this.#byId.entries(prefix)) {
      if (!traceId.startsWith(prefix)) break;
      if (slot !== null) slots.add(slot);
    }
    return slots;
  }
}

function skippingOne<T>(items: IterableIterator<T>): IterableIterator<T> {
  items.next();
  return items;
}

function comparePlaces(a: Place, b: Place): number {
  if (a.lastActivityNs !== b.lastActivityNs) return a.lastActivityNs < b.lastActivityNs ? -1 : 1;
  return compareCodePoints(a.traceId, b.traceId);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readAsOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RacewayError('bad_request', 'the cursor was not made by this storage');
}
