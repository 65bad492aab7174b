import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { startServer } from '../../src/server.ts';
import { load } from '../support/config.ts';
import { wireEvent } from '../support/events.ts';

test('a server stores no value of the headers, tags and paths that its configuration names', async (t) => {
  const toml = '[privacy]\nredact_tags = ["email"]\nredact_paths = ["kind.*.body.password"]';
  const { config } = load({ toml });
  const settings = { ...config, server: { ...config.server, port: 0 } };
  const server = await startServer(settings, pino({ level: 'silent' }));
  t.after(() => server.close());
  const payload = {
    method: 'POST',
    url: '/login',
    headers: { Authorization: 'Bearer canary', 'X-API-Key': 'canary', accept: '*/*' },
    body: { password: 'canary', name: 'n' },
  };
  const event = wireEvent({ trace: 't', kind: 'HttpRequest', payload, tags: { email: 'canary' } });
  const posted = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event] }),
  });
  assert.equal(posted.status, 200);
  for (const path of ['/api/traces/t', '/api/traces/t/events', '/api/traces']) {
    const text = await (await fetch(server.url + path)).text();
    assert.doesNotMatch(text, /canary/, path);
  }
  const withTag = async (tag: string) => {
    const reply = await fetch(`${server.url}/api/traces?tag=${encodeURIComponent(tag)}`);
    return (JSON.parse(await reply.text()) as { data: { total_traces: number } }).data.total_traces;
  };
  // The analysis notes tags; nothing else waits here.
  await fetch(`${server.url}/api/races`);
  assert.equal(await withTag('email:canary'), 0);
  assert.equal(await withTag('email:[redacted]'), 1);
  const page = await (await fetch(`${server.url}/api/traces/t/events`)).text();
  assert.deepEqual(JSON.parse(page).data.events[0].kind.HttpRequest, {
    ...payload,
    headers: { Authorization: '[redacted]', 'X-API-Key': '[redacted]', accept: '*/*' },
    body: { password: '[redacted]', name: 'n' },
  });
});
