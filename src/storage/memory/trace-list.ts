import sortedBtree from 'sorted-btree';
import { compareCodePoints } from '../../domain/code-points.ts';
import { RacewayError } from '../../domain/errors.ts';
import type { TraceSummary } from '../../domain/trace.ts';
import { everyTrace, matcher, type TracePage, type TraceQuery } from '../../domain/trace-query.ts';
import type { StoredTrace } from './stored-trace.ts';

interface Place {
  readonly lastActivityNs: bigint;
  readonly traceId: string;
}

/** All traces by last activity, then trace id. */
export class TraceList {
  readonly #raceCountOf: (traceId: string) => number;
  readonly #tree = new sortedBtree.default<Place, StoredTrace>(undefined, comparePlaces);
  /** Counts writes, so that a walk can leave out what was written after it began. */
  #writes = 0;

  constructor(raceCountOf: (traceId: string) => number) {
    this.#raceCountOf = raceCountOf;
  }

  /** A trace's summary with what was found out about it. */
  summaryOf({ summary }: StoredTrace): TraceSummary {
    return { ...summary, raceCount: this.#raceCountOf(summary.traceId) };
  }

  beginWrite(): void {
    this.#writes += 1;
  }

  add(trace: StoredTrace): void {
    trace.writtenAt = this.#writes;
    this.#tree.set(trace.summary, trace);
  }

  /** Takes out a trace whose summary is still the one it was added with. */
  delete(trace: StoredTrace): void {
    this.#tree.delete(trace.summary);
  }

  clear(): void {
    this.#tree.clear();
  }

  page(query: TraceQuery): TracePage {
    const asOf = query.cursor === null ? this.#writes : readAsOf(query.cursor.asOf);
    const isMatch = hasFilter(query) ? this.#matcher(query) : null;
    const total = query.cursor?.total ?? this.#count(isMatch);
    const traces: TraceSummary[] = [];
    let skipped = 0;
    let hasMore = false;
    // The last that matches need not be looked behind.
    const left = query.cursor === null ? total : Number.POSITIVE_INFINITY;
    for (const [, trace] of this.#from(query)) {
      if (skipped + traces.length === left) break;
      if (trace.writtenAt > asOf || isMatch?.(trace) === false) continue;
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

  /** Traces without activity since a moment, those left alone for longest first. */
  expired(beforeNs: bigint, limit: number): string[] {
    const expired: string[] = [];
    for (const { lastActivityNs, traceId } of this.oldestFirst()) {
      if (lastActivityNs >= beforeNs || expired.length === limit) break;
      expired.push(traceId);
    }
    return expired;
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

  #matcher(query: TraceQuery): (trace: StoredTrace) => boolean {
    const isMatch = matcher(query, ({ traceId }) => this.#raceCountOf(traceId));
    return ({ summary }) => isMatch(summary);
  }

  #count(isMatch: ((trace: StoredTrace) => boolean) | null): number {
    if (isMatch === null) return this.#tree.size;
    let count = 0;
    this.#tree.forEachPair((_place, trace) => {
      if (isMatch(trace)) count += 1;
    });
    return count;
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

function hasFilter(query: TraceQuery): boolean {
  const { sort, limit, offset, cursor, ...filter } = query;
  return Object.entries(filter).some(
    ([name, value]) => value !== everyTrace[name as keyof typeof filter],
  );
}

function readAsOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RacewayError('bad_request', 'the cursor was not made by this storage');
}
