/** Requests whose statements follow each other so quickly that their clock does not order them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RequestSketch, step, toldOf } from '../../support/invented-requests.ts';
import { nodeStack, READ, WRITE } from '../../support/quick-requests.ts';

const BALANCE = 'db:shop.accounts[id=1].balance';
const LOST = [`E2 lost_update ${BALANCE}`];

const request = (...steps: RequestSketch['steps']): RequestSketch => ({
  route: 'POST /a/{id}',
  path: '/a/1',
  steps,
});

/** Reads until a moment, and then writes a value at once. */
function quick(readsUntil: number, value: number, lastsMs = 2): RequestSketch {
  const writesFrom = Math.floor(readsUntil);
  return request(
    step(READ, writesFrom - lastsMs, readsUntil, [1]),
    step(WRITE, writesFrom, readsUntil + lastsMs, [value, 1]),
  );
}

function transaction(at: number, value: number): RequestSketch {
  return request(
    step('BEGIN', at, at + 0.2),
    step(READ, at, at + 0.7, [1]),
    step(WRITE, at + 1, at + 3.5, [value, 1]),
    step('COMMIT', at + 3, at + 4.2),
  );
}

const cases: readonly (readonly [
  name: string,
  requests: readonly RequestSketch[],
  /** The most that is told. */
  told: readonly string[],
])[] = [
  [
    'two that cannot be ordered have both looked before they wrote, and nothing tells more',
    [quick(10.3, 5), quick(10.6, 7)],
    [`E1 lost_update ${BALANCE}`],
  ],
  [
    'of a transaction nobody sees what it wrote before it commits',
    [transaction(10, 5), transaction(11, 7)],
    LOST,
  ],
  [
    'a transaction that begins when the other one has committed sees what it wrote',
    [transaction(10, 5), transaction(14, 7)],
    [],
  ],
  [
    'eight that had time for three one after the other',
    [1, 2, 3, 4, 5, 6, 7, 8].map((place) => quick(10 + place / 10, 100 * place ** 2, 3)),
    LOST,
  ],
  [
    'three that had the time',
    [1, 2, 3].map((place) => quick(10 + place / 2, 100 * place ** 2, 3)),
    [`E1 lost_update ${BALANCE}`],
  ],
  [
    'those that count, two of which counted the same',
    [quick(10.4, 90, 3), quick(11.4, 80, 3), quick(12.4, 70, 3), quick(12.6, 70, 3)],
    LOST,
  ],
  [
    'those that put what they were told to put',
    [quick(10.4, 3, 3), quick(11.4, 8, 3), quick(12.4, 4, 3), quick(12.6, 4, 3)],
    [`E1 lost_update ${BALANCE}`],
  ],
  [
    'those that count, each in a different way',
    [quick(10.4, 70, 3), quick(11.4, 90, 3), quick(12.4, 80, 3), quick(12.6, 80, 3)],
    [`E1 lost_update ${BALANCE}`],
  ],
  [
    'two transactions that read two rows, of which each writes another one',
    [onCall(10, 1, 'BEGIN ISOLATION LEVEL REPEATABLE READ'), onCall(11, 2, 'BEGIN')],
    ['E2 write_skew db:shop.doctors[id=1].on_call'],
  ],
  [
    'the same where the store puts them in an order',
    [1, 2].map((id) => onCall(10 + id, id, 'BEGIN ISOLATION LEVEL SERIALIZABLE')),
    [],
  ],
  ['the same, the second after the first', [onCall(10, 1, 'BEGIN'), onCall(16, 2, 'BEGIN')], []],
  ['the same of one row', [onCall(10, 1, 'BEGIN', [1]), onCall(11, 2, 'BEGIN', [2])], []],
];

/** Looks which doctors are on call, and lets one of them go. */
function onCall(at: number, id: number, begin: string, looksAt: readonly number[] = [1, 2]) {
  return request(
    step(begin, at, at + 0.2),
    ...looksAt.map((each) =>
      step('SELECT on_call FROM doctors WHERE id = $1', at, at + 0.3 + each / 10, [each]),
    ),
    step('UPDATE doctors SET on_call = false WHERE id = $1', at + 1, at + 3.5, [id]),
    step('COMMIT', at + 3, at + 4.2),
  );
}

for (const [name, requests, told] of cases) {
  test(name, async () => {
    const found = await toldOf({ stack: nodeStack, requests });
    assert.deepEqual(found.slice(-Math.max(told.length, 1)), told);
  });
}
