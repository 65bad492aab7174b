import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectsText, type SpanAttributes } from './effect-text.ts';

/** Text, what each of its effects is, and what the span reveals of the parameters. */
type Case = readonly [text: string, effects: readonly string[], attributes?: SpanAttributes];

const mysql: readonly Case[] = [
  [
    'SELECT `balance` FROM `shop`.`accounts` WHERE `id` = ? FOR UPDATE',
    ['read shop.accounts[id=null] (balance) exclusive'],
  ],
  [
    'SELECT balance FROM accounts WHERE id = 5 LOCK IN SHARE MODE',
    ['read accounts[id=5] (balance) shared'],
  ],
  [
    'SELECT balance FROM accounts WHERE id = 5 FOR SHARE SKIP LOCKED',
    ['read accounts[id=5] (balance) shared'],
  ],
  [
    'select a1_0.id,a1_0.balance from account a1_0 where a1_0.id=? for update',
    ['read account[id=null] (balance,id) exclusive'],
  ],
  [
    "SELECT `User`.`id`, `User`.`name` AS `n` FROM `Users` AS `User` WHERE `User`.`email` = 'a@b' AND `User`.`age` > 18 ORDER BY `User`.`id` DESC LIMIT 1",
    ['read users[email=a@b if age] (age,id,name)'],
  ],
  [
    'SELECT `accounts`.* FROM `accounts` WHERE `accounts`.`id` = 1 LIMIT 1',
    ['read accounts[id=1] *'],
  ],
  [
    'SELECT DISTINCT a, count(*) AS n FROM t USE INDEX (i) LEFT OUTER JOIN u ON u.t_id = t.id WHERE t.id IN (1, 2) GROUP BY a HAVING n > 1',
    ['read t[id=1 | id=2] (a,n) aggregate', 'read u[t_id=1 | t_id=2] (a,n) aggregate'],
  ],
  [
    'SELECT a FROM t JOIN u USING (id) WHERE t.b = 1',
    ['read t[b=1 if id] (a,id)', 'read u[ if id] (a,id)'],
  ],
  [
    'SELECT t.a FROM t, u WHERE t.id = u.t_id AND u.id = "7"',
    ['read t[ if id] (a,id)', 'read u[id=7 if t_id] (t_id)'],
  ],
  [
    "SELECT COUNT(DISTINCT x), GROUP_CONCAT(y ORDER BY z SEPARATOR ',') FROM t WHERE d BETWEEN 1 AND 2 AND NOT e IN (1) AND f NOT LIKE 'a%'",
    ['read t[ if d if e if f] (d,e,f,x,y,z) aggregate'],
  ],
  [
    'SELECT CASE WHEN stock > 0 THEN 1 ELSE 0 END FROM items WHERE id = -5',
    ['read items[id=-5] (stock)'],
  ],
  [
    'SELECT a FROM t WHERE b = (SELECT max(b) FROM t) AND EXISTS (SELECT 1 FROM u WHERE u.id = 3)',
    ['read t[] (b) aggregate', 'read u[id=3] () aggregate', 'read t[ if b] (a,b)'],
  ],
  [
    '(SELECT a FROM t WHERE id = 1) UNION ALL (SELECT a FROM u WHERE id = 2) ORDER BY a',
    ['read u[id=2] (a)', 'read t[id=1] (a)'],
  ],
  ['SELECT 1', []],
  [
    'SELECT DATE_ADD(a, INTERVAL 1 DAY), CAST(b AS SIGNED), IF(c, 1, 2) FROM t WHERE id = 1',
    ['read t[id=1] (a,b,c)'],
  ],
  ["SELECT GET_LOCK('order', 10)", ['lock advisory order exclusive until session try']],
  ["SELECT RELEASE_LOCK('order')", ['unlock advisory order']],
  ['DO RELEASE_ALL_LOCKS()', ['unlock advisory all']],
  [
    'UPDATE accounts SET balance = ?, version = version + 1 WHERE id = ? AND version = ?',
    ['write accounts[id=7 version=2] (balance=5,version:own)'],
    { 'db.query.parameter.0': '5', 'db.query.parameter.1': '7', 'db.query.parameter.2': '2' },
  ],
  [
    'UPDATE `items` SET `stock` = `stock` - 1, updated = NOW() WHERE `id` = 1 AND `stock` > 0 LIMIT 1',
    ['write items[id=1 if stock] (stock:own,updated:other)'],
  ],
  [
    'UPDATE accounts a JOIN users u ON u.id = a.user_id SET a.balance = 5 WHERE u.id = 3',
    ['read users[id=3] ()', 'write accounts[user_id=3] (balance=5)'],
  ],
  [
    'UPDATE accounts SET balance = %s WHERE id = %s',
    ['write accounts[id=1] (balance=100)'],
    { 'db.statement.parameters': '[100, 1]' },
  ],
  [
    "INSERT INTO users (email, name) VALUES ('a@b', ?) ON DUPLICATE KEY UPDATE name = VALUES(name), n = n + 1",
    ['insert users[email=a@b name=null] on conflict update (n:own,name=null)'],
  ],
  [
    "INSERT IGNORE INTO users (email) VALUES ('a@b'), ('c@d')",
    ['insert users[email=a@b | email=c@d] on conflict nothing'],
  ],
  ["INSERT INTO users SET email = 'a@b', n = 1", ['insert users[email=a@b n=1]']],
  ["REPLACE INTO users (email) VALUES ('a@b')", ['insert users[email=a@b] on conflict replace']],
  [
    'INSERT INTO users (email) SELECT email FROM old WHERE id = 3',
    ['read old[id=3] (email)', 'insert users[?]'],
  ],
  ["DELETE FROM sessions WHERE id = 'x' LIMIT 1", ['delete sessions[id=x]']],
  [
    'DELETE s FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.id = 3',
    ['read users[id=3] ()', 'delete sessions[user_id=3]'],
  ],
  ['START TRANSACTION WITH CONSISTENT SNAPSHOT', ['transaction begin']],
  ['BEGIN', ['transaction begin']],
  ['COMMIT', ['transaction commit']],
  ['ROLLBACK TO SAVEPOINT sp1', ['transaction rollback to sp1']],
  ['SAVEPOINT sp1', ['transaction savepoint sp1']],
  [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ['transaction session read committed'],
  ],
  ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', ['transaction isolation serializable']],
  [
    "SET @@session.transaction_isolation = 'REPEATABLE-READ'",
    ['transaction session repeatable read'],
  ],
  ["SET GLOBAL transaction_isolation = 'SERIALIZABLE'", []],
  ['SET autocommit=0', ['transaction begin']],
  ['SET NAMES utf8mb4', []],
  [
    'LOCK TABLES accounts WRITE, users READ',
    ['lock table accounts exclusive until session', 'lock table users shared until session'],
  ],
  ['UNLOCK TABLES', ['unlock table all']],
  ['TRUNCATE TABLE t', ['delete t[]']],
  ['SHOW WARNINGS', []],
  ['CALL pay(1)', ['unknown other']],
  ['/*!40001 SELECT 1 */', ['unknown other']],
  ['SELECT a FROM t WHERE', ['unknown select t']],
  [
    'WITH x AS (SELECT id FROM t WHERE b = 1) SELECT u.a FROM x JOIN u ON u.t = x.id',
    ['read t[b=1] (id)', 'read u[ if t] (a,t)'],
  ],
  ['SELECT * FROM t NATURAL JOIN u', ['unknown select t']],
  [
    'SELECT a FROM t WHERE (b, c) = (1, 2) OR (d = 1 AND e = 2)',
    ['read t[ if b if c if d if e] (a,b,c,d,e)'],
  ],
  [
    "SELECT a FROM t WHERE b <=> 3 AND c = 'it''s' AND d = \"x\\\"y\"",
    ['read t[b=3 c=it\'s d=x"y] (a)'],
  ],
  [
    'SELECT a # note\nFROM t WHERE id = :id',
    ['read t[id=4] (a)'],
    { 'db.query.parameter.id': '4' },
  ],
  ['SELECT a FROM t WHERE id = 1 /*!80000 FOR UPDATE */', ['unknown select t']],
];

