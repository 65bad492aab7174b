/** Rows that nothing tells, and a unique index that refuses a second one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  pgStack,
  type RequestSketch,
  type Stack,
  step,
  toldOf,
} from '../../support/invented-requests.ts';

const hidden: Stack = { ...pgStack, scope: 'opentelemetry.instrumentation.psycopg' };
const ROW = /E1 \w+ db:shop\.users\[email~\?\]\.exists/;

const signup = (at: number, error?: string, rest: RequestSketch['steps'] = []): RequestSketch => ({
  route: 'POST /signup',
  steps: [
    step('SELECT id FROM users WHERE email = %s', at, at + 1),
    step('INSERT INTO users (email) VALUES (%s)', at + 8, at + 9, undefined, {
      ...(error === undefined ? {} : { error }),
    }),
    ...rest,
  ],
});
const three = [signup(0), signup(1), signup(2)];
const tells = async (...others: readonly RequestSketch[]) =>
  (await toldOf({ stack: hidden, requests: [...three, ...others] })).join();

test('where a second row is refused meanwhile, a unique index decides', async () => {
  for (const error of [
    'duplicate key value violates unique constraint "users_email_key" (SQLSTATE 23505)',
    "Duplicate entry 'a@b' for key 'users.email'",
    'Violation of UNIQUE KEY constraint. Cannot insert duplicate key in object',
    'UNIQUE constraint failed: users.email',
  ]) {
    assert.equal(await tells(signup(3, error)), '', error);
  }
  const rollback = [step('ROLLBACK', 13, 14)];
  assert.equal(await tells(signup(3, 'ERROR (SQLSTATE 23505)', rollback)), '');
});

test('where nothing is refused, or something else, or at another time, it is told', async () => {
  assert.match(await tells(), ROW);
  assert.match(await tells(signup(3, 'ERROR (SQLSTATE 23503)')), ROW);
  assert.match(await tells(signup(5000, 'ERROR (SQLSTATE 23505)')), ROW);
});
