import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthBytes } from './growth.ts';

const MEBIBYTE = 2 ** 20;
const SECONDS = 1800;

function grown(mebibytesAt: (second: number) => number): number {
  const samples = Array.from({ length: SECONDS + 1 }, (_, second) => ({
    ms: second * 1000,
    bytes: mebibytesAt(second) * MEBIBYTE,
  }));
  return Math.round(growthBytes(samples) / MEBIBYTE);
}

test('memory that comes and goes does not grow; what is kept does', () => {
  const garbage = (second: number) => (second * 7) % 90;
  assert.equal(
    grown(() => 200),
    0,
  );
  // A warm-up, garbage until its collection, and a peak.
  assert.equal(
    grown((second) => Math.min(200, 50 + second) + garbage(second)),
    0,
  );
  assert.equal(
    grown((second) => (second > 1700 ? 900 : 200)),
    0,
  );
  // 3 MiB a minute for the 25 minutes after the warm-up.
  assert.equal(
    grown((second) => 200 + second / 20 + garbage(second)),
    75,
  );
  assert.equal(growthBytes([]), 0);
});
