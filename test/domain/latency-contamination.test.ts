import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DurationLearner } from '../support/duration-learner.ts';
import { gauss, randomNumbers } from '../support/random-durations.ts';

const HOURS = 40;
const WARM_UP_HOURS = 6;
const TRACES_PER_HOUR = 150;
/** One trace in twenty has one wrong span. */
const ABNORMAL_SHARE = 0.05;

/** Shapes of real services: narrow, heavy-tailed, cache hit or miss, in steps of a millisecond. */
const operations: readonly ((random: () => number) => number)[] = [
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
  const learners = operations.map(() => new DurationLearner(learnFlagged));
  let [normal, abnormal, found, falseAlarms] = [0, 0, 0, 0];
  for (let hour = 480_000; hour < 480_000 + HOURS; hour += 1) {
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
        flagged = learners[operation]?.tell(hour, durationMs) === 'flagged' || flagged;
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
