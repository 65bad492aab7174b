import type { EventRecord } from '../../../domain/event/event.ts';
import { lowerBound } from '../../../domain/lower-bound.ts';
import { readPage } from '../../event-page.ts';
import type { EventPosition } from '../../storage.ts';
import type { TraceLog } from './trace-log.ts';

/** Orders that are kept; with more readers than that of different traces some are made anew. */
const ORDERS_KEPT = 4;

interface KnownOrder {
  /** Offsets of records in the order of events. */
  readonly sorted: Uint32Array;
  /** Bytes of the log that are in it. */
  readonly end: number;
}

/**
 * The order of events of the traces that were read last. It is kept so that paging through a large
 * trace sorts it once, and polling a growing trace sorts only new events.
 */
export class ReadingOrder {
  /** The one read least recently comes first. */
  readonly #known = new Map<TraceLog, KnownOrder>();

  /** At most `limit` events behind a position (null: from the start), as a page. */
  page(traceId: string, log: TraceLog, after: EventPosition | null, limit: number): EventRecord[] {
    const { sorted } = this.#orderOf(log);
    const start = after === null ? 0 : firstAfter(sorted, log, after);
    const offsets = [...sorted.subarray(start, start + limit)];
    return readPage(offsets, (offset) => log.read(traceId, offset));
  }

  /** Forgets the order of one log. */
  forget(log: TraceLog): void {
    this.#known.delete(log);
  }

  clear(): void {
    this.#known.clear();
  }

  #orderOf(log: TraceLog): KnownOrder {
    let known = this.#known.get(log) ?? { sorted: new Uint32Array(0), end: 0 };
    if (known.end !== log.end) {
      const added = Uint32Array.from(log.offsets(known.end)).sort((a, b) => log.compare(a, b));
      known = { sorted: merged(log, known.sorted, added), end: log.end };
    }
    this.#known.delete(log);
    this.#known.set(log, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > ORDERS_KEPT && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

function firstAfter(sorted: Uint32Array, log: TraceLog, position: EventPosition): number {
  return lowerBound(0, sorted.length, (place) => log.isAfter(sorted[place] as number, position));
}

function merged(log: TraceLog, a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b;
  const result = new Uint32Array(a.length + b.length);
  let fromA = 0;
  for (let index = 0, fromB = 0; index < result.length; index += 1) {
    const takeA =
      fromB === b.length ||
      (fromA < a.length && log.compare(a[fromA] as number, b[fromB] as number) < 0);
    result[index] = (takeA ? a[fromA++] : b[fromB++]) as number;
  }
  return result;
}
