import type { Strand } from './strands.ts';

/** A counter that one of a component's strands was at. */
interface Reading {
  readonly counter: number;
  readonly strand: Strand;
}

/** The strands of one trace that have one span id: threads of the span, or Rust's caller and callee. */
export class SpanOwners {
  readonly #isEntry: (strand: Strand) => boolean;
  readonly #all = new FirstStrands();
  readonly #byComponent = new Map<string, Component>();

  constructor(isEntry: (strand: Strand) => boolean) {
    this.#isEntry = isEntry;
  }

  /** Strands come by number. */
  add(strand: Strand): void {
    const isEntry = this.#isEntry(strand);
    this.#all.add(strand, isEntry);
    const name = `${strand.service}#${strand.instance}`;
    let component = this.#byComponent.get(name);
    if (component === undefined) {
      component = new Component();
      this.#byComponent.set(name, component);
    }
    component.add(strand, isEntry);
  }

  /**
   * The caller of a strand, null when only the strand itself has the span: one that the callee has
   * heard of, of these the one that was at its counter last, else one in which the span begins,
   * else the first.
   *
   * @param clock the first causality vector of the callee
   */
  callerOf(downstream: Strand, clock: ReadonlyMap<string, number>): Strand | null {
    const other = this.#all.except(downstream);
    if (other === null) return null;
    let best = other;
    let bestScore = this.#isEntry(other) ? 1 : 0;
    for (const [name, heard] of clock) {
      const found = this.#byComponent.get(name)?.lastUpTo(heard, downstream) ?? null;
      if (found === null) continue;
      const score = 2 + 2 * found.counter + (this.#isEntry(found.strand) ? 1 : 0);
      const isFirst = score === bestScore && found.strand.number < best.number;
      if (score < bestScore || (score === bestScore && !isFirst)) continue;
      best = found.strand;
      bestScore = score;
    }
    return best;
  }
}

/** The strands of one `service#instance` inside {@link SpanOwners}. */
class Component {
  readonly #first = new FirstStrands();
  readonly #strands: { strand: Strand; isEntry: boolean }[] = [];
  #readings: Reading[] | null = null;

  add(strand: Strand, isEntry: boolean): void {
    this.#first.add(strand, isEntry);
    this.#strands.push({ strand, isEntry });
  }

  /** The strand that was at the highest counter not above `heard`; 0 is before all counters. */
  lastUpTo(heard: number, except: Strand): Reading | null {
    this.#readings ??= this.#sortReadings();
    let low = 0;
    let high = this.#readings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#readings[middle] as Reading).counter > heard) high = middle;
      else low = middle + 1;
    }
    // Each strand is the exception once, so that stepping over its readings costs no more than they.
    while (low > 0 && this.#readings[low - 1]?.strand === except) low -= 1;
    if (low > 0) return this.#readings[low - 1] as Reading;
    const strand = this.#first.except(except);
    return strand === null ? null : { counter: 0, strand };
  }

  /** By counter; of equal ones the strand in which the span begins comes last, then the first. */
  #sortReadings(): Reading[] {
    const readings: (Reading & { readonly rank: number })[] = [];
    for (const { strand, isEntry } of this.#strands) {
      if (!strand.countsAsComponent || strand.counters === null) continue;
      for (const counter of strand.counters) {
        if (counter > 0) readings.push({ counter, strand, rank: isEntry ? 1 : 0 });
      }
    }
    return readings.sort(
      (a, b) => a.counter - b.counter || a.rank - b.rank || b.strand.number - a.strand.number,
    );
  }
}

/** The first strands of a list, those first in which their span begins: one, and another. */
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
