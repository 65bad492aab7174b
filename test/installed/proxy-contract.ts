import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { TestTerminal } from '../support/cli.ts';
import { freshId, wireEvent } from '../support/events.ts';
import { freePort } from './daemon.ts';
import { type Ask, begin, fetchFrom, handshake, publicName } from './https-client.ts';

/** The key of the server behind the proxy. */
export const apiKey = '4f1c0f9a6f7b4d0c9b7e2a5d8c3e6f10';
const origin = 'https://app.company.com';
const hsts = 'max-age=63072000';
const mebibyte = 2 ** 20;
const recordings = new URL('../fixtures/sdk-traffic/', import.meta.url);

/** A proxy with the shipped files in front of a port of 127.0.0.1. */
export interface Proxy {
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly ca: string;
}

export type StartProxy = (t: TestContext, upstreamPort: number) => Promise<Proxy>;

/** The tests that every shipped proxy passes. */
export function proxyContract(name: string, skip: string | false, start: StartProxy): void {
  const proxied = (what: string, run: (t: TestContext) => Promise<void>) =>
    test(`${name}: ${what}`, { skip }, run);

  proxied('SDK recordings arrive whole', async (t) => {
    const { ask } = await racewayBehind(t, start);
    for (const file of readdirSync(recordings)) {
      for (const line of readFileSync(new URL(file, recordings), 'utf8').trim().split('\n')) {
        const { headers, body } = JSON.parse(line);
        const reply = await fetchFrom({
          ...ask('/events', `127.1.0.${1 + (file.length % 9)}`),
          method: 'POST',
          headers: sdkHeaders(headers),
          body: JSON.stringify(body),
        });
        assert.equal(reply.status, 200, `${file}: ${reply.text}`);
        const { accepted, duplicates, rejected_count: rejected } = JSON.parse(reply.text).data;
        assert.deepEqual([accepted + duplicates, rejected], [body.events.length, 0], file);
      }
    }
  });

  proxied('the client’s address is right, and a spoofed one is ignored', async (t) => {
    const { ask, terminal } = await racewayBehind(t, start);
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
    };
    await fetchFrom({ ...ask('/status', '127.0.0.7'), headers });
    const clients = terminal.logLines.map((line) => JSON.parse(line)).filter(({ route }) => route);
    assert.deepEqual(
      clients.map(({ route, client }) => [route, client]),
      [['/status', '127.0.0.7']],
    );
    assert.ok(!terminal.everything().includes('203.0.113.9'));
  });

  proxied('TLS 1.2 and 1.3 only, HSTS once', async (t) => {
    const { ask, proxy } = await racewayBehind(t, start);
    assert.equal(await handshake(proxy.httpsPort, 'TLSv1.2'), 'TLSv1.2');
    assert.equal(await handshake(proxy.httpsPort, 'TLSv1.3'), 'TLSv1.3');
    await assert.rejects(handshake(proxy.httpsPort, 'TLSv1.1'));
    await assert.rejects(handshake(proxy.httpsPort, 'TLSv1'));
    for (const path of ['/health', '/status', '/nowhere']) {
      const { headers } = await fetchFrom(ask(path));
      assert.equal(headers['strict-transport-security'], hsts, path);
    }
  });

  proxied('a POST to http:// is sent to https:// by 308, which keeps its body', async (t) => {
    const { proxy } = await racewayBehind(t, start);
    const path = '/events?a=b';
    const reply = await fetchFrom({ port: proxy.httpPort, path, method: 'POST', body: '{}' });
    assert.equal(reply.status, 308);
    const location = new URL(reply.headers.location ?? '');
    const { protocol, hostname, pathname, search } = location;
    assert.deepEqual([protocol, hostname, pathname + search], ['https:', publicName, path]);
  });

  proxied('a batch of 16 MiB is accepted, and what is larger is refused readably', async (t) => {
    const { ask } = await racewayBehind(t, start);
    const send = (bytes: number) =>
      fetchFrom({
        ...ask('/events'),
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          origin,
        },
        body: batchOf(bytes),
      });
    const whole = await send(16 * mebibyte);
    assert.equal(whole.status, 200, whole.text.slice(0, 500));
    assert.equal(JSON.parse(whole.text).data.rejected_count, 0);
    // The first is refused by Raceway, the second by the proxy.
    for (const bytes of [16 * mebibyte + 1000, 18 * mebibyte]) {
      const reply = await send(bytes);
      assert.equal(reply.status, 413, reply.text);
      assert.equal(JSON.parse(reply.text).code, 'too_large');
      assert.equal(reply.headers['access-control-allow-origin'], origin);
    }
  });

  proxied('a stream is not buffered', async (t) => {
    let finish = () => {};
    const upstream = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"first":true}\n');
      finish = () => response.end('{"complete":true,"count":1}\n');
    });
    const { proxy } = await proxyBefore(t, start, upstream);
    const response = await begin({
      port: proxy.httpsPort,
      ca: proxy.ca,
      path: '/api/traces/t/events',
    });
    const parts: string[] = [];
    // The rest is only sent after the first line has come through.
    for await (const part of response.setEncoding('utf8')) {
      parts.push(part);
      if (parts.length === 1) finish();
    }
    assert.equal(parts.join(''), '{"first":true}\n{"complete":true,"count":1}\n');
  });

  proxied('T1: a stream that is cut lacks its last line, so that a client can tell', async (t) => {
    const upstream = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"first":true}\n', () => setImmediate(() => response.destroy()));
    });
    const { proxy } = await proxyBefore(t, start, upstream);
    const path = '/api/traces/t/events';
    const response = await begin({ port: proxy.httpsPort, ca: proxy.ca, path });
    let text = '';
    try {
      for await (const part of response.setEncoding('utf8')) text += part;
    } catch {
      // Better still: the proxy passed on that it was cut.
    }
    assert.ok(!text.includes('complete'));
  });

  proxied('T16: a server that is away is a failure in the envelope, for pages too', async (t) => {
    const proxy = await start(t, await freePort());
    const reply = await fetchFrom({
      ...{ port: proxy.httpsPort, ca: proxy.ca, path: '/events', method: 'POST', body: '{}' },
      headers: { origin },
    });
    assert.equal(reply.status, 502);
    const { success, data, code, retry_after: seconds } = JSON.parse(reply.text);
    assert.deepEqual([success, data, code, seconds], [false, null, 'unavailable', 1]);
    assert.equal(reply.headers['retry-after'], '1');
    assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
    assert.equal(reply.headers['access-control-allow-origin'], origin);
    assert.equal(reply.headers['strict-transport-security'], hsts);
    const stranger = await fetchFrom({
      ...{
        port: proxy.httpsPort,
        ca: proxy.ca,
        path: '/',
        headers: { origin: 'https://x.example' },
      },
    });
    assert.equal(stranger.headers['access-control-allow-origin'], undefined);
  });
}

