import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrustedTime } from '../../src/storage/trusted-time.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Looks at clocks of which each is some time ahead. */
function watch(believedMs = 24 * hour) {
  let monotonicMs = 5000;
  const at = (wallAheadMs: number, storageAheadMs: number | null) => ({
    wallMs: 1e12 + monotonicMs + wallAheadMs,
    monotonicMs,
    storageMs: storageAheadMs === null ? null : 1e12 + monotonicMs + storageAheadMs,
  });
  const time = new TrustedTime(at(0, null), believedMs);
  return (passMs: number, wallAheadMs: number, storageAheadMs: number | null) => {
    monotonicMs += passMs;
    return time.look(at(wallAheadMs, storageAheadMs)) === null;
  };
}

for (const step of [2 * hour, -2 * hour, 45 * 24 * hour]) {
  test(`a step of ${step / hour} hours is not trusted until it is taken back for ten minutes`, () => {
    const isTrusted = watch();
    assert.ok(isTrusted(0, 0, null));
    assert.ok(!isTrusted(minute, step, null));
    assert.ok(!isTrusted(23 * hour, step, null));
    assert.ok(!isTrusted(minute, 0, null));
    assert.ok(!isTrusted(5 * minute, 0, null));
    assert.ok(isTrusted(10 * minute, 0, null));
  });

  test(`a step of ${step / hour} hours that the database shows too is trusted after ten minutes`, () => {
    const isTrusted = watch();
    assert.ok(isTrusted(0, 0, 0));
    assert.ok(!isTrusted(minute, step, step));
    assert.ok(!isTrusted(9 * minute, step, step));
    assert.ok(isTrusted(10 * minute, step, step));
  });

  test(`a step of ${step / hour} hours that the database does not show is never trusted`, () => {
    const isTrusted = watch();
    assert.ok(isTrusted(0, 0, 0));
    for (let day = 0; day < 5; day += 1) assert.ok(!isTrusted(24 * hour, step, 0));
  });
}

test('a step that nobody can judge is believed when it has stayed for long', () => {
  const isTrusted = watch(24 * hour);
  assert.ok(!isTrusted(minute, 3 * hour, null));
  assert.ok(!isTrusted(24 * hour, 3 * hour, null));
  assert.ok(!isTrusted(minute, 3 * hour, null));
  assert.ok(isTrusted(10 * minute, 3 * hour, null));
});

test('corrections below an hour are ordinary', () => {
  const isTrusted = watch();
  for (const ahead of [0, 10 * minute, -10 * minute, 59 * minute]) {
    assert.ok(isTrusted(minute, ahead, 0));
  }
});

test('a machine that was wrong from the start is found out by the database', () => {
  const isTrusted = watch();
  assert.ok(!isTrusted(0, 0, 45 * 24 * hour));
});
