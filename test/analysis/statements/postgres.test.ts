import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectsText, type SpanAttributes } from './effect-text.ts';

/** Text, what each of its effects is, and what the span reveals of the parameters. */
type Case = readonly [text: string, effects: readonly string[], attributes?: SpanAttributes];

const cases: readonly Case[] = [
  [
    'SELECT balance FROM accounts WHERE id = $1 FOR UPDATE',
    ['read accounts[id=1] (balance) exclusive'],
    { 'db.postgresql.values': ['1'] },
  ],
  [
    'SELECT balance FROM accounts WHERE id = $1 FOR NO KEY UPDATE NOWAIT',
    ['read accounts[id=null] (balance) exclusive'],
  ],
  ['SELECT balance FROM accounts WHERE id = 1 FOR SHARE', ['read accounts[id=1] (balance) shared']],
  ['SELECT balance FROM accounts WHERE id = 1 FOR KEY SHARE', ['read accounts[id=1] (balance)']],
  [
    'SELECT balance, version FROM accounts WHERE id = ?',
    ['read accounts[id=7] (balance,version)'],
    { 'db.query.parameter.0': '7' },
  ],
  [
    "SELECT balance FROM accounts WHERE id = ? AND kind = 'a'",
    ['read accounts[id=null kind=a] (balance)'],
    { 'db.query.parameter.0': '7', 'db.query.parameter.1': '8' },
  ],
  [
    'SELECT balance FROM accounts WHERE id = %(a)s FOR UPDATE',
    ['read accounts[id=1] (balance) exclusive'],
    { 'db.statement.parameters': "{'a': 1}" },
  ],
  [
    'SELECT id FROM users WHERE email = %(e)s AND id IN %(ids)s',
    ['read users[email=x@y id=1 | email=x@y id=2] (id)'],
    { 'db.statement.parameters': "{'e': 'x@y', 'ids': (1, 2)}" },
  ],
  [
    "SELECT * FROM items WHERE note LIKE '%s%' AND id = %s",
    ['read items[id=3 if note] *'],
    { 'db.statement.parameters': '(3,)' },
  ],
  ['SELECT count(*) FROM uses WHERE voucher_id = 1', ['read uses[voucher_id=1] () aggregate']],
  [
    'SELECT sum(price * quantity) AS total FROM cart_items WHERE cart_id = $1',
    ['read cart_items[cart_id=null] (price,quantity) aggregate'],
  ],
  ["SELECT EXISTS (SELECT 1 FROM users WHERE email = 'a')", ['read users[email=a] () aggregate']],
  [
    'SELECT a.balance, b.*, count(*) FROM shop.accounts a JOIN b ON a.id = b.aid WHERE a.id = $1 AND b.x IN (1, 2) AND a.c = ANY($2) FOR UPDATE OF a',
    [
      'read shop.accounts[c=3 id=7 | c=4 id=7] (balance) aggregate exclusive',
      'read b[aid=7 x=1 | aid=7 x=2] * aggregate',
    ],
    { 'db.query.parameter.0': '7', 'db.query.parameter.1': '[3,4]' },
  ],
  [
    'SELECT o.total FROM orders o LEFT JOIN lines l ON l.order_id = o.id WHERE o.id = 4',
    ['read orders[id=4] (total)', 'read lines[order_id=4] ()'],
  ],
  [
    'SELECT total FROM orders JOIN lines ON order_id = orders.id WHERE id = 4',
    [
      'read orders[ if id if order_id] (id,order_id,total)',
      'read lines[ if id if order_id] (id,order_id,total)',
    ],
  ],
  [
    'SELECT a FROM t WHERE (a, b) = (1, 2) AND NOT c AND d IS NULL',
    ['read t[a=1 b=2 if c if d] (a,c,d)'],
  ],
  ['SELECT a FROM t WHERE id = 1 OR id = 2', ['read t[id=1 | id=2] (a)']],
  ['SELECT a FROM t WHERE id = 1 OR b = 2', ['read t[ if b if id] (a,b,id)']],
  [
    'SELECT a FROM t WHERE id = 1 UNION ALL SELECT a FROM u WHERE id = 2',
    ['read t[id=1] (a)', 'read u[id=2] (a)'],
  ],
  [
    'SELECT "public"."Account"."id", "public"."Account"."balance" FROM "public"."Account" WHERE ("public"."Account"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3',
    ['read public.Account[id=null] (balance,id)'],
  ],
  [
    'SELECT "Account"."id" AS "Account_id" FROM "account" "Account" WHERE (("Account"."id" = $1)) LIMIT 1',
    ['read account[id=null] (id)'],
  ],
  [
    'SELECT a1_0.id, a1_0.balance FROM account a1_0 WHERE a1_0.id = ? FOR NO KEY UPDATE',
    ['read account[id=null] (balance,id) exclusive'],
  ],
  [
    'UPDATE accounts SET balance = %s, version = version + 1 WHERE id = %s AND version = %s',
    ['write accounts[id=1 version=a] (balance=9990,version:own)'],
    { 'db.statement.parameters': "(9990, 1, 'a')" },
  ],
  [
    'UPDATE accounts SET balance = %s WHERE id = %s AND rate = %s',
    ['write accounts[id=-2 rate=1.5] (balance=null)'],
    { 'db.statement.parameters': '(Jsonb(3), Int4(-2), Float8(1.5))' },
  ],
  [
    'UPDATE accounts SET balance = balance - $1 WHERE id = $2',
    ['write accounts[id=1] (balance:own)'],
    { 'pgx.query.parameters': ['10', '1'] },
  ],
  [
    'UPDATE items SET stock = stock - 1 WHERE id = $1 AND stock > 0',
    ['write items[id=null if stock] (stock:own)'],
  ],
  [
    'UPDATE t AS x SET a = a - $1, (b, c) = (1, 2) FROM u WHERE x.id = u.id AND u.id = 5 AND stock > 0 RETURNING a',
    ['read u[id=5 if stock] (a,stock)', 'write t[id=5 if stock] (a:own,b=1,c=2)'],
  ],
  [
    'UPDATE t SET a = (SELECT max(b) FROM u WHERE u.t = 3), d = now(), e = NULL WHERE id = 2',
    ['read u[t=3] (b) aggregate', 'write t[id=2] (a:other,d:other,e=null)'],
  ],
  [
    'UPDATE users SET name = COALESCE($1, name) WHERE id = $2',
    ['write users[id=2] (name=Ann)'],
    { 'db.postgresql.values': ['Ann', '2'] },
  ],
  [
    "WITH c AS (UPDATE jobs SET state = 'run' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id) SELECT * FROM c JOIN d ON d.job = c.id",
    ['read jobs[state=new] (id) exclusive', 'write jobs[ if id] (state=run)', 'read d[ if job] *'],
  ],
  [
    'INSERT INTO users(email) VALUES ($1)',
    ['insert users[email=a@example.com]'],
    { 'db.query.parameter.0': 'a@example.com' },
  ],
  [
    "INSERT INTO t(a, b) VALUES ($1, 'x'), (2, DEFAULT) ON CONFLICT (a) DO UPDATE SET b = excluded.b, n = t.n + 1",
    ['insert t[a=null b=x | a=2 b=null] on conflict update (b=null,n:own)'],
  ],
  [
    "INSERT INTO t(a, b) VALUES ('q', 'x') ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    ['insert t[a=q b=x] on conflict update (b=x)'],
  ],
  ['INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING', ['insert t[?] on conflict nothing']],
  [
    "INSERT INTO t(a, b) SELECT 1, 'x' WHERE NOT EXISTS (SELECT 1 FROM t WHERE a = 1)",
    ['read t[a=1] () aggregate', 'insert t[a=1 b=x]'],
  ],
  ['INSERT INTO t(a) SELECT b FROM u WHERE c = 1', ['read u[c=1] (b)', 'insert t[?]']],
  ["DELETE FROM sessions WHERE id = 'x' AND expires < now()", ['delete sessions[id=x if expires]']],
  [
    'DELETE FROM lines USING orders WHERE lines.order_id = orders.id AND orders.id = 3',
    ['read orders[id=3] ()', 'delete lines[order_id=3]'],
  ],
  [
    'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1)',
    ['read s[ if id] (id)', 'insert t[?] on conflict update (a=1)'],
  ],
  ['TRUNCATE a, b', ['delete a[]', 'delete b[]']],
  [
    'SELECT pg_advisory_xact_lock($1, 2)',
    ['lock advisory 9,2 exclusive until transaction'],
    { 'db.postgresql.values': ['9'] },
  ],
  [
    "SELECT pg_try_advisory_lock(hashtext('a'))",
    ['lock advisory hashtext(a) exclusive until session try'],
  ],
  ['SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;', ['unlock advisory all']],
  [
    'LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE',
    ['lock table accounts exclusive until transaction'],
  ],
  ['LOCK TABLE accounts IN ROW EXCLUSIVE MODE', []],
  ['BEGIN ISOLATION LEVEL SERIALIZABLE', ['transaction begin serializable']],
  [
    'START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
    ['transaction begin repeatable read'],
  ],
  [
    'BEGIN; UPDATE a SET b = 1 WHERE c = 2; COMMIT AND CHAIN',
    ['transaction begin', 'write a[c=2] (b=1)', 'transaction commit', 'transaction begin'],
  ],
  ['SAVEPOINT a', ['transaction savepoint a']],
  ['ROLLBACK TO SAVEPOINT a', ['transaction rollback to a']],
  ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', ['transaction isolation serializable']],
  [
    'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ['transaction session read committed'],
  ],
  ["SET default_transaction_isolation = 'serializable'", ['transaction session serializable']],
  ['SET search_path TO shop', []],
  ['PREPARE p AS SELECT 1', []],
  ['DECLARE c CURSOR FOR SELECT a FROM b WHERE c = 1', ['read b[c=1] (a)']],
  ['/* route=/a */ SELECT a FROM b -- here', ['read b[] (a)']],
  ["SELECT a FROM b WHERE c = $tag$it's$tag$ AND d = E'it\\'s'", ["read b[c=it's d=it's] (a)"]],
  ['EXECUTE p(1)', ['unknown other']],
  ['selec a from b', ['unknown other']],
  ['SELECT a FROM accounts WHERE (', ['unknown select accounts']],
  ["SELECT a FROM b WHERE c = 1 /*traceparent='00-1'*/", ['read b[c=1] (a)']],
];

for (const [text, effects, attributes] of cases) {
  test(`PostgreSQL: ${text.replace(/\s+/g, ' ')}`, () => {
    assert.deepEqual(effectsText('postgresql', text, attributes), effects);
  });
}
