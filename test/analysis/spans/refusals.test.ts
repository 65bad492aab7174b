/** Transactions that a store keeps in an order without telling, but for those that it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  pgStack,
  type RequestSketch,
  type Stack,
  type StepSketch,
  step,
  toldOf,
} from '../../support/invented-requests.ts';

const psycopg: Stack = { ...pgStack, scope: 'opentelemetry.instrumentation.psycopg' };
const READ = 'SELECT balance FROM accounts WHERE id = %s';
const WRITE = 'UPDATE accounts SET balance = %s WHERE id = %s';
const ACCOUNT = 'db:shop.accounts[id=1].balance';

const attempt = (at: number, error?: string): readonly StepSketch[] => [
  step(READ, at, at + 2, [1]),
  step(WRITE, at + 6, at + 8, [at, 1], error === undefined ? {} : { error }),
];
const request = (...attempts: readonly (readonly StepSketch[])[]): RequestSketch => ({
  route: 'POST /a/{id}',
  path: '/a/1',
  steps: attempts.flat(),
});
const route = (name: string, { steps }: RequestSketch): RequestSketch => ({
  route: `POST /a/{id}/${name}`,
  path: `/a/1/${name}`,
  steps,
});

/** The second begins to read before the first has written: no clock tells whether it saw that. */
const first = request(attempt(0));
const second = request(attempt(7));
const refused = request(attempt(1, 'ERROR (SQLSTATE 40001)'), attempt(20));

test('what a store refuses to others it keeps in order also for those that it does not refuse', async () => {
  for (const requests of [
    [first, second, refused],
    [refused, second, first],
  ]) {
    assert.deepEqual(await toldOf({ stack: psycopg, requests }), []);
  }
});

test('where nobody was refused, or at another time, or another request, it is told', async () => {
  const long = request(attempt(1000, 'ERROR (SQLSTATE 40001)'), attempt(1020));
  const deadlocked = request(attempt(1, 'ERROR (SQLSTATE 40P01)'), attempt(20));
  for (const requests of [
    [first, second],
    [first, second, long],
    [first, second, deadlocked],
    [first, route('other', second), refused],
  ]) {
    const told = await toldOf({ stack: psycopg, requests });
    assert.match(told.join(), new RegExp(`E1 \\w+ ${ACCOUNT.replace(/[[\].]/g, '\\$&')}`));
  }
});

const mysql: Stack = {
  ...pgStack,
  system: 'mysql',
  scope: 'opentelemetry.instrumentation.pymysql',
};
const DEADLOCK = "(1213, 'Deadlock found when trying to get lock; try restarting transaction')";
const CHANGED = '(1020, "Record has changed since last read in table \'accounts\'")';

test('a deadlock of MySQL at the first write shows that plain reads took locks', async () => {
  const deadlocked = request(attempt(1, DEADLOCK), attempt(20));
  for (const requests of [
    [first, second, deadlocked],
    [deadlocked, second, first],
  ]) {
    assert.deepEqual(await toldOf({ stack: mysql, requests }), []);
  }
});

test('a deadlock after another lock, or of rows that nobody had read, shows nothing', async () => {
  const audit = step('INSERT INTO audit (note) VALUES (%s)', 0, 0.5, ['x']);
  const locked = step('SELECT name FROM owners WHERE id = %s FOR UPDATE', 0, 0.5, [4]);
  const other = step('SELECT name FROM owners WHERE id = %s', 1, 3, [4]);
  const range = 'UPDATE accounts SET balance = %s WHERE owner = %s';
  for (const tried of [
    [audit, ...attempt(1, DEADLOCK)],
    [locked, ...attempt(1, DEADLOCK)],
    [other, step(WRITE, 7, 9, [5, 1], { error: DEADLOCK })],
    [step(READ, 1, 3, [1]), step(range, 7, 9, [5, 1], { error: DEADLOCK })],
  ]) {
    const requests = [first, second, request(tried, attempt(20))];
    assert.match((await toldOf({ stack: mysql, requests })).join(), /E1 \w+ db:shop.accounts/);
  }
});

test('MariaDB that refuses changes of what changed since loses no update, and lets rows be added', async () => {
  const refused = request(attempt(1, CHANGED), attempt(20));
  assert.deepEqual(await toldOf({ stack: mysql, requests: [first, second, refused] }), []);
  const lookup = (at: number) => [
    step('SELECT id FROM uses WHERE code = %s', at, at + 2, ['a']),
    step('INSERT INTO uses (code) VALUES (%s)', at + 6, at + 8, ['a']),
  ];
  const redeems = [0, 1].map((at) => request(attempt(at, CHANGED), lookup(20 + at)));
  const told = await toldOf({ stack: mysql, requests: redeems });
  assert.match(told.join(), /E2 check_then_insert db:shop\.uses\[code=a\]\.exists/);
});