const sqlServer: readonly Case[] = [
  [
    'SELECT [balance] FROM [dbo].[Accounts] WITH (UPDLOCK, ROWLOCK) WHERE [Id] = @id',
    ['read dbo.accounts[id=3] (balance) exclusive'],
    { 'db.query.parameter.@id': '3' },
  ],
  [
    'SELECT TOP(1) [a].[Id], [a].[Balance] FROM [Accounts] AS [a] WHERE [a].[Id] = @__id_0',
    ['read accounts[id=null] (balance,id)'],
  ],
  [
    'SELECT balance FROM accounts WITH (HOLDLOCK) WHERE id = 1',
    ['read accounts[id=1] (balance) shared'],
  ],
  ['SELECT balance FROM accounts WITH (NOLOCK) WHERE id = 1', ['read accounts[id=1] (balance)']],
  [
    'SET IMPLICIT_TRANSACTIONS OFF; SET NOCOUNT ON; UPDATE [Items] SET [Stock] = @p0 OUTPUT 1 WHERE [Id] = @p1 AND [Version] = @p2;',
    ['write items[id=null version=null] (stock=null)'],
  ],
  [
    'UPDATE a SET a.Balance = a.Balance - 5 FROM Accounts a INNER JOIN Users u ON u.Id = a.UserId WHERE u.Id = 3',
    ['read users[id=3] ()', 'write accounts[userid=3] (balance:own)'],
  ],
  [
    "INSERT INTO [Users] ([Email]) OUTPUT INSERTED.[Id] VALUES (N'a@b')",
    ['insert users[email=a@b]'],
  ],
  [
    "MERGE INTO Users WITH (HOLDLOCK) AS t USING (VALUES ('a')) AS s (Email) ON t.Email = s.Email WHEN MATCHED THEN UPDATE SET N = t.N + 1 WHEN NOT MATCHED THEN INSERT (Email) VALUES (s.Email);",
    ['insert users[?] on conflict update (n:own)'],
  ],
  ['DELETE TOP (1) FROM Jobs WHERE Id = 1', ['delete jobs[id=1]']],
  ['BEGIN TRANSACTION', ['transaction begin']],
  ['BEGIN TRAN pay', ['transaction begin']],
  ['SAVE TRANSACTION sp', ['transaction savepoint sp']],
  ['ROLLBACK TRAN', ['transaction rollback']],
  ['IF @@TRANCOUNT > 0 COMMIT TRAN', ['transaction commit']],
  ['IF EXISTS (SELECT 1 FROM t) UPDATE t SET a = 1', ['unknown other']],
  ['SET TRANSACTION ISOLATION LEVEL SNAPSHOT', ['transaction session snapshot']],
  [
    "EXEC sp_getapplock @Resource = 'order', @LockMode = 'Exclusive', @LockOwner = 'Session'",
    ['lock advisory order exclusive until session'],
  ],
  ["exec sys.sp_releaseapplock @Resource = N'order'", ['unlock advisory order']],
  ['EXEC pay 1', ['unknown other']],
  ['BEGIN TRY UPDATE t SET a = 1 END TRY', ['unknown other']],
  ['SELECT a FROM t ORDER BY id OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY', ['read t[] (a)']],
  ['DECLARE @x INT; SELECT a FROM t', ['unknown other']],
  ['SELECT a FROM db..t WHERE b = 1 OPTION (RECOMPILE)', ['read db.t[b=1] (a)']],
];

