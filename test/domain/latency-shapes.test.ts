/** Streams of durations in the shapes of real services: who is flagged from the first minute on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DurationLearner } from '../support/duration-learner.ts';
import { gauss, randomNumbers } from '../support/random-durations.ts';

type Random = () => number;

interface Shape {
  readonly usual: (random: Random) => number;
  readonly wrong: (random: Random) => number;
}

const around = (random: Random, ms: number, spread: number) =>
  ms * Math.exp(spread * gauss(random));

const shapes: Readonly<Record<string, Shape>> = {
  narrow: {
    usual: (random) => around(random, 80, 0.1),
    wrong: (random) => around(random, 80, 0.1) * (4 + 8 * random()),
  },
  'several modes': {
    usual: (random) => {
      const mode = random();
      return around(random, mode < 0.6 ? 20 : mode < 0.9 ? 70 : 200, 0.15);
    },
    wrong: (random) => around(random, 200, 0.15) * (4 + 8 * random()),
  },
  'hits and misses of a cache': {
    usual: (random) => around(random, random() < 0.92 ? 4 : 60, 0.2),
    wrong: (random) => around(random, 60, 0.2) * (5 + 10 * random()),
  },
  'a heavy tail': {
    usual: (random) => around(random, 50, 1),
    wrong: (random) => 50 * (40 + 40 * random()),
  },
  'a tail without an end': {
    usual: (random) => 20 * (1 - random()) ** (-1 / 2),
    wrong: (random) => 20 * (200 + 200 * random()),
  },
  'fast failures': {
    usual: (random) => around(random, 150, 0.35),
    wrong: (random) => around(random, 150, 0.35) / (8 + 20 * random()),
  },
};

/** The same for every shape: usual for an hour, in which some are wrong, and the hour after. */
const HOUR = 480_000;
const FIRST_HOUR = 1500;
const HOUR_AFTER = 1500;
const SEEDS = 8;
/** In the first hundred nothing can be told. */
const LEARNING = 100;

interface Tally {
  usual: number;
  flagged: number;
  wrong: number;
  found: number;
}

/** Streams of all seeds: what was told in the first hour, from the 101st on, and in the hour after. */
function run(shape: Shape, wrongShare: (n: number) => number): [Tally, Tally] {
  const empty = () => ({ usual: 0, flagged: 0, wrong: 0, found: 0 });
  const tallies: [Tally, Tally] = [empty(), empty()];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = randomNumbers(seed);
    const learner = new DurationLearner();
    for (let n = 0; n < FIRST_HOUR + HOUR_AFTER; n += 1) {
      const isWrong = random() < wrongShare(n);
      const told = learner.tell(
        n < FIRST_HOUR ? HOUR : HOUR + 1,
        (isWrong ? shape.wrong : shape.usual)(random),
      );
      if (n < LEARNING) assert.equal(told, 'learning');
      else assert.notEqual(told, 'learning');
      const tally = tallies[n < FIRST_HOUR ? 0 : 1];
      if (n < LEARNING) continue;
      tally[isWrong ? 'wrong' : 'usual'] += 1;
      if (told === 'flagged') tally[isWrong ? 'found' : 'flagged'] += 1;
    }
  }
  return tallies;
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

for (const [name, shape] of Object.entries(shapes)) {
  test(`${name}: at most 2 % of what is usual is flagged, at least 98 % of what is wrong`, (t) => {
    const hours = run(shape, (n) => (n < LEARNING ? 0 : 0.05));
    for (const { usual, flagged, wrong, found } of hours) {
      t.diagnostic(`${percent(flagged / usual)} flagged, ${percent(found / wrong)} found`);
      assert.ok(flagged <= 0.02 * usual);
      assert.ok(found >= 0.98 * wrong);
    }
  });
}

for (const [usualMs, wrongMs] of [
  [5, 600],
  [60, 3000],
  [500, 10],
] as const) {
  const name = `${usualMs} ms, and 1 % of ${wrongMs} ms while it is learnt`;
  test(`${name}: the next ones are found all the same`, (t) => {
    const shape = {
      usual: (random: Random) => around(random, usualMs, 0.2),
      wrong: (random: Random) => around(random, wrongMs, 0.2),
    };
    const [, after] = run(shape, (n) => (n < FIRST_HOUR ? 0.01 : 0.05));
    t.diagnostic(`${percent(after.flagged / after.usual)}, ${percent(after.found / after.wrong)}`);
    assert.ok(after.flagged <= 0.02 * after.usual);
    assert.ok(after.found >= 0.98 * after.wrong);
  });
}
