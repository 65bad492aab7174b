/** Optimistic writes in Redis, by a clock that cuts to whole milliseconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RequestSketch,
  type Stack,
  type StepSketch,
  step,
  toldOf,
} from '../../support/invented-requests.ts';

const ioredis: Stack = {
  system: 'redis',
  scope: '@opentelemetry/instrumentation-ioredis',
  language: 'nodejs',
  attributes: { 'server.address': 'r', 'server.port': 6379 },
};

const attempt = (at: number): readonly StepSketch[] => [
  step('multi', at, at + 0.222),
  step('set c [1 other arguments]', at, at + 0.212),
  step('exec', at, at + 0.21),
];
const look = (at: number, watchMs: number): readonly StepSketch[] => [
  step('watch [1 other arguments]', at, at + watchMs),
  step('get c', at + (watchMs < 1 ? 0 : 2), at + watchMs + 1.1),
];

/** Two requests that begin at one time, and meet. */
const both = (steps: readonly StepSketch[]): readonly RequestSketch[] =>
  [0, 0.5].map((later) => ({
    route: 'POST /counter/{k}',
    path: '/counter/c',
    steps: steps.map((each) => ({ ...each, from: each.from + later, to: each.to + later })),
  }));

test('who is refused watches again within the millisecond, and what follows is watched', async () => {
  for (const watchMs of [0.063, 0.215, 0.9]) {
    const steps = [...look(0, 1.5), ...attempt(10), ...look(10, watchMs), ...attempt(20)];
    assert.deepEqual(await toldOf({ stack: ioredis, requests: both(steps) }), [], `${watchMs}`);
  }
});

test('a watch of the millisecond in which its own commands follow comes before them', async () => {
  const steps = [
    step('watch c', 0, 0.1),
    step('get c', 0, 0.1),
    ...attempt(0),
    ...look(5, 1.2),
    ...attempt(9),
  ];
  assert.deepEqual(await toldOf({ stack: ioredis, requests: both(steps) }), []);
});

test('what nobody watches is told', async () => {
  const steps = [...look(0, 1.5).slice(1), ...attempt(10)];
  const told = await toldOf({ stack: ioredis, requests: both(steps) });
  assert.match(told.join(), /lost_update redis:r:6379\/0:c/);
});
