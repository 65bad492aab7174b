/** Locks in Redis that scripts give up, of which only a hash is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  footprintsOfRequests,
  type RequestSketch,
  type Stack,
  type StepSketch,
  step,
  toldOf,
} from '../../support/invented-requests.ts';

const redis: Stack = {
  system: 'redis',
  scope: '@opentelemetry/instrumentation-ioredis',
  language: 'nodejs',
  attributes: { 'server.address': 'r', 'server.port': 6379 },
};

const ADDRESS = 'redis:r:6379/0:';
const REDLOCK = {
  lock: '96da70f7716f27d278a5218544df37fd8b0a5e4c',
  unlock: 'e4612211c9f8f51c257e26e056b0a654b3187242',
};
/** How a lock is taken, and given up. */
const LOCKS = [
  ['set lock:a [4 other arguments]', 'evalsha 3f2a 1 lock:a token'],
  ['SET lock:a ? ? ? ?', 'EVALSHA ? 1 lock:a ?'],
  ['SET lock:a ? ? ? ?', 'EVAL ? 1 lock:a ?'],
  ['SET lock:a token PX 1000 NX', 'EVALSHA 3f2a 1 lock:a token'],
  ['setnx lock:a [1 other arguments]', 'evalsha 3f2a 1 lock:a token'],
  [`evalsha ${REDLOCK.lock} 1 lock:a token 1000`, `evalsha ${REDLOCK.unlock} 1 lock:a token`],
] as const;

/** A read, and a write 4 ms later. */
const work = (at: number): readonly StepSketch[] => [
  step('get stock', at, at + 0.4),
  step('set stock [1 other arguments]', at + 4, at + 4.4),
];
const requests = (...each: readonly (readonly StepSketch[])[]) =>
  each.map((steps): RequestSketch => ({ route: 'POST /buy', steps }));

/** Each access of one request, with the locks that it is made under. */
async function heldIn(steps: readonly StepSketch[]): Promise<readonly string[]> {
  const footprints = await footprintsOfRequests({ stack: redis, requests: requests(steps) });
  return footprints.flatMap(({ variable, signatures }) =>
    signatures.map(({ access_type, locks }) =>
      [access_type, variable, ...locks.map(({ name }) => name)].join(' ').replaceAll(ADDRESS, ''),
    ),
  );
}

test('a key that is set when absent, and then given to a hidden script, is a lock', async () => {
  for (const [take, giveUp] of LOCKS) {
    const held = await heldIn([step(take, 0, 0.4), ...work(2), step(giveUp, 8, 8.4)]);
    assert.deepEqual(held, ['Read stock redis:lock:a', 'Write stock redis:lock:a'], take);
  }
});

test('what looks at a lock before it takes it is not told to lose an update of it', async () => {
  for (const [take, giveUp] of LOCKS) {
    const attempt = (at: number) => [
      step('get lock:a', at, at + 0.4),
      step(take, at + 4, at + 4.4),
    ];
    const one = [...attempt(0), step(giveUp, 12, 12.4)];
    const other = [...attempt(1), ...attempt(20), step(giveUp, 32, 32.4)];
    assert.deepEqual(await toldOf({ stack: redis, requests: requests(one, other) }), [], take);
  }
});

test('a lock that a hidden script renews is held until the last one', async () => {
  const renewed = [
    step('set lock:a [4 other arguments]', 0, 0.4),
    step('evalsha 77aa 1 lock:a token', 2, 2.4),
    ...work(4),
    step('evalsha 3f2a 1 lock:a token', 10, 10.4),
  ];
  assert.deepEqual(await heldIn(renewed), ['Read stock redis:lock:a', 'Write stock redis:lock:a']);
});

test('what is done without the lock, or after it was given up, is told', async () => {
  const outside = (at: number) => [
    step('set lock:a [4 other arguments]', at, at + 0.5),
    step('evalsha 3f2a 1 lock:a token', at + 1, at + 1.5),
    ...work(at + 4),
  ];
  assert.deepEqual(await heldIn(outside(0)), ['Read stock', 'Write stock']);
  for (const each of [work, outside]) {
    const told = await toldOf({ stack: redis, requests: requests(each(0), each(0)) });
    assert.match(told.join(), /lost_update redis:r:6379\/0:stock/);
  }
});

test('what a hidden script changes is no lock where it was set otherwise, or later', async () => {
  const script = 'evalsha 3f2a 1 lock:a token';
  const expiring = [
    step('set lock:a [3 other arguments]', 0, 0.4),
    ...work(2),
    step(script, 8, 8.4),
  ];
  const later = [step(script, 0, 0.4), ...work(2), step('set lock:a [4 other arguments]', 8, 8.4)];
  for (const steps of [expiring, later]) {
    const held = await heldIn(steps);
    assert.deepEqual(held.slice(-2), ['Read stock', 'Write stock']);
    assert.equal(held.filter((access) => access.endsWith(' lock:a')).length, 2);
  }
});

test('where keys are hidden, nothing wrong is said of a lock', async () => {
  const locked = (at: number, ...tries: readonly number[]) => [
    ...[...tries, at].map((from) => step('SET ? ? ? ? ?', from, from + 0.4)),
    step('GET ?', at + 2, at + 2.4),
    step('SET ? ?', at + 6, at + 6.4),
    step('EVALSHA ? ? ? ?', at + 8, at + 8.4),
  ];
  const all = requests(locked(0), locked(12, 1, 5), locked(24, 2, 6, 14), locked(36, 3, 15, 27));
  assert.deepEqual(await toldOf({ stack: redis, requests: all }), []);
});
