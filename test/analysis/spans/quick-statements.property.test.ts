/**
 * Statements so quick that a clock of whole milliseconds hardly orders them, played against a store of one
 * row: what is told of lost updates is true.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toldOf } from '../../support/invented-requests.ts';
import { assertAsyncProperty } from '../../support/properties.ts';
import { type Luck, nodeStack, played, type QuickTraffic } from '../../support/quick-requests.ts';

/** A store works in the middle half of a statement's time: the rest is the way there and back. */
const luck: fc.Arbitrary<Luck> = fc.record({
  lastsMs: fc.double({ min: 0.2, max: 3, noNaN: true }),
  doneAfter: fc.double({ min: 0.25, max: 0.75, noNaN: true }),
});

function traffic(oneByOne: boolean): fc.Arbitrary<QuickTraffic> {
  const request = fc.record({
    beginsMs: fc.double({ min: 0, max: 6, noNaN: true }),
    luck: fc.tuple(luck, luck, luck, luck),
  });
  return fc.record({
    requests: fc.array(request, { minLength: 2, maxLength: 12 }),
    inTransactions: fc.boolean(),
    oneByOne: fc.constant(oneByOne),
    pauseMs: fc.double({ min: 0, max: 1, noNaN: true }),
  });
}

test('no update is said to be lost where none was', async (t) => {
  await assertAsyncProperty(
    t,
    150,
    fc.asyncProperty(traffic(false), async (given) => {
      const { sketches, isLost } = played(given);
      const told = await toldOf({ stack: nodeStack, requests: sketches });
      assert.ok(isLost || told.every((each) => each < 'E2'), told.join(', '));
    }),
  );
});

test('requests that a lock in the process lets in one by one tell nothing', async (t) => {
  await assertAsyncProperty(
    t,
    50,
    fc.asyncProperty(traffic(true), async (given) => {
      const { sketches } = played(given);
      assert.deepEqual(await toldOf({ stack: nodeStack, requests: sketches }), []);
    }),
  );
});