/** Raceway itself behind a proxy, which reaches it from 127.0.0.1; clients have other addresses. */
export async function racewayBehind(t: TestContext, start: StartProxy) {
  const terminal = new TestTerminal(t);
  const environment = {
    RACEWAY_API_KEYS: apiKey,
    RACEWAY_SERVER_CORS_ORIGINS: origin,
    RACEWAY_SERVER_TRUSTED_PROXIES: '127.0.0.1/32',
    RACEWAY_SERVER_VERBOSE: 'true',
  };
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 0, terminal.everything());
  const { port } = new URL(/listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '');
  t.after(async () => {
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    await exited;
  });
  const proxy = await start(t, Number(port));
  const ask = (path: string, from = '127.0.0.2'): Ask => ({
    ...{ port: proxy.httpsPort, ca: proxy.ca, path, from },
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return { terminal, proxy, ask };
}

async function proxyBefore(
  t: TestContext,
  start: StartProxy,
  upstream: ReturnType<typeof createServer>,
) {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const { port } = upstream.address() as { port: number };
  return { proxy: await start(t, port) };
}

/** What the SDK sent, with a key that this server takes. */
function sdkHeaders(recorded: Record<string, string>): Record<string, string> {
  const { host, connection, 'content-length': length, ...headers } = recorded;
  return { ...headers, authorization: `Bearer ${apiKey}`, 'x-raceway-key': apiKey };
}

/** A request body of exactly so many bytes: SDK-sized events, and a last one that fills up. */
function batchOf(bytes: number): string {
  const one = () => wireEvent({ id: freshId(), trace: 'large' });
  const size = JSON.stringify(one()).length + 1;
  const events = Array.from({ length: Math.floor(bytes / size) - 10 }, one);
  const text = JSON.stringify({ events });
  const tag = ',"filler":""';
  const missing = bytes - text.length - tag.length;
  return `${text.slice(0, -1)},"filler":"${'x'.repeat(missing)}"}`;
}
