import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remediesFor } from '../../../src/analysis/issues/remedies.ts';
import { type Pattern, patterns } from '../../../src/domain/findings/finding.ts';
import { remedyKinds } from '../../../src/domain/findings/remedy.ts';

const row = 'db:shop.accounts[id=*].balance';

function remediesOf(pattern: Pattern, variable: string, location: string, isProcess = false) {
  const site = { service: 'web', location, access_type: 'Write', locks: [] } as const;
  const scope = isProcess ? 'process' : 'shared';
  return remediesFor({ pattern, variable, scope, sites: [site, site] });
}

function kindsOf(...asked: Parameters<typeof remediesOf>): string {
  return remediesOf(...asked)
    .map(({ kind }) => kind)
    .join(' ');
}

const select = 'POST /pay: SELECT balance FROM accounts WHERE id = ?';

test('each pattern in a database that speaks SQL has ways of its own', () => {
  const expected: Readonly<Record<Pattern, string>> = {
    lost_update: 'atomic_update row_lock version_check serializable',
    write_write: 'atomic_update row_lock version_check serializable',
    check_then_act: 'atomic_update row_lock serializable',
    check_then_insert: 'unique_index serializable',
    double_submit: 'idempotency_key unique_index',
    write_skew: 'serializable common_row',
    dirty_read: 'committed_read',
    non_repeatable_read: 'snapshot row_lock',
    read_write: 'snapshot row_lock',
  };
  for (const pattern of patterns) assert.equal(kindsOf(pattern, row, select), expected[pattern]);
});

test('the means are those of the store that the race was seen in', () => {
  const cases: readonly (readonly [variable: string, location: string, kinds: string])[] = [
    ['redis:127.0.0.1:6379/0:stock', 'GET stock', 'script watch key_lock'],
    ['http:docs.local:/docs/1', 'PUT /docs/1', 'if_match'],
    [row, 'UpdateItem DynamoDB', 'atomic_update conditional_write'],
    [row, 'POST /pay: find accounts', 'atomic_update version_check'],
    ['s3:bucket/key', 'put', 'conditional_write key_lock'],
    ['counter', 'counter.ts:3', 'mutex atomic_update'],
  ];
  for (const [variable, location, kinds] of cases) {
    assert.equal(kindsOf('lost_update', variable, location), kinds, variable);
  }
  assert.equal(kindsOf('lost_update', row, select, true), 'mutex atomic_update');
});

test('examples are in the dialect and name the row where that is safe', () => {
  const example = (location: string, kind: string, pattern: Pattern = 'lost_update') =>
    remediesOf(pattern, row, location).find((remedy) => remedy.kind === kind)?.example;
  assert.equal(
    example(select, 'atomic_update'),
    'UPDATE accounts SET balance = balance - :change WHERE id = :id',
  );
  assert.equal(
    example(select, 'row_lock'),
    'BEGIN; SELECT balance FROM accounts WHERE id = :id FOR UPDATE; UPDATE …; COMMIT',
  );
  assert.equal(
    example('POST /pay: SELECT x FROM [Accounts]', 'row_lock'),
    'BEGIN TRANSACTION; SELECT balance FROM accounts WITH (UPDLOCK, ROWLOCK) WHERE id = :id; UPDATE …; COMMIT',
  );
  assert.match(
    example('SELECT x FROM `accounts`', 'unique_index', 'check_then_insert') ?? '',
    /INSERT IGNORE INTO accounts/,
  );
});

test('nothing is taken off a column that holds no number, as far as its name tells', () => {
  const example = (column: string, pattern: Pattern, location = select) =>
    remediesOf(pattern, `db:shop.orders[id=*].${column}`, location).find(
      ({ kind }) => kind === 'atomic_update',
    )?.example ?? '';
  const places = [select, 'POST /pay: find orders', 'UpdateItem DynamoDB'];
  for (const column of [
    'status',
    'user_name',
    'paidStatus',
    'seen_at',
    'updatedAt',
    'valid_until',
  ]) {
    for (const pattern of ['lost_update', 'check_then_act', 'write_write'] as const) {
      for (const place of places) {
        assert.match(example(column, pattern, place), new RegExp(`\\b${column}\\b`));
        assert.doesNotMatch(example(column, pattern, place), / - :|\$inc|>=|\$gte/, column);
      }
    }
  }
  assert.match(example('seen_at', 'write_write'), /SET seen_at = CURRENT_TIMESTAMP/);
  assert.match(example('status', 'lost_update'), /SET status = :new .* AND status = :read$/);
  for (const column of ['balance', 'stock', 'seats', 'state_count', 'rate']) {
    assert.match(example(column, 'lost_update'), /- :change/, column);
  }
});

test('a row that a person named by hand has its names in the example', () => {
  const [first] = remediesOf('lost_update', 'db:shop.accounts.balance', 'pay.ts:3');
  assert.match(first?.example ?? '', /^UPDATE accounts SET balance = balance - /);
  const [other] = remediesOf('lost_update', 'db:accounts:7', 'pay.ts:3');
  assert.match(other?.example ?? '', /^UPDATE the_table SET the_column = /);
});

test('names that are no plain words stand in no example', () => {
  const hostile = ['db:shop.a"; DROP TABLE b;--[id=*].c', 'db:`x`[<b>=*].y', 'db:t[a=1]'];
  for (const variable of hostile) {
    for (const pattern of patterns) {
      for (const { kind, example, title, text } of remediesOf(pattern, variable, select)) {
        assert.ok(remedyKinds.includes(kind));
        assert.doesNotMatch(`${example}${title}${text}`, /DROP|<b>|`x`/);
      }
    }
  }
});

test('a lock that one side lacks is the first thing to try, then what the store has', () => {
  const site = (location: string, ...locks: string[]) => ({
    ...{ service: 's', location, access_type: 'Write' as const },
    locks: locks.map((name) => ({ name, mode: 'exclusive' as const })),
  });
  const [held, bare] = [site('src/a.js:1', 'L'), site('src/b.js:2')];
  const firstOf = (...sites: ReturnType<typeof site>[]) => {
    const [first] = remediesFor({ pattern: 'lost_update', variable: row, scope: 'shared', sites });
    return [first?.kind, first?.title, first?.text];
  };
  const missing = [
    'same_lock',
    'Take L at b.js:2 too.',
    'From before the read to after the write: the other side already does.',
  ];
  assert.deepEqual(firstOf(held, bare), missing);
  assert.deepEqual(firstOf(bare, held), missing);
  assert.deepEqual(firstOf(site('a', 'M'), bare, site('b', 'L')).slice(1), [
    'Take the same lock on both sides.',
    'Now one holds M, and the other L.',
  ]);
  assert.deepEqual(firstOf(site('a', 'M', 'L'), held)[1], 'Hold L from the read to the write.');
  assert.equal(firstOf(bare, bare)[0], 'atomic_update');
});
