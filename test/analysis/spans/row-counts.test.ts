/** How many rows a statement found, as the value of whether there is one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RequestSketch,
  type Stack,
  type StepSketch,
  step,
  toldOf,
} from '../../support/invented-requests.ts';

/** Its clock cuts to milliseconds, and tells of none of these pairs which came first. */
const node: Stack = {
  system: 'postgresql',
  scope: '@opentelemetry/instrumentation-pg',
  language: 'nodejs',
  attributes: { 'db.namespace': 'shop' },
};
const LOOK = 'SELECT id FROM users WHERE email = $1 LIMIT 1';
const INSERT = 'INSERT INTO users (email) VALUES ($1)';
const PROVEN = 'E3 check_then_insert db:shop.users[email=a@b].exists';

const signup = (
  at: number,
  rows: number | undefined,
  look: Partial<StepSketch> & { readonly values?: readonly (string | number)[] } = {},
  email = 'a@b',
): RequestSketch => ({
  route: 'POST /signup',
  steps: [
    {
      ...step(LOOK, at, at + 4, [email]),
      ...(rows === undefined ? {} : { rows }),
      ...look,
    },
    step(INSERT, at + 4, at + 7, [email], { rows: 1 }),
  ],
});
const told = async (...requests: readonly RequestSketch[]) =>
  (await toldOf({ stack: node, requests })).filter((line) => /^E[23]/.test(line));

test('two that both found none and then added one did not know of each other, whatever the clock', async () => {
  assert.deepEqual(await told(signup(0, 0), signup(3, 0)), [PROVEN]);
  assert.deepEqual(await told(signup(3, 0), signup(0, 0)), [PROVEN]);
});

test('nothing is proven where one of them found it, or does not say, or looked for another', async () => {
  for (const [one, two] of [
    [signup(0, 0), signup(3, undefined)],
    [signup(0, 0), signup(3, 1)],
    [signup(0, 0), signup(3, 0, {}, 'c@d')],
    [signup(0, 0), signup(300, 0)],
  ] as const) {
    assert.deepEqual(await told(one, two), []);
  }
});

test('a statement that may leave out what is there has found nothing out', async () => {
  for (const text of [
    'SELECT id FROM users WHERE email = $1 LIMIT 1 OFFSET 1',
    'SELECT id FROM users WHERE email = $1 AND deleted_at IS NULL',
    'SELECT id FROM users WHERE email = $1 AND age > 3',
    'SELECT email FROM users WHERE email = $1 GROUP BY email HAVING count(*) > 1',
    'SELECT u.id FROM users u JOIN plans p ON p.user_id = u.id WHERE u.email = $1',
    'SELECT id FROM users WHERE email = $1 FOR UPDATE SKIP LOCKED',
    'SELECT id FROM users WHERE email = $1 LIMIT 0',
  ]) {
    const lines = await told(signup(0, 0, { text }), signup(3, 0, { text }));
    assert.ok(!lines.includes(PROVEN), `${text}: ${lines.join()}`);
  }
});

test('what somebody took out meanwhile may have been there before', async () => {
  const removal: RequestSketch = {
    route: 'DELETE /signup',
    steps: [step('DELETE FROM users WHERE email = $1', 5, 6, ['a@b'], { rows: 1 })],
  };
  assert.ok(!(await told(signup(0, 0), signup(6, 0), removal)).includes(PROVEN));
});
