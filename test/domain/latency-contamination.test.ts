import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baselineHistogram,
  bucketsOf,
  type LatencyBucket,
  mergeBuckets,
} from '../../src/domain/latency/buckets.ts';
import { binOf } from '../../src/domain/latency/histogram.ts';
import { describeBaseline, judge } from '../../src/domain/latency/judge.ts';

const HOURS = 40;
const WARM_UP_HOURS = 6;
const TRACES_PER_HOUR = 150;
/** One trace in twenty has one wrong span. */
const ABNORMAL_SHARE = 0.05;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
const gauss = (random: Random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Shapes of real services: narrow, heavy-tailed, cache hit or miss, in steps of a millisecond. */
const operations: readonly ((random: Random) => number)[] = [
  (random) => 80 * Math.exp(0.1 * gauss(random)),
  (random) => 200 * Math.exp(0.35 * gauss(random)),
  (random) => (random() < 0.7 ? 60 : 110) * Math.exp(0.08 * gauss(random)),
  (random) => Math.round(120 * Math.exp(0.2 * gauss(random))),
];

interface Outcome {
  readonly found: number;
  readonly falseAlarms: number;
}

/** Runs the same stream with a way of learning. */
function run(seed: number, learnFlagged: boolean): Outcome {
  const random = randomNumbers(seed);
  const rings = operations.map(() => new Map<number, LatencyBucket>());
  let [normal, abnormal, found, falseAlarms] = [0, 0, 0, 0];
  for (let hour = 480_000; hour < 480_000 + HOURS; hour += 1) {
    const baselines = rings.map((ring) => describeBaseline(baselineHistogram(ring.values(), hour)));
    for (let trace = 0; trace < TRACES_PER_HOUR; trace += 1) {
      const isAbnormal = hour >= 480_000 + WARM_UP_HOURS && random() < ABNORMAL_SHARE;
      const wrongSpan = Math.floor(random() * operations.length);
      let flagged = false;
      operations.forEach((draw, operation) => {
        const factor = 4 + 8 * random();
        const isSlow = random() < 0.6;
        const usual = draw(random);
        const isWrong = isAbnormal && operation === wrongSpan;
        const durationMs = isWrong ? (isSlow ? usual * factor : usual / factor) : usual;
        const verdict = judge(baselines[operation] as never, durationMs);
        const isFlagged = typeof verdict === 'object';
        flagged ||= isFlagged;
        const ring = rings[operation] as Map<number, LatencyBucket>;
        const one = new Map([[binOf(durationMs), 1]]);
        const isLearnt = learnFlagged || !isFlagged;
        const lesson = {
          key: { service: 's', kind: 'FunctionCall', operation: 'f', status: 'ok' },
          keyText: '',
          hour,
          learnt: isLearnt ? one : new Map(),
          flagged: isLearnt ? new Map() : one,
        } as const;
        for (const bucket of bucketsOf(lesson)) {
          const before = ring.get(bucket.slot);
          ring.set(bucket.slot, before === undefined ? bucket : mergeBuckets(before, bucket));
        }
      });
      if (isAbnormal) {
        abnormal += 1;
        found += flagged ? 1 : 0;
      } else if (hour >= 480_000 + WARM_UP_HOURS) {
        normal += 1;
        falseAlarms += flagged ? 1 : 0;
      }
    }
  }
  return { found: found / abnormal, falseAlarms: falseAlarms / normal };
}

test('a stream with wrong spans in it: at least 95 % are found, at most 4 % are false', (t) => {
  for (const seed of [1, 2, 3]) {
    const outcome = run(seed, false);
    const everything = run(seed, true);
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    t.diagnostic(
      `seed ${seed}: ${percent(outcome.found)} found, ${percent(outcome.falseAlarms)} false; ` +
        `learning everything ${percent(everything.found)}, ${percent(everything.falseAlarms)}`,
    );
    assert.ok(outcome.found >= 0.95);
    assert.ok(outcome.falseAlarms <= 0.04);
    assert.ok(everything.found < 0.5, 'what is flagged must not be learnt');
  }
});
