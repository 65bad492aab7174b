/** Requests that nobody recorded, as stacks send them, and what is told of two that meet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  pgStack,
  type RequestSketch,
  type Stack,
  type StepSketch,
  sentencesOf,
  step,
  toldOf,
} from '../../support/invented-requests.ts';

const mysql: Stack = {
  system: 'mysql',
  scope: '@opentelemetry/instrumentation-mysql2',
  language: 'go',
  attributes: { 'db.namespace': 'shop' },
};
const psycopg: Stack = { ...pgStack, scope: 'opentelemetry.instrumentation.psycopg' };
const redis: Stack = {
  system: 'redis',
  scope: 'github.com/redis/go-redis/extra/redisotel',
  language: 'go',
  attributes: { 'server.address': 'r', 'server.port': 6379 },
};

const BALANCE = 'SELECT balance FROM accounts WHERE id = $1';
const SET_BALANCE = 'UPDATE accounts SET balance = $1 WHERE id = $2';
const ACCOUNT = 'db:shop.accounts[id=1].balance';

/** Two requests to one address, the second begins a millisecond after the first. */
function two(steps: (at: number) => readonly StepSketch[]): readonly RequestSketch[] {
  return [1, 2].map((at) => ({ route: 'POST /a/{id}', path: '/a/1', steps: steps(at) }));
}

/** Reads a balance and then writes one, inside other statements. */
function readThenWrite(before: readonly string[], after: readonly string[] = []) {
  return two((at) => [
    ...before.map((text, place) => step(text, at + place * 0.1, at + place * 0.1 + 0.05)),
    step(BALANCE, at + 1, at + 2, [1]),
    step(SET_BALANCE, at + 6, at + 7, [at, 1]),
    ...after.map((text, place) => step(text, at + 8 + place * 0.1, at + 8.05 + place * 0.1)),
  ]);
}

const checkout = (...steps: readonly StepSketch[]): RequestSketch => ({
  route: 'POST /carts/{id}/checkout',
  path: '/carts/7/checkout',
  steps,
});
const addItem: RequestSketch = {
  route: 'POST /carts/{id}/items',
  path: '/carts/7/items',
  steps: [step('INSERT INTO items (cart_id, price) VALUES ($1, $2)', 5, 6, [7, 5])],
};
const sum = step('SELECT sum(price) FROM items WHERE cart_id = $1', 1, 2, [7]);
const setTotal = step('UPDATE carts SET total = $1 WHERE id = $2', 10, 11, [50, 7]);
const ITEMS = 'E2 check_then_act db:shop.items[cart_id=7].exists';

