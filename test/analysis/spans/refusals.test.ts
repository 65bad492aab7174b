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
