import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { post, testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';
import { listening } from '../support/http.ts';

test('every method of HTTP that a path does not have is 405 with Allow, in the envelope', async (t) => {
  const { app } = await testApp(t);
  const client = await listening(app);
  // CONNECT has no path.
  const methods = METHODS.filter((method) => method !== 'CONNECT');
  for (const method of methods) {
    const reply = await client.send({ method, path: '/metrics' });
    if (['GET', 'HEAD'].includes(method)) {
      assert.equal(reply.status, 200);
      continue;
    }
    assert.equal(reply.status, 405, method);
    assert.equal(reply.headers['allow'], 'GET, HEAD', method);
    if (method === 'TRACE' || reply.text === '') continue;
    const { code, error } = JSON.parse(reply.text);
    assert.equal(code, 'method_not_allowed');
    assert.ok(error.includes(`not ${method}`), error);
  }
});

test('an odd method with a body of any kind is 405 all the same', async (t) => {
  const { app } = await testApp(t);
  const client = await listening(app);
  for (const method of ['QUERY', 'PROPFIND', 'REPORT']) {
    if (!METHODS.includes(method)) continue;
    const headers = { 'content-type': 'application/xml' };
    const reply = await client.send({ method, path: '/api/traces', headers, body: '<a/>' });
    assert.equal(reply.status, 405, method);
    const next = await client.send({ path: '/health' });
    assert.equal(next.status, 200);
  }
});

test('every trace id can be read and erased by clients that follow the URL standard', async (t) => {
  const { app, storage } = await testApp(t);
  const ids = [
    '.',
    '..',
    '%2e',
    '%2E%2e',
    '%252e',
    '...',
    '.a',
    'a/..',
    '/',
    '%',
    '?',
    ' ',
    '..%2f',
  ];
  await post(
    app,
    ids.map((trace) => wireEvent({ trace })),
  );
  for (const id of ids) {
    // One more escape for what consists of escaped dots alone.
    const escaped = encodeURIComponent(id);
    const isDots = /^(?:\.|%(?:25)*2e){1,2}$/i.test(escaped);
    const segment = isDots ? escaped.replaceAll('.', '%2e').replaceAll('%', '%25') : escaped;
    const { pathname } = new URL(`http://a/api/traces/${segment}`);
    const reply = await app.inject(pathname);
    assert.equal(reply.statusCode, 200, id);
    assert.equal(reply.json().data.trace_id, id);
    const events = await app.inject(`${pathname}/events?limit=5`);
    assert.equal(events.json().data.events[0].trace_id, id);
    const erased = await app.inject({ method: 'DELETE', url: pathname });
    assert.equal(erased.statusCode, 200, id);
  }
  assert.equal((await storage.listTraces(everyTrace)).total, 0);
});
