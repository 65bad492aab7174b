import type { RecordLimit } from '../../../domain/trace-record.ts';
import type { DerivedTrace } from './derived-trace.ts';

/** What truncated the analysis of a trace and its comparison with others. */
type Truncations = Pick<DerivedTrace, 'analysisTruncatedBy' | 'comparisonTruncatedBy'>;

/** How many analyses and comparisons of the memory backend each budget truncated. */
export class TruncationCounts {
  readonly #counts = new Map<RecordLimit, number>();

  /** Notes what truncated a trace's; what is not given stays. */
  set(trace: Truncations, cuts: Partial<Truncations>): void {
    for (const limit of [trace.analysisTruncatedBy, trace.comparisonTruncatedBy])
      this.#add(limit, -1);
    Object.assign(trace, cuts);
    for (const limit of [trace.analysisTruncatedBy, trace.comparisonTruncatedBy])
      this.#add(limit, 1);
  }

  /** The first by name that truncated any. */
  first(): RecordLimit | null {
    return [...this.#counts.keys()].sort()[0] ?? null;
  }

  #add(limit: RecordLimit | null, difference: 1 | -1): void {
    if (limit === null) return;
    const count = (this.#counts.get(limit) ?? 0) + difference;
    if (count === 0) this.#counts.delete(limit);
    else this.#counts.set(limit, count);
  }
}
