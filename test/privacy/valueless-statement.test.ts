/** Statements for those who are to see no value of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valuelessStatement } from '../../src/domain/event/valueless-statement.ts';

/** With the same stand-in for all values, and for the digits of names. */
function without(text: string, system = ''): string {
  return valuelessStatement(text, system, {
    value: (value) => (/^\d+$/.test(value) ? '0' : 'v'),
    number: () => '0',
    name: (name) => name.replace(/\d+/g, '0'),
  });
}

const statements: readonly (readonly [text: string, left: string, system?: string])[] = [
  ["SELECT a FROM t WHERE id = 'secret'", "SELECT a FROM t WHERE id = 'v'"],
  ["SELECT 'a''secret', N'secret', X'AB', $1", "SELECT 'v', N'v', X'v', $1"],
  ["SELECT 'never closed, secret", "SELECT 'v'"],
  ["SELECT 1 WHERE a = 'it\\'s secret' AND b = 'secret'", "SELECT 0 WHERE a = 'v'"],
  ["SELECT 'ends\\', 'secret'", "SELECT 'v'"],
  ['SELECT $$secret$$, $a$secret$$a$, a$b, $1', "SELECT 'v', 'v', a$b, $1"],
  ['SELECT $a$never closed, secret', "SELECT 'v'"],
  ['SELECT 0xDEADBEEF, 1e5, .5, -3.25, t1.a', 'SELECT 0, 0, 0, -0, t1.a'],
  ['/* a /* b */ secret */ SELECT 1', ' '],
  ['SELECT 1 /* secret */ -- secret', 'SELECT 0    '],
  ['SELECT 1 /* secret', 'SELECT 0  '],
  ['# secret\nSELECT 1', ' \nSELECT 0'],
  ["SELECT a #> 'secret' FROM t", "SELECT a #> 'v' FROM t"],
  ['SELECT 1 # secret', 'SELECT 0  ', 'mysql'],
  ['UPDATE "t" SET "a" = "t"."b" WHERE "c" = $1', 'UPDATE "t" SET "a" = "t"."b" WHERE "c" = $1'],
  ['UPDATE t SET a = "secret" WHERE b = "a secret"', 'UPDATE t SET a = "v" WHERE b = "v"'],
  ['INSERT INTO t VALUES ("secret")', 'INSERT INTO t VALUES ("v")', 'mariadb'],
  ["SELECT `it's`, 'secret', \"secret\"", "SELECT `it's`, 'v', \"v\""],
  ["SELECT \"it's\".a, 'secret'", 'SELECT "v".a, \'v\'', 'postgresql'],
  ['SET session:1 secret EX 60 NX', 'SET session:0 v EX 0 NX'],
  ['set session:1 "a secret"', 'set session:0 v', 'redis'],
  ['HSET user:1 password secret', 'HSET user:0 v v'],
  ['AUTH secret', 'AUTH v'],
  ['CONFIG SET requirepass secret', 'CONFIG v v v'],
  ['MSET a:1 secret b:2 secret', 'MSET a:0 v b:0 v'],
  ['MGET a:1 b:2', 'MGET a:0 b:0'],
  ['EVAL "return secret" 2 a:1 b:2 secret', 'EVAL v 2 a:0 b:0 v'],
  ['WATCH a:1\nGET a:1\nSET a:1 secret', 'WATCH a:0\nGET a:0\nSET a:0 v'],
  ['GET ?', 'GET ?'],
  [
    '{"find":"users","filter":{"email":"secret","age":17,"_id":"?"},"$db":"shop"}',
    '{"find":"users","filter":{"email":"v","age":0,"_id":"?"},"$db":"shop"}',
  ],
  ['{"TableName":"t","Key":{"id":{"S":"secret"}}}', '{"TableName":"t","Key":{"id":{"S":"v"}}}'],
  ['{"filter":{"a":"cut off, secret', '{"filter":{"a":"v"'],
  ["{email: 'secret', id: ObjectId(64feab)}", '{email: "v", id: ObjectId(0)}'],
];

test('a statement keeps its names and loses its values', () => {
  for (const [text, left, system] of statements) {
    assert.equal(without(text, system), left, text);
    assert.doesNotMatch(without(text, system), /secret/);
  }
});

test('statements of beginnings alone are read too', () => {
  const beginnings = ["'", '"', '`', '$a$', '/*', '/* /*', '{"', "{'", "'\\\\", '0x', 'SET "'];
  for (const beginning of beginnings) {
    const text = `SELECT ${beginning.repeat(20_000)}`;
    for (const one of [text, `{${text}`]) {
      assert.ok(without(one).length <= 2 * one.length);
      assert.ok(without(one, 'redis').length <= 2 * one.length);
    }
  }
});
