import { lowerBound } from '../../../domain/lower-bound.ts';
import type { EventPosition } from '../../storage.ts';
import type { TraceLog } from './trace-log.ts';

/**
 * The order of events of the trace that was read last. It is kept so that paging through a large
 * trace sorts it once, and polling a growing trace sorts only new events.
 */
export class ReadingOrder {
  #log: TraceLog | null = null;
  /** Offsets of records in the order of events. */
  #sorted: Uint32Array = new Uint32Array(0);
  /** Bytes of the log that are in it. */
  #end = 0;

  /** Offsets of at most `limit` records behind a position (null: from the start). */
  offsets(log: TraceLog, after: EventPosition | null, limit: number): number[] {
    if (this.#log !== log) this.forget();
    this.#log = log;
    if (this.#end !== log.end) {
      const added = Uint32Array.from(log.offsets(this.#end)).sort((a, b) => log.compare(a, b));
      this.#sorted = merged(log, this.#sorted, added);
      this.#end = log.end;
    }
    const start = after === null ? 0 : this.#firstAfter(log, after);
    return [...this.#sorted.subarray(start, start + limit)];
  }

  /** Forgets the order, of one log or of any. */
  forget(log: TraceLog | null = this.#log): void {
    if (log !== this.#log) return;
    this.#log = null;
    this.#sorted = new Uint32Array(0);
    this.#end = 0;
  }

  #firstAfter(log: TraceLog, position: EventPosition): number {
    const sorted = this.#sorted;
    return lowerBound(0, sorted.length, (place) => log.isAfter(sorted[place] as number, position));
  }
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
