import assert from 'node:assert/strict';
import { test } from 'node:test';
import { variablePattern } from '../../../src/analysis/accesses/variables.ts';
import { rowOf, rowsOf } from '../../../src/analysis/spans/row.ts';
import { rowCertaintyOf } from '../../../src/domain/findings/row-certainty.ts';

const accounts = { schema: 'public', name: 'accounts' };
const equal = (column: string, value: string | null) => ({ column, value });

test('a row is named by the id of its table, else by all that is equal', () => {
  const named = (...equals: readonly ReturnType<typeof equal>[]) =>
    rowsOf('db:shop.', accounts, { equals: [equals], conditions: [] }, null).map(
      ({ name }) => name,
    );
  assert.deepEqual(named(equal('id', '1'), equal('tenant', '7')), ['db:shop.accounts[id=1]']);
  assert.deepEqual(named(equal('account_id', '1')), ['db:shop.accounts[account_id=1]']);
  assert.deepEqual(named(equal('email', 'a@b.c'), equal('kind', 'x, y')), [
    'db:shop.accounts[email=a@b.c,kind="x, y"]',
  ]);
  assert.deepEqual(named(), ['db:shop.accounts']);
});

test('a row that no statement shows is hinted at by the path, or not known', () => {
  const hinted = rowOf('db:shop.', accounts, [equal('id', null)], '1');
  assert.equal(hinted.name, 'db:shop.accounts[id~url]');
  assert.equal(hinted.hint, '1');
  const exact = rowOf('db:shop.', accounts, [equal('id', '1')], '1');
  assert.equal(hinted.identity, exact.identity, 'a literal and a placeholder may mean one row');
  const unknown = rowOf('db:shop.', accounts, [equal('id', null)], null);
  const redacted = rowOf('db:shop.', accounts, [equal('id', '[redacted]')], null);
  assert.deepEqual([unknown.name, redacted.name], Array(2).fill('db:shop.accounts[id~?]'));
});

test('the name of a variable says how surely its row is known', () => {
  const certainties = {
    'db:shop.accounts[id=1].balance': 'exact',
    'db:shop.accounts[id~url].balance': 'hinted',
    'db:shop.accounts[id~?].balance': 'unknown',
    'db:shop.accounts[~?].balance': 'unknown',
    'db:shop.accounts[name="a~?"].balance': 'exact',
    'redis:cache:6379/0:~?': 'unknown',
    'redis:cache:6379/0:counter': 'exact',
    'cart.total': 'exact',
  };
  for (const [variable, certainty] of Object.entries(certainties)) {
    assert.equal(rowCertaintyOf(variable), certainty, variable);
  }
});

test('the values of rows are no part of the pattern of a variable', () => {
  const patterns = {
    'db:shop.users[email=a@b.c].exists': 'db:shop.users[email=*].exists',
    'db:shop.users[email="a]b",id=7].x': 'db:shop.users[email=*,id=*].x',
    'db:shop.users[id~url].x': 'db:shop.users[id~url].x',
    'db:shop.users[email="open': 'db:shop.users[email="open',
    'cart[user=bob]': 'cart[user=bob]',
  };
  for (const [variable, pattern] of Object.entries(patterns)) {
    assert.equal(variablePattern(variable), pattern);
  }
});
