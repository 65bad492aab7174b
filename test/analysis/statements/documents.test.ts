import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectsText, type SpanAttributes } from './effect-text.ts';

/** Text, what each of its effects is, and what the span tells beside it. */
type Case = readonly [text: string, effects: readonly string[], attributes?: SpanAttributes];

const mongodb: readonly Case[] = [
  [
    '{"find":"accounts","filter":{"_id":"?"},"$db":"shop"}',
    ['read accounts[_id=null] *'],
    { 'db.operation': 'find', 'db.mongodb.collection': 'accounts' },
  ],
  [
    '{"find":"accounts","filter":{"_id":{"$oid":"65a"},"state":"open"}}',
    ['read accounts[_id=65a state=open] *'],
    { 'db.operation.name': 'find' },
  ],
  [
    '{"_id":"?"}',
    ['read accounts[_id=null] *'],
    { 'db.operation': 'find', 'db.mongodb.collection': 'accounts' },
  ],
  [
    '{"condition":{"_id":"65a"},"updates":{"$set":{"balance":90}},"options":{}}',
    ['write accounts[_id=65a] (balance=90)'],
    { 'db.operation': 'updateOne', 'db.mongodb.collection': 'accounts' },
  ],
  [
    '{"update":"accounts","updates":[{"q":{"_id":1,"version":3},"u":{"$set":{"balance":90},"$inc":{"version":1}}}]}',
    ['write accounts[_id=1 version=3] (balance=90,version:own)'],
    { 'db.operation': 'update' },
  ],
  [
    '{"q":{"_id":"?"},"u":{"$set":{"balance":"?"}}}',
    ['write accounts[_id=null] (balance=null)'],
    { 'db.operation': 'update', 'db.mongodb.collection': 'accounts' },
  ],
  [
    '{"findAndModify":"items","query":{"_id":1,"stock":{"$gt":0}},"update":{"$inc":{"stock":-1}}}',
    ['write items[_id=1 if stock] (stock:own)'],
    { 'db.operation': 'findAndModify' },
  ],
  [
    '{"findAndModify":"items","query":{"_id":1},"remove":true}',
    ['delete items[_id=1]'],
    { 'db.operation': 'findAndModify' },
  ],
  [
    '{"update":"users","updates":[{"q":{"email":"a@b"},"u":{"$set":{"n":1}},"upsert":true}]}',
    ['insert users[email=a@b] on conflict update (n=1)'],
    { 'db.operation': 'update' },
  ],
  [
    '{"insert":"users","documents":[{"email":"a@b","n":1}]}',
    ['insert users[email=a@b n=1]'],
    { 'db.operation': 'insert' },
  ],
  [
    '{"delete":"users","deletes":[{"q":{"_id":{"$in":[1,2]}},"limit":0}]}',
    ['delete users[_id=1 | _id=2]'],
    { 'db.operation': 'delete' },
  ],
  [
    '{"aggregate":"lines","pipeline":[{"$match":{"cart":4}},{"$group":{"_id":null}}]}',
    ['read lines[cart=4] * aggregate'],
    { 'db.operation': 'aggregate' },
  ],
  [
    '{"count":"uses","query":{"voucher":"a","$or":[{"x":1}]}}',
    ['read uses[voucher=a if $or] * aggregate'],
    { 'db.operation': 'count' },
  ],
  [
    '{"update":"a","updates":[{"q":{"_id":1},"u":{"balance":5,"owner":"b"}}]}',
    ['write a[_id=1] (balance=5,owner=b)'],
    { 'db.operation': 'update' },
  ],
  ['{"commitTransaction":1}', ['transaction commit'], { 'db.operation': 'commitTransaction' }],
  ['find accounts', ['read accounts[?] *']],
  ['{"ping":1}', [], { 'db.operation': 'ping' }],
  ['{"mapReduce":"a"}', ['unknown other a'], { 'db.operation': 'mapReduce' }],
  [
    '{"__proto__":{"a":1},"find":"t","filter":{"__proto__":5}}',
    ['read t[__proto__=5] *'],
    { 'db.operation': 'find' },
  ],
  [
    '{"find":"a","filter":{"_id":12345678901234567890}}',
    ['read a[_id=12345678901234567890] *'],
    { 'db.operation': 'find' },
  ],
];

const dynamodb: readonly Case[] = [
  [
    '{"TableName":"accounts","Key":{"id":{"S":"1"}}}',
    ['read accounts[id=1] *'],
    { 'rpc.method': 'GetItem' },
  ],
  [
    '{"TableName":"accounts","Key":{"id":"1"},"UpdateExpression":"SET balance = :b, #v = #v + :one REMOVE note ADD hits :one","ConditionExpression":"#v = :old","ExpressionAttributeNames":{"#v":"version"},"ExpressionAttributeValues":{":b":{"N":"90"},":one":{"N":"1"},":old":{"N":"3"}}}',
    ['write accounts[id=1 if version] (balance=90,hits:own,note=null,version:own)'],
    { 'rpc.method': 'UpdateItem' },
  ],
  [
    '{"TableName":"accounts","Key":{"id":"1"},"UpdateExpression":"SET balance = :b","ExpressionAttributeValues":{":b":90}}',
    ['write accounts[id=1] (balance=90)'],
    { 'rpc.method': 'UpdateItem' },
  ],
  [
    '{"TableName":"accounts","Key":{"id":"1"},"UpdateExpression":"SET n = if_not_exists(n, :zero) + :one"}',
    ['write accounts[id=1] (n:own)'],
    { 'rpc.method': 'UpdateItem' },
  ],
  [
    '{"TableName":"accounts","Item":{"id":{"S":"1"},"balance":{"N":"90"}}}',
    ['write accounts[id=1] (balance=90,id=1)'],
    { 'rpc.method': 'PutItem' },
  ],
  [
    '{"TableName":"users","Item":{"email":"a@b"},"ConditionExpression":"attribute_not_exists(email)"}',
    ['insert users[email=a@b] on conflict nothing'],
    { 'rpc.method': 'PutItem' },
  ],
  [
    '{"TableName":"accounts","Key":{"id":"1"}}',
    ['delete accounts[id=1]'],
    { 'rpc.method': 'DeleteItem' },
  ],
  [
    '{"TableName":"lines","KeyConditionExpression":"cart = :c AND created > :d","ExpressionAttributeValues":{":c":"4"}}',
    ['read lines[cart=4 if created] * aggregate'],
    { 'rpc.method': 'Query' },
  ],
  ['{"TableName":"lines"}', ['read lines[] * aggregate'], { 'rpc.method': 'Scan' }],
  [
    '',
    ['read accounts[key=null] *'],
    { 'rpc.method': 'GetItem', 'aws.dynamodb.table_names': ['accounts'] },
  ],
  [
    '',
    ['write accounts[key=null] *'],
    { 'rpc.method': 'PutItem', 'aws.dynamodb.table_names': ['accounts'] },
  ],
  [
    '',
    ['write accounts[key=null] *'],
    { 'rpc.method': 'UpdateItem', 'aws.dynamodb.table_names': ['accounts'] },
  ],
  [
    '',
    ['unknown other'],
    { 'rpc.method': 'BatchWriteItem', 'aws.dynamodb.table_names': ['accounts', 'users'] },
  ],
  ['', [], { 'rpc.method': 'ListTables' }],
];

for (const [system, cases] of Object.entries({ mongodb, dynamodb })) {
  for (const [text, effects, attributes] of cases) {
    test(`${system}: ${text} ${JSON.stringify(attributes)}`, () => {
      assert.deepEqual(effectsText(system, text, attributes), effects);
    });
  }
}
