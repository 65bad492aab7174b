import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetentionLag } from '../../src/storage/retention-lag.ts';

const MINUTE_MS = 60_000;
const BEFORE_NS = 10n ** 18n;

/** Looks once a minute, with so many minutes of lag each time; null: nothing is stored. */
function looked(minutes: readonly (number | null)[]): RetentionLag {
  const lag = new RetentionLag();
  for (const [minute, behind] of minutes.entries()) {
    const oldestNs = behind === null ? null : BEFORE_NS - BigInt(behind) * 60_000_000_000n;
    lag.look(oldestNs, BEFORE_NS, (minute + 1) * MINUTE_MS);
  }
  return lag;
}

const steps = (from: number, each: number) =>
  Array.from({ length: 30 }, (_, minute) => from + each * minute);

test('lag is what the oldest trace is past its time', () => {
  assert.equal(looked([]).ms, 0);
  assert.equal(looked([5, null]).ms, 0);
  assert.equal(looked([-3]).ms, 0);
  assert.equal(looked([7]).ms, 7 * MINUTE_MS);
});

test('a few minutes are no reason to hurry', () => {
  assert.equal(looked([10]).isBehind, false);
  assert.equal(looked([11]).isBehind, true);
});

test('a lag that grows for a quarter of an hour is told of, none that shrinks or is small', () => {
  for (const quiet of [steps(9000, -100), steps(10, 1), steps(70, 1).slice(0, 15)]) {
    assert.equal(looked(quiet).fault, null, String(quiet));
  }
  assert.match(looked(steps(70, 1)).fault ?? '', /gone for 1\.\d hours/);
  // It shrank in the end, but not to where it was; then it did.
  assert.notEqual(looked([...steps(70, 1), 90]).fault, null);
  assert.equal(looked([...steps(70, 1), 69]).fault, null);
});
