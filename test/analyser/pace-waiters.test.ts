import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Pace } from '../../src/analyser/pace.ts';

test('who asks for findings during a step waits for the one after it', async () => {
  const pace = new Pace(() => false);
  pace.beginStep();
  let isAnswered = false;
  const answered = pace.untilIdle(60_000).then(() => {
    isAnswered = true;
  });
  // This step began before: it may have looked too early to see what is asked for.
  await pace.idle(true);
  await nextTurn();
  assert.equal(isAnswered, false);
  pace.beginStep();
  const resting = pace.idle(true);
  await answered;
  pace.end();
  await resting;
});
