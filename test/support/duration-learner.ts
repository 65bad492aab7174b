/** Judges and learns durations of one operation as storages do, without one. */
import { type Baseline, describeBaseline, isOutgrown } from '../../src/domain/latency/baseline.ts';
import { bucketsOf, type LatencyBucket, mergeBuckets } from '../../src/domain/latency/buckets.ts';
import { binOf } from '../../src/domain/latency/histogram.ts';
import { judge } from '../../src/domain/latency/judge.ts';

const key = { service: 's', kind: 'FunctionCall', operation: 'f', status: 'ok' } as const;

export class DurationLearner {
  readonly #learnsFlagged: boolean;
  readonly #ring = new Map<number, LatencyBucket>();
  #known: { readonly hour: number; readonly baseline: Baseline; addedCount: number } | null = null;

  /** @param learnsFlagged whether it learns what it has flagged too, which no storage does */
  constructor(learnsFlagged = false) {
    this.#learnsFlagged = learnsFlagged;
  }

  /** What is told of a duration, which is learnt then. */
  tell(hour: number, durationMs: number): 'learning' | 'normal' | 'flagged' {
    if (this.#known?.hour !== hour || isOutgrown(this.#known.baseline, this.#known.addedCount)) {
      const baseline = describeBaseline(this.#ring.values(), hour);
      this.#known = { hour, baseline, addedCount: 0 };
    }
    const found = judge(this.#known.baseline, durationMs);
    const isLearnt = typeof found === 'string' || this.#learnsFlagged;
    const [one, none] = [new Map([[binOf(durationMs), 1]]), new Map<number, number>()];
    const [learnt, flagged] = isLearnt ? [one, none] : [none, one];
    if (isLearnt) this.#known.addedCount += 1;
    for (const bucket of bucketsOf({ key, keyText: '', hour, learnt, flagged })) {
      const before = this.#ring.get(bucket.slot);
      this.#ring.set(bucket.slot, before === undefined ? bucket : mergeBuckets(before, bucket));
    }
    return typeof found === 'string' ? found : 'flagged';
  }
}
