import sortedBtree from 'sorted-btree';
import { compareCodePoints } from '../../../domain/code-points.ts';
import {
  type Cut,
  type CutOfTrace,
  isOpen,
  type RecordLimit,
} from '../../../domain/trace/trace-record.ts';
import type { CutSummary } from '../../derived.ts';
import { type DerivedTrace, orNone } from './derived-trace.ts';

/** What a cut takes; its texts are those of its variable. */
const CUT_BYTES = 120;

type Cuts = Pick<DerivedTrace, 'analysisCuts' | 'comparisonCuts'>;

/** What budgets kept out of the analyses and comparisons of the memory backend. */
export class CutBook {
  readonly #traces = new sortedBtree.default<string, DerivedTrace>(undefined, compareCodePoints);
  /** Open cuts by limit. */
  readonly #open = new Map<RecordLimit, number>();
  #count = 0;

  get bytes(): number {
    return this.#count * CUT_BYTES;
  }

  /** Notes the cuts of a trace; what is not given stays. */
  set(trace: DerivedTrace, { analysisCuts, comparisonCuts }: Partial<Cuts>): void {
    for (const cut of cutsOf(trace)) this.#add(cut, -1);
    if (analysisCuts !== undefined) trace.analysisCuts = orNone(analysisCuts);
    if (comparisonCuts !== undefined) trace.comparisonCuts = orNone(comparisonCuts);
    const cuts = cutsOf(trace);
    for (const cut of cuts) this.#add(cut, 1);
    if (cuts.length === 0) this.#traces.delete(trace.traceId);
    else this.#traces.set(trace.traceId, trace);
  }

  summary(limit: number): CutSummary {
    const cuts: CutOfTrace[] = [];
    for (const trace of this.#traces.values()) {
      if (cuts.length >= limit) break;
      for (const cut of cutsOf(trace)) cuts.push({ traceId: trace.traceId, ...cut });
    }
    return {
      cuts: cuts.slice(0, limit),
      count: this.#count,
      truncatedBy: [...this.#open.keys()].sort()[0] ?? null,
    };
  }

  #add(cut: Cut, difference: 1 | -1): void {
    this.#count += difference;
    if (!isOpen(cut)) return;
    const count = (this.#open.get(cut.limit) ?? 0) + difference;
    if (count === 0) this.#open.delete(cut.limit);
    else this.#open.set(cut.limit, count);
  }
}

function cutsOf({ analysisCuts, comparisonCuts }: Cuts): readonly Cut[] {
  return analysisCuts.length + comparisonCuts.length === 0
    ? analysisCuts
    : [...analysisCuts, ...comparisonCuts];
}
