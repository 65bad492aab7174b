/** How much longer steps could have taken, held against what happens when they do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Steps, walkCriticalPath } from '../../../src/analysis/time/critical-walk.ts';
import { slackOf } from '../../../src/analysis/time/slack.ts';

type Row = readonly [parent: number, start: number, end: number, isAwaited?: boolean];

/** Steps by their makers; the first is the root. */
function steps(rows: readonly Row[]): Steps {
  return {
    start: Float64Array.from(rows, ([, start]) => start),
    end: Float64Array.from(rows, ([, , end]) => end),
    childrenOf: (step) =>
      Int32Array.from(rows.flatMap(([parent], row) => (parent === step ? [row] : []))),
    isAwaited: rows.map(([, , , isAwaited]) => isAwaited ?? true),
  };
}

const slackIn = (rows: readonly Row[]) => [...slackOf(0, steps(rows))];

test('what is on the path has none, also where its maker works between two steps', () => {
  assert.deepEqual(
    slackIn([
      [-1, 0, 100],
      [0, 10, 30],
      [0, 50, 90],
    ]),
    [0, 0, 0],
  );
});

test('what runs beside something longer has until that ends, and all below it too', () => {
  const rows: Row[] = [
    [-1, 0, 100],
    [0, 10, 80],
    [0, 12, 50],
    [2, 15, 40],
    [2, 15, 30],
  ];
  assert.deepEqual(slackIn(rows), [0, 0, 30, 30, 40]);
});

test('what runs beside a step that the path cuts has until that one really ended', () => {
  const rows: Row[] = [
    [-1, 0, 2000],
    [0, 0, 3],
    [0, 0, 3],
    [0, 1, 4],
    [0, 0, 2],
  ];
  assert.deepEqual(slackIn(rows), [0, 0, 0, 0, 1]);
  const nested: Row[] = [
    [-1, 0, 2000],
    [0, 0, 2],
    [1, 0, 1],
    [1, 0, 2],
    [0, 1, 3],
  ];
  assert.deepEqual(slackIn(nested), [0, 0, 0, 0, 0]);
});

test('what nobody waits for has no measure, nor has what lies outside of the root', () => {
  const rows: Row[] = [
    [-1, 0, 100],
    [0, 10, 30, false],
    [1, 12, 20],
    [-1, 200, 300],
  ];
  assert.deepEqual(slackIn(rows), [0, -1, -1, -1]);
});

test('each step of the critical path has none; no other ends after the one it runs beside', () => {
  const rows = fc.array(fc.tuple(fc.nat(), fc.nat(1000), fc.integer({ min: 1, max: 1000 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(rows, (drawn) => {
      const made: Row[] = [[-1, 0, 2000]];
      for (const [parent, start, took] of drawn) {
        made.push([parent % made.length, start, start + took]);
      }
      const slack = slackIn(made);
      for (const { step } of walkCriticalPath(0, steps(made)).sections) {
        assert.equal(slack[step], 0, `step ${step}`);
      }
      for (const one of slack) assert.ok(one >= -1 && one <= 2000, `${one}`);
    }),
  );
});

test('a chain of 50,000 steps is walked without recursion', () => {
  const rows = Array.from({ length: 50_000 }, (_, row): Row => [row - 1, row, 200_000 - row]);
  const chain: Steps = {
    ...steps(rows.slice(0, 1)),
    start: Float64Array.from(rows, ([, start]) => start),
    end: Float64Array.from(rows, ([, , end]) => end),
    childrenOf: (step) => Int32Array.from(step + 1 < rows.length ? [step + 1] : []),
    isAwaited: rows.map(() => true),
  };
  assert.deepEqual(new Set(slackOf(0, chain)), new Set([0]));
});