const sqlite: readonly Case[] = [
  [
    'SELECT "balance" FROM "accounts" WHERE "id" = ?1',
    ['read accounts[id=3] (balance)'],
    { 'db.query.parameter.0': '3' },
  ],
  [
    "INSERT OR IGNORE INTO users (email) VALUES ('a@b')",
    ['insert users[email=a@b] on conflict nothing'],
  ],
  [
    "INSERT OR REPLACE INTO users (email) VALUES ('a@b')",
    ['insert users[email=a@b] on conflict replace'],
  ],
  [
    "INSERT INTO users (email, n) VALUES ('a@b', 1) ON CONFLICT (email) DO UPDATE SET n = n + 1 WHERE n < 5 RETURNING id",
    ['insert users[email=a@b n=1] on conflict update (n:own)'],
  ],
  ['BEGIN IMMEDIATE', ['transaction begin serializable']],
  ['UPDATE OR ABORT t SET a = 1 WHERE b == 2', ['write t[b=2] (a=1)']],
  ['PRAGMA foreign_keys = ON', []],
  ['END', ['transaction commit']],
];

for (const [system, cases] of Object.entries({
  mysql,
  'microsoft.sql_server': sqlServer,
  sqlite,
})) {
  for (const [text, effects, attributes] of cases) {
    test(`${system}: ${text.replace(/\s+/g, ' ')}`, () => {
      assert.deepEqual(effectsText(system, text, attributes), effects);
    });
  }
}

test('a text of PostgreSQL that its parser refuses is read as those of other stores are', () => {
  const text = 'SELECT a FROM t WHERE id = ? AND created > now() - interval ?';
  assert.deepEqual(effectsText('postgresql', text), ['read t[id=null if created] (a,created)']);
});
