import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { generateKey } from '../../src/keys/key-format.ts';
import { loadAnswerMessage } from '../../src/mcp/load.ts';
import { post, type TestApp, type TestAppOptions, testApp } from '../support/app.ts';
import { access, wireEvent } from '../support/events.ts';
import { namedKey } from '../support/keys.ts';

const [readKey, ingestKey] = [generateKey(), generateKey()];
const keys = [
  namedKey(readKey, { name: 'assistant', scopes: ['read'] }),
  namedKey(ingestKey, { name: 'shop', scopes: ['ingest'] }),
];

async function listening(t: TestContext, options: TestAppOptions = {}) {
  const answerAssistant = await loadAnswerMessage('0.0.0');
  const test = await testApp(t, {
    answerAssistant,
    ...options,
    server: { auth_enabled: true, keys, ...options.server },
  });
  const url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...test, url };
}

/** A client of the official library. */
async function connected(t: TestContext, url: string, headers: Record<string, string>) {
  const client = new Client({ name: 'test', version: '0.0.0' });
  t.after(() => client.close());
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers },
  });
  // The type of a session id in the library is not that of its own interface.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return client;
}

async function told(client: Client, name: string, given: Record<string, unknown> = {}) {
  const { content, isError } = await client.callTool({ name, arguments: given });
  const [part] = content as { type: string; text: string }[];
  return { text: part?.text ?? '', isError: isError === true };
}

function raced(trace: string, value: number) {
  return wireEvent({
    trace,
    service: 'shop',
    kind: 'StateChange',
    payload: access('db:stock', 'Write', { new_value: value }),
  });
}

const ask = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

function asked(test: TestApp, headers: Record<string, string>, body: unknown = ask) {
  return test.app.inject({
    method: 'POST',
    url: '/mcp',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

test('the official client asks over HTTP with a key that can only read', async (t) => {
  const { url, app } = await listening(t);
  const headers = { authorization: `Bearer ${readKey}` };
  const stored = await post(app, [raced('one', 1)], { authorization: `Bearer ${ingestKey}` });
  assert.equal(stored.statusCode, 200);
  const client = await connected(t, url, headers);
  const { tools } = await client.listTools();
  assert.equal(tools.length, 10);
  assert.match((await told(client, 'list_services')).text, /^1 services:[\s\S]*shop \| 1 events/);
  assert.match((await told(client, 'find_traces', { text: 'one' })).text, /^1 traces match/);
  const since = await told(client, 'changes_since', { since: '2020-01-01T00:00:00Z' });
  assert.equal(since.text, 'No race is new, back or resolved since then.');
  const missing = await told(client, 'explain_race', { fingerprint: 'f'.repeat(16) });
  assert.deepEqual([missing.isError, /no race/.test(missing.text)], [true, true]);
});

test('without a key, with one that cannot read, and from a foreign page nobody asks', async (t) => {
  const test = await listening(t);
  const authorization = `Bearer ${readKey}`;
  const page = 'https://pages.example';
  assert.equal((await asked(test, {})).statusCode, 401);
  assert.equal((await asked(test, { authorization: `Bearer ${ingestKey}` })).statusCode, 403);
  const foreign = await asked(test, { authorization, origin: page });
  assert.deepEqual([foreign.statusCode, foreign.json().code], [403, 'forbidden']);
  assert.equal((await asked(test, { authorization, origin: 'null' })).statusCode, 403);
  const own = { authorization, host: 'raceway.test', origin: 'http://raceway.test' };
  assert.equal((await asked(test, own)).statusCode, 200);
  await assert.rejects(connected(t, test.url, {}));
});

test('a server without keys answers to its own names alone', async (t) => {
  const test = await listening(t, { server: { auth_enabled: false, keys: [] } });
  assert.equal((await asked(test, { host: 'evil.example' })).statusCode, 421);
  const rebound = { host: '127.0.0.1', origin: 'http://evil.example' };
  assert.equal((await asked(test, rebound)).statusCode, 403);
  assert.equal((await asked(test, { host: '127.0.0.1' })).statusCode, 200);
});

test('one message at a time, small, and no session', async (t) => {
  const test = await listening(t);
  const authorization = `Bearer ${readKey}`;
  const statusOf = async (body: unknown, headers = {}) =>
    (await asked(test, { authorization, ...headers }, body)).statusCode;
  assert.equal(await statusOf([ask, ask]), 400);
  assert.equal(await statusOf('text'), 400);
  assert.equal(await statusOf({ ...ask, params: { x: 'x'.repeat(70_000) } }), 413);
  assert.equal(await statusOf(ask, { accept: 'text/html' }), 406);
  assert.equal(await statusOf(ask, { 'mcp-protocol-version': 'none' }), 400);
  assert.equal(await statusOf({ jsonrpc: '2.0', method: 'notifications/initialized' }), 202);
  for (const method of ['GET', 'DELETE'] as const) {
    const reply = await test.app.inject({ method, url: '/mcp', headers: { authorization } });
    assert.equal(reply.statusCode, 405);
  }
  const reply = await asked(test, { authorization });
  assert.equal(reply.headers['mcp-session-id'], undefined);
  assert.equal(reply.json().result.tools.length, 10);
});

test('it is off until it is turned on', async (t) => {
  const test = await testApp(t, { server: { auth_enabled: true, keys } });
  const reply = await asked(test, { authorization: `Bearer ${readKey}` });
  assert.deepEqual([reply.statusCode, reply.json().code], [404, 'not_found']);
});
