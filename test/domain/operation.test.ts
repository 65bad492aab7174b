import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  namedOperation,
  requestOperation,
  statementOperation,
} from '../../src/domain/event/operation.ts';
import { rootPrefix } from '../../src/domain/trace/trace-query.ts';
import { records, wireEvent } from '../support/events.ts';

/** Paths, and the routes that they are of. */
const routes: readonly (readonly [path: string, route: string])[] = [
  ['/orders/17?page=2', '/orders/*'],
  ['/api/v2/orders/17/items#top', '/api/v2/orders/*/items'],
  ['/users/6F9619FF-8b86-4d01-b42d-00c04fc964ff/cart', '/users/*/cart'],
  ['/users/{6f9619ff-8b86-4d01-b42d-00c04fc964ff}', '/users/*'],
  ['https://shop.example:8080/orders/order-17', '/orders/order-*'],
  ['http://shop.example', '/'],
  ['', '/'],
  ['/', '/'],
  // Names with digits.
  ...['/lookup2', '/work2', '/v1/status', '/api/v2.1/x', '/oauth2/token', '/s3/list', '/i18n'].map(
    (path) => [path, path] as const,
  ),
  ...['/ipv4', '/k8s/pods', '/2fa', '/web3', '/getV2UserAccount', '/decade/deadbeef'].map(
    (path) => [path, path] as const,
  ),
  // Ids.
  ['/users/user_42', '/users/user_*'],
  ['/users/user42', '/users/user*'],
  ['/users/u123', '/users/*'],
  ['/seats/A17', '/seats/*'],
  ['/seats/B2', '/seats/*'],
  ['/days/2024-01-31', '/days/*'],
  ['/blobs/9f86d081884c7d659a2feaa0c55ad015', '/blobs/*'],
  ['/blobs/507f1f77bcf86cd799439011', '/blobs/*'],
  ['/commits/3f2a9c1', '/commits/*'],
  ['/notes/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/notes/*'],
  ['/notes/01HZZZZZZZZZZZZZZZZZZZZZZZ', '/notes/*'],
  ['/videos/dQw4w9WgXcQ', '/videos/*'],
  [`/tokens/${'x'.repeat(41)}`, '/tokens/*'],
  ['/people/bob@shop.example', '/people/*'],
  ['/Orders(17)', '/Orders(*)'],
  ['/page;jsessionid=AB12', '/page'],
  ['/files/17.png', '/files/*.png'],
  // Written in other ways.
  ['/orders/%31%37', '/orders/*'],
  ['/caf%C3%A9', '/café'],
  ['/search/two%20words', '/search/*'],
  ['/files/a%2Fb', '/files/*'],
  ['/odd/%zz', '/odd/*'],
  // As frameworks write routes.
  ...['/orders/{id}', '/orders/:id', '/orders/<int:id>'].map(
    (path) => [path, '/orders/*'] as const,
  ),
];

test('the operation of a request is its method and its route', () => {
  for (const [path, route] of routes) {
    assert.equal(requestOperation('get', path), `GET ${route}`, path);
    assert.equal(requestOperation('get', route), `GET ${route}`, 'a route is its own route');
  }
  const long = requestOperation('GET', '/word'.repeat(800));
  assert.equal(long.length, 256);
  assert.notEqual(long, requestOperation('GET', '/word'.repeat(700)));
});

test('an event goes by the route of its request and keeps the text', () => {
  const payload = { method: 'POST', url: '/orders/17?page=2', headers: {}, body: null };
  const [event] = records([wireEvent({ kind: 'HttpRequest', payload })]);
  assert.equal(event?.operation, 'POST /orders/*');
  assert.deepEqual(JSON.parse(event?.payload ?? ''), payload);
});

test('a search for a request looks for its route', () => {
  for (const [text, root] of [
    ['GET /orders/17?page=2', 'GET /orders/*'],
    ['get /orders/17', 'GET /orders/*'],
    ['post http://shop.example/orders/17', 'POST /orders/*'],
    ['GET /ord', 'GET /ord'],
    ['GET', 'GET'],
    ['GET ', 'GET '],
    ['load 17', 'load 17'],
    ['17', '17'],
  ] as const) {
    assert.equal(rootPrefix(text), root);
  }
});

test('the operation of a statement is its text without values and comments', () => {
  for (const [statement, operation] of [
    ['SELECT * FROM t1 WHERE id = 17', 'SELECT * FROM t1 WHERE id = ?'],
    ["SELECT  a\n FROM t WHERE name = 'O''Neil' ;", 'SELECT a FROM t WHERE name = ?'],
    ['SELECT a FROM t WHERE id IN ($1, $2,$3)', 'SELECT a FROM t WHERE id IN (?)'],
    ['INSERT INTO t VALUES (1, 2), (3, 4.5)', 'INSERT INTO t VALUES (?)'],
    ['INSERT INTO t VALUES (%s, %s)', 'INSERT INTO t VALUES (?)'],
    ["/* trace='1' */ SELECT 1 -- why\n", 'SELECT ?'],
    ["UPDATE t SET a = 'unfinished", 'UPDATE t SET a = ?'],
    ['SELECT x::int FROM t LIMIT 10', 'SELECT x::int FROM t LIMIT ?'],
    ['', ''],
  ]) {
    assert.equal(statementOperation(statement as string), operation);
  }
  const repeated = `SELECT '${"''".repeat(400_000)}`;
  assert.equal(statementOperation(repeated), 'SELECT ?');
  const lists = `SELECT ${'(?, ?), '.repeat(100_000)}`;
  assert.ok(statementOperation(lists).startsWith('SELECT (?)'));
  for (const [name, operation] of [
    ['work-17', 'work-*'],
    ['load2', 'load2'],
    ['mail.send(user 42)', 'mail.send(user *)'],
  ] as const) {
    assert.equal(namedOperation(name), operation);
  }
});
