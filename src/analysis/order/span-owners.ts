import { lowerBound } from '../../domain/lower-bound.ts';
import type { Strand } from './strands.ts';

/**
 * The places in a strand between which it has a span id. That is the whole strand, except with the
 * Rust SDK.
 */
export interface SpanRange {
  readonly from: number;
  readonly to: number;
}

/** A point that a strand was at: a counter, or an event. */
interface Reading {
  readonly place: number;
  readonly strand: Strand;
}

/** The strands of one trace that have one span id: threads of the span, or Rust's caller and callee. */
export class SpanOwners {
  readonly #isEntry: (strand: Strand) => boolean;
  readonly #first = new FirstStrands();
  readonly #entries: { strand: Strand; range: SpanRange }[] = [];
  /** Of {@link #entries}: events with the span, by time. */
  #steps: Reading[] | null = null;
  readonly #byComponent = new Map<string, Component>();

  constructor(isEntry: (strand: Strand) => boolean) {
    this.#isEntry = isEntry;
  }

  /** Strands come by number. */
  add(strand: Strand, range: SpanRange): void {
    const isEntry = this.#isEntry(strand);
    this.#first.add(strand, isEntry);
    if (isEntry) this.#entries.push({ strand, range });
    const name = `${strand.service}#${strand.instance}`;
    let component = this.#byComponent.get(name);
    if (component === undefined) {
      component = new Component();
      this.#byComponent.set(name, component);
    }
    component.add(strand, isEntry, range);
  }

  /**
   * Finds the strand that called another one, null when no other strand has the span. First choice
   * is a strand that the callee has heard of; of several, the one with the highest counter that the
   * callee had heard. Next come strands in which the span begins: the one that last worked with the
   * span before the callee began, else the first.
   *
   * @param clock what the callee had heard when it began
   */
  callerOf(downstream: Strand, clock: ReadonlyMap<string, number>): Strand | null {
    let best = this.#lastAtWork(downstream) ?? this.#first.except(downstream);
    if (best === null) return null;
    let bestScore = this.#isEntry(best) ? 1 : 0;
    for (const [name, heard] of clock) {
      const found = this.#byComponent.get(name)?.lastUpTo(heard, downstream) ?? null;
      if (found === null) continue;
      const score = 2 + 2 * found.place + (this.#isEntry(found.strand) ? 1 : 0);
      const isFirst = score === bestScore && found.strand.number < best.number;
      if (score < bestScore || (score === bestScore && !isFirst)) continue;
      best = found.strand;
      bestScore = score;
    }
    return best;
  }

  #lastAtWork(downstream: Strand): Strand | null {
    if (this.#entries.length < 2) return null;
    this.#steps ??= this.#entries
      .flatMap(({ strand, range }) =>
        Array.from(strand.events.subarray(range.from, range.to), (place) => ({ place, strand })),
      )
      .sort((a, b) => a.place - b.place);
    return lastUpTo(this.#steps, downstream.events[0] as number, downstream)?.strand ?? null;
  }
}

/** The last of a rising list of readings that is not above `place` and not of one strand. */
function lastUpTo(readings: readonly Reading[], place: number, except: Strand): Reading | null {
  let end = lowerBound(0, readings.length, (at) => (readings[at] as Reading).place > place);
  // Each strand is the exception once, so that stepping over its readings costs no more than they.
  while (end > 0 && readings[end - 1]?.strand === except) end -= 1;
  return readings[end - 1] ?? null;
}

/** The strands of one `service#instance` inside {@link SpanOwners}. */
class Component {
  /** Strands that do not send the component's counter. */
  readonly #silent = new FirstStrands();
  readonly #counting: { strand: Strand; isEntry: boolean; range: SpanRange }[] = [];
  #readings: Reading[] | null = null;

  add(strand: Strand, isEntry: boolean, range: SpanRange): void {
    if (strand.countsAsComponent && strand.counters !== null) {
      this.#counting.push({ strand, isEntry, range });
    } else this.#silent.add(strand, isEntry);
  }

  /**
   * The strand that had the span at the highest counter not above `heard`. Else a strand that sends
   * no counters, as if its counter were 0. Null when neither exists.
   */
  lastUpTo(heard: number, except: Strand): Reading | null {
    this.#readings ??= this.#sortReadings();
    const reading = lastUpTo(this.#readings, heard, except);
    if (reading !== null) return reading;
    const strand = this.#silent.except(except);
    return strand === null ? null : { place: 0, strand };
  }

  /**
   * Sorts by counter. Among equal counters a strand in which the span begins comes later than others,
   * then a strand with a smaller number later than one with a greater.
   */
  #sortReadings(): Reading[] {
    const readings: (Reading & { readonly rank: number })[] = [];
    for (const { strand, isEntry, range } of this.#counting) {
      for (const counter of strand.counters?.subarray(range.from, range.to) ?? []) {
        if (counter > 0) readings.push({ place: counter, strand, rank: isEntry ? 1 : 0 });
      }
    }
    return readings.sort(
      (a, b) => a.place - b.place || a.rank - b.rank || b.strand.number - a.strand.number,
    );
  }
}

/**
 * Remembers the first two strands of a list, those in which their span begins before others: one of
 * them is always another than a given strand.
 */
class FirstStrands {
  readonly #entries: Strand[] = [];
  readonly #others: Strand[] = [];

  add(strand: Strand, isEntry: boolean): void {
    const list = isEntry ? this.#entries : this.#others;
    if (list.length < 2) list.push(strand);
  }

  except(strand: Strand): Strand | null {
    return [...this.#entries, ...this.#others].find((candidate) => candidate !== strand) ?? null;
  }
}