const cases: readonly (readonly [
  name: string,
  stack: Stack,
  requests: readonly RequestSketch[],
  told: readonly string[],
])[] = [
  ['a balance', pgStack, readThenWrite([]), [`E2 lost_update ${ACCOUNT}`]],
  [
    'REPEATABLE READ in PostgreSQL',
    pgStack,
    readThenWrite(['BEGIN ISOLATION LEVEL REPEATABLE READ'], ['COMMIT']),
    [],
  ],
  [
    'REPEATABLE READ in MySQL, which loses updates',
    mysql,
    readThenWrite(['SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'BEGIN'], ['COMMIT']),
    [`E2 lost_update ${ACCOUNT}`],
  ],
  [
    'SERIALIZABLE in MySQL, told before the transaction begins',
    mysql,
    readThenWrite(['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'BEGIN'], ['COMMIT']),
    [],
  ],
  [
    'a deadlock in MySQL, which says nothing of the level',
    mysql,
    two((at) => [
      step('BEGIN', at, at + 0.1),
      step(SET_BALANCE, at + 0.2, at + 0.3, [9, 2], {
        error: 'Error 1213 (40001): Deadlock found when trying to get lock',
      }),
      step('BEGIN', at + 0.4, at + 0.5),
      step(BALANCE, at + 1, at + 2, [1]),
      step(SET_BALANCE, at + 6, at + 7, [at, 1]),
      step('COMMIT', at + 8, at + 9),
    ]),
    [`E2 lost_update ${ACCOUNT}`],
  ],
  [
    'a savepoint that is kept',
    pgStack,
    readThenWrite(['BEGIN', 'SAVEPOINT a'], ['RELEASE SAVEPOINT a', 'COMMIT']),
    [`E2 lost_update ${ACCOUNT}`],
  ],
  [
    'a savepoint that is gone back to',
    pgStack,
    readThenWrite(['BEGIN', 'SAVEPOINT a'], ['ROLLBACK TO SAVEPOINT a', 'COMMIT']),
    [],
  ],
  [
    'a queue whose jobs are locked',
    pgStack,
    two((at) => [
      step('BEGIN', at, at + 0.1),
      step(
        "SELECT id FROM jobs WHERE status = 'new' LIMIT 1 FOR UPDATE SKIP LOCKED",
        at + 1,
        at + 2,
      ),
      step("UPDATE jobs SET status = 'done' WHERE id = $1", at + 6, at + 7, [at]),
      step('COMMIT', at + 8, at + 9),
    ]),
    [],
  ],
  [
    'a queue whose jobs are not locked: one job is done twice',
    pgStack,
    two((at) => [
      step("SELECT id FROM jobs WHERE status = 'new' LIMIT 1", at + 1, at + 2),
      step("UPDATE jobs SET status = 'done' WHERE id = $1", at + 6, at + 7, [1]),
    ]),
    ['E2 double_submit db:shop.jobs[id=1].status'],
  ],
  [
    'a queue whose jobs are taken by a condition',
    pgStack,
    two((at) => [
      step("SELECT id FROM jobs WHERE status = 'new' LIMIT 1", at + 1, at + 2),
      step("UPDATE jobs SET status = 'done' WHERE id = $1 AND status = 'new'", at + 6, at + 7, [1]),
    ]),
    [],
  ],
  [
    'a row that is looked for by another column, and then written by its id',
    psycopg,
    two((at) => [
      step('SELECT id, balance FROM accounts WHERE user_id = $1', at + 1, at + 2, [9]),
      step(SET_BALANCE, at + 6, at + 7, [at, 1]),
    ]),
    [`E2 lost_update ${ACCOUNT}`],
  ],
  [
    'a row that is looked for by another column, and locked by its id before it is written',
    pgStack,
    [0, 20].map((at) => ({
      route: 'POST /a',
      steps: [
        step('SELECT id, balance FROM accounts WHERE user_id = $1', 1, 2, [9]),
        step('BEGIN', 3, 4),
        step(`${BALANCE} FOR UPDATE`, at + 5, at + 6, [1]),
        step(SET_BALANCE, at + 7, at + 8, [at, 1]),
        step('COMMIT', at + 9, at + 10),
      ],
    })),
    [],
  ],
  [
    'a cart to which an item is added meanwhile',
    pgStack,
    [checkout(sum, setTotal), addItem],
    [ITEMS],
  ],
  [
    'an order of a cart whose items are listed',
    psycopg,
    [
      checkout(
        step('SELECT id, price FROM items WHERE cart_id = $1', 1, 2, [7]),
        step('INSERT INTO orders (cart_id, total) VALUES ($1, $2)', 10, 11, [7, 50]),
      ),
      addItem,
    ],
    [ITEMS],
  ],
  [
    'a cart of which nothing is shown but the path',
    pgStack,
    [checkout(sum, setTotal), addItem].map((request) => ({
      ...request,
      steps: request.steps.map(({ values, ...rest }) => rest),
    })),
    ['E2 check_then_act db:shop.items[cart_id~url].exists'],
  ],
  [
    'another cart',
    pgStack,
    [
      checkout(sum, setTotal),
      { ...addItem, steps: addItem.steps.map((each) => ({ ...each, values: [8, 5] })) },
    ],
    [],
  ],
  [
    'a cart whose items are listed for people only',
    pgStack,
    [
      checkout(
        step('SELECT id, price FROM items WHERE cart_id = $1', 1, 2, [7]),
        step('UPDATE carts SET last_seen_at = $1 WHERE id = $2', 10, 11, ['now', 7]),
      ),
      addItem,
    ],
    [],
  ],
  [
    'a cart in transactions that the database orders',
    pgStack,
    [
      checkout(
        step('BEGIN ISOLATION LEVEL SERIALIZABLE', 0, 0.5),
        sum,
        setTotal,
        step('COMMIT', 12, 13),
      ),
      addItem,
    ],
    [],
  ],
  [
    'a voucher, in transactions that see one snapshot each',
    pgStack,
    two((at) => [
      step('BEGIN ISOLATION LEVEL REPEATABLE READ', at, at + 0.5),
      step('SELECT count(*) FROM uses WHERE code = $1', at + 1, at + 2, ['X']),
      step('INSERT INTO uses (code, member) VALUES ($1, $2)', at + 6, at + 7, ['X', at]),
      step('COMMIT', at + 8, at + 9),
    ]),
    ['E2 check_then_insert db:shop.uses[code=X].exists'],
  ],
  [
    'all fields of a hash, and then one of them',
    redis,
    two((at) => [step('HGETALL cart', at + 1, at + 2), step('HSET cart total 5', at + 4, at + 5)]),
    ['E2 lost_update redis:r:6379/0:cart.total'],
  ],
];

for (const [name, stack, requests, told] of cases) {
  test(name, async () => {
    assert.deepEqual(await toldOf({ stack, requests }), told);
    assert.deepEqual(await toldOf({ stack, requests: requests.toReversed() }), told);
  });
}

test('a cache that is filled from a database is no race', async () => {
  const statement = step('SELECT name FROM items WHERE id = 1', 3, 4, undefined, {
    system: 'postgresql',
  });
  const filled = (set: string) =>
    two((at) => [
      step('GET item:1', at + 1, at + 2),
      { ...statement, from: at + 3, to: at + 4 },
      step(set, at + 5, at + 6),
    ]);
  assert.deepEqual(await toldOf({ stack: redis, requests: filled('SET item:1 pen EX 60') }), []);
  assert.deepEqual(await toldOf({ stack: redis, requests: filled('SET item:1 ? ? ?') }), []);
  assert.deepEqual(await toldOf({ stack: redis, requests: filled('SET item:1 pen') }), [
    'E2 double_submit redis:r:6379/0:item:1',
  ]);
});

const branch = (id: string, at: number, kind: number, more: Partial<StepSketch> = {}): StepSketch =>
  step('', at, at + 12, undefined, { id, kind, name: id, ...more });
const update = (id: string, at: number): readonly StepSketch[] => [
  step(BALANCE, at + 1, at + 2, [1], { in: id }),
  step(SET_BALANCE, at + 6, at + 7, [at, 1], { in: id }),
];
/** One request whose parts A and B begin so. */
const parts = (a: number, b: number, kind = 1, more: Partial<StepSketch> = {}) => [
  {
    route: 'POST /a/{id}',
    path: '/a/1',
    steps: [
      branch('A', a, kind, more),
      branch('B', b, kind, more),
      ...update('A', a),
      ...update('B', b),
    ],
  },
];

test('parts of one request that run at one time are compared as requests are', async () => {
  const lost = [`E2 lost_update ${ACCOUNT}`];
  assert.deepEqual(await toldOf({ stack: pgStack, requests: parts(1, 2) }), lost);
  assert.deepEqual(await toldOf({ stack: pgStack, requests: parts(1, 20) }), []);
  assert.deepEqual(await toldOf({ stack: pgStack, requests: parts(1, 2, 2) }), lost, 'two calls');
  assert.deepEqual(await toldOf({ stack: pgStack, requests: parts(1, 20, 2) }), []);
});

test('what one part reads is no reason of what another one writes beside it', async () => {
  const requests = [0, 1].map((at) => ({
    route: 'POST /a',
    steps: [
      branch('A', at, 1),
      branch('B', at + 0.1, 1),
      step(BALANCE, at + 1, at + 2, [1], { in: 'A' }),
      step(SET_BALANCE, at + 5, at + 6, [at, 1], { in: 'B' }),
    ],
  }));
  assert.deepEqual(await toldOf({ stack: pgStack, requests }), []);
});

test('reads that are made together come before a write after both', async () => {
  const requests = [0, 1].map((at) => ({
    route: 'POST /a',
    steps: [
      step(BALANCE, at + 1, at + 4, [1]),
      step('SELECT name FROM members WHERE id = $1', at + 1.1, at + 4.1, [1]),
      step(SET_BALANCE, at + 7, at + 8, [at, 1]),
    ],
  }));
  assert.deepEqual(await toldOf({ stack: pgStack, requests }), [`E2 lost_update ${ACCOUNT}`]);
});

test('parts of one request have transactions of their own', async () => {
  const serializable = (id: string, at: number, row: number, endAt: number) => [
    step('BEGIN ISOLATION LEVEL SERIALIZABLE', at, at + 0.5, undefined, { in: id }),
    step(BALANCE, at + 1, at + 2, [row], { in: id }),
    step(SET_BALANCE, endAt - 2, endAt - 1, [at, row], { in: id }),
    step('COMMIT', endAt - 0.5, endAt, undefined, { in: id }),
  ];
  const requests = [0, 1].map((at) => ({
    route: 'POST /a',
    steps: [
      branch('A', at, 1),
      branch('B', at + 0.1, 1),
      ...serializable('A', at + 1, 1, at + 6),
      ...serializable('B', at + 1.2, 2, at + 11),
    ],
  }));
  assert.deepEqual(await toldOf({ stack: pgStack, requests }), []);
});

test('rows that nothing tells are E1 when three pairs interleave, and no pair that met does otherwise', async () => {
  const hidden = (at: number) => ({
    route: 'POST /withdraw',
    steps: [step(BALANCE, at + 1, at + 2), step(SET_BALANCE, at + 6, at + 7)],
  });
  const told = (...starts: readonly number[]) =>
    toldOf({ stack: pgStack, requests: starts.map(hidden) });
  const perhaps = ['E1 lost_update db:shop.accounts[id~?].balance'];
  assert.deepEqual(await told(0, 0.1, 0.2), perhaps);
  assert.deepEqual(await told(0, 0.1), [], 'one pair is too few');
  assert.deepEqual(await told(0, 20, 40, 60), [], 'nobody met');
  const locked = [0, 0.1, 0.2].map((at) => ({
    route: 'POST /withdraw',
    steps: [
      step('SELECT pg_advisory_lock(7)', at, 1 + at * 100),
      step(BALANCE, 2 + at * 100, 3 + at * 100),
      step(SET_BALANCE, 5 + at * 100, 6 + at * 100),
      step('SELECT pg_advisory_unlock(7)', 7 + at * 100, 8 + at * 100),
    ],
  }));
  assert.deepEqual(await toldOf({ stack: pgStack, requests: locked }), []);
});

test('one message that is delivered twice is compared as two requests are, and said to be one', async () => {
  const delivered = (at: number, message: string) => ({
    route: 'process orders',
    kind: 5,
    attributes: { 'messaging.system': 'rabbitmq', 'messaging.message.id': message },
    steps: [step(BALANCE, at + 1, at + 2, [1]), step(SET_BALANCE, at + 6, at + 7, [at, 1])],
  });
  const sentences = (...messages: readonly string[]) =>
    sentencesOf({ stack: pgStack, requests: messages.map((each, at) => delivered(at, each)) });
  assert.match((await sentences('m1', 'm1')).join(), /one message, which was delivered twice/);
  const apart = (await sentences('m1', 'm2')).join();
  assert.doesNotMatch(apart, /delivered twice/);
  assert.notEqual(apart, '');
});

test('commands that wait for their answers together are one transaction', async () => {
  const requests = [0, 10].map((at) => ({
    route: 'POST /counters',
    steps: [
      step('WATCH c', 0, 1),
      step('GET c', 1, 2),
      step('MULTI', at + 3, at + 8),
      step('SET c 5', at + 3.1, at + 8.1),
      step('EXEC', at + 3.2, at + 8.2),
    ],
  }));
  assert.deepEqual(await toldOf({ stack: redis, requests }), []);
});
