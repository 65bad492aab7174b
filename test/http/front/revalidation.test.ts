import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';

test('what a reader has already is not sent again, until something changes', async (t) => {
  const { app } = await testApp(t);
  const send = (trace: string) =>
    app.inject({ method: 'POST', url: '/events', payload: { events: [wireEvent({ trace })] } });
  await send('a');
  const urls = [
    '/api/traces',
    '/api/traces/a',
    '/api/traces/a/summary',
    '/api/traces/a/timeline',
    '/api/traces/facets',
    '/api/traces/histogram?since=2024-01-01T00:00:00Z&until=2024-01-02T00:00:00Z',
    '/api/races',
    '/api/races/facets',
    '/api/variables',
    '/api/services',
    '/api/operations',
  ];
  const tags = new Map<string, string>();
  for (const url of urls) {
    const { headers, body } = await app.inject({ url });
    const tag = String(headers.etag);
    assert.match(tag, /^"[\w-]{22}"$/, url);
    tags.set(url, tag);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await app.inject({ url, headers: { 'if-none-match': known } });
      assert.deepEqual([again.statusCode, again.body], [304, ''], url);
      assert.equal(again.headers.etag, tag);
      assert.equal(again.headers['content-type'], undefined);
    }
    const other = await app.inject({ url, headers: { 'if-none-match': '"other"' } });
    assert.deepEqual([other.statusCode, other.body], [200, body], url);
  }
  await send('b');
  for (const url of ['/api/traces', '/api/traces/facets', '/api/services']) {
    const { statusCode } = await app.inject({
      url,
      headers: { 'if-none-match': tags.get(url) ?? '' },
    });
    assert.equal(statusCode, 200, url);
  }
});

test('a tag opens nothing: who may not read is told so, and failures have none', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const url = '/api/traces';
  const { headers } = await app.inject({ url, headers: { authorization: `Bearer ${KEY}` } });
  const refused = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } });
  assert.equal(refused.statusCode, 401);
  assert.equal(refused.headers['cache-control'], 'no-store');
  assert.equal(refused.headers.etag, undefined);
  const none = await app.inject({
    url: '/api/traces/none',
    headers: { authorization: `Bearer ${KEY}` },
  });
  assert.deepEqual([none.statusCode, none.headers.etag], [404, undefined]);
});

test('what is compressed keeps its tag', async (t) => {
  const { app } = await testApp(t);
  const events = Array.from({ length: 40 }, (_, at) => wireEvent({ trace: `t-${at}`, at }));
  await app.inject({ method: 'POST', url: '/events', payload: { events } });
  const url = '/api/traces?page_size=40';
  const plain = await app.inject({ url });
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(packed.headers.etag, plain.headers.etag);
});
