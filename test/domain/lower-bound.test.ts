import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lowerBound } from '../../src/domain/lower-bound.ts';

test('halving finds what a walk finds, for every list, start and bound', () => {
  for (let length = 0; length <= 9; length += 1) {
    for (let from = 0; from <= length; from += 1) {
      for (let bound = from; bound <= length; bound += 1) {
        const found = lowerBound(from, length, (place) => place >= bound);
        assert.equal(found, bound, `${length} places from ${from}`);
      }
    }
  }
});

test('only places inside are asked about, and few of them', () => {
  const asked: number[] = [];
  const length = 1_000_000;
  lowerBound(3, length, (place) => {
    asked.push(place);
    return false;
  });
  assert.ok(asked.length <= 20);
  assert.ok(asked.every((place) => place >= 3 && place < length));
});

test('an empty range asks nothing', () => {
  assert.equal(
    lowerBound(4, 4, () => assert.fail()),
    4,
  );
});
