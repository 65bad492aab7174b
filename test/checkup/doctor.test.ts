import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { examine, surroundingsOf } from '../../src/checkup/doctor.ts';
import { checkRefusals } from '../../src/checkup/refusals-probe.ts';
import type { Remark } from '../../src/checkup/remark.ts';
import { expiryRemark } from '../../src/checkup/tls-probe.ts';
import { KEY, post, testApp } from '../support/app.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { TestTerminal } from '../support/cli.ts';
import { wireEvent } from '../support/events.ts';

/** What is always said when server and doctor are on one machine. */
const sameMachine =
  'outside Client addresses: this machine may name other addresses, as its proxy must';
const bodyBytes = 100_000;
const nowhere = { plainUrl: null, directUrl: null, bodyBytes };

async function listen(t: TestContext, server: Server): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** A server as it should be, and its URL. */
async function raceway(t: TestContext, server: Parameters<typeof testApp>[1] = {}) {
  const { app } = await testApp(t, {
    server: { auth_enabled: true, api_keys: [KEY], ...server.server },
  });
  await post(app, [wireEvent({ trace: 't' })], { authorization: `Bearer ${KEY}` });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return new URL(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
}

/** A faulty proxy: answers by itself or passes on with something changed. */
async function proxy(t: TestContext, upstream: URL, change: Change): Promise<URL> {
  return listen(t, createServer(passOn(upstream, change)));
}

interface Change {
  readonly answer?: (path: string, method: string) => number | null;
  readonly replyHeaders?: Record<string, string>;
  readonly requestHeaders?: (headers: Record<string, string>) => void;
  /** Characters of a stream's end that are lost. */
  readonly cut?: number;
}

function passOn(upstream: URL, change: Change): RequestListener {
  return async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const own = change.answer?.(path, method) ?? null;
    if (own !== null) return void response.writeHead(own).end('<html>');
    const headers = new Map(
      Object.entries(request.headers).filter(
        ([name]) => !/^(?:host|connection|content-length)$/.test(name),
      ),
    );
    const plain = Object.fromEntries(headers) as Record<string, string>;
    change.requestHeaders?.(plain);
    const reply = await fetch(new URL(path, upstream), {
      method,
      headers: plain,
      ...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }),
    });
    const text = await reply.text();
    const isStream = reply.headers.get('content-type')?.includes('ndjson') === true;
    for (const [name, value] of reply.headers) {
      if (!/^(?:content-length|content-encoding|transfer-encoding|connection)$/.test(name)) {
        response.setHeader(name, value);
      }
    }
    for (const [name, value] of Object.entries(change.replyHeaders ?? {})) {
      response.setHeader(name, value);
    }
    response
      .writeHead(reply.status)
      .end(isStream ? text.slice(0, text.length - (change.cut ?? 0)) : text);
  };
}

/** Verdict and subject of what is not as it should be. */
function complaints(remarks: readonly Remark[]): string[] {
  for (const { level, fix } of remarks) assert.equal(fix === null, level === 'pass');
  return remarks
    .filter(({ level }) => level !== 'pass')
    .map(({ level, subject, detail }) => `${level} ${subject}: ${detail}`);
}

const look = async (url: URL, key: string | null = KEY) =>
  complaints(await examine({ url, key, ca: null }, nowhere));

test('nothing is wrong with a server that is as it should be', async (t) => {
  assert.deepEqual(await look(await raceway(t)), [sameMachine]);
});

test('without a key, what needs one is unknown and nothing is wrong', async (t) => {
  assert.deepEqual(await look(await raceway(t), null), [
    'unknown OTLP: only seen with a key',
    'unknown Refused batches: only seen with a key',
    'unknown Client addresses: only seen with a key',
    'unknown Event stream: only seen with a key',
  ]);
});

test('an open server is found on every route, and nothing of it is harmed', async (t) => {
  const { app, storage } = await testApp(t);
  await post(app, [wireEvent({ trace: 't' })]);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = new URL(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  const [first = '', ...rest] = await look(url, null);
  assert.match(
    first,
    /^fail API keys: answered without a key: .*POST \/events \(200\).*DELETE .*\(404\)/,
  );
  assert.deepEqual(rest, [sameMachine]);
  assert.equal((await storage.statistics()).eventCount, 1);
});

test('a server that shows its data under any name is found', async (t) => {
  const { app } = await testApp(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  // By its address it answers, to a foreign name it does not.
  const found = await look(new URL(`http://127.0.0.1:${port}`), null);
  assert.ok(!found.some((line) => line.includes('Host names')), found.join('\n'));
  // A proxy in front that hides the name from it undoes that.
  const hidden = await proxy(t, new URL(`http://127.0.0.1:${port}`), {});
  assert.ok(
    (await look(hidden, null)).includes(
      'fail Host names: a foreign name is answered without a key (DNS rebinding)',
    ),
  );
});

test('a proxy with the usual faults: each is named', async (t) => {
  const upstream = await raceway(t);
  const faulty = await proxy(t, upstream, {
    answer: (path, method) => {
      if (path === '/metrics') return 404;
      if (path === '/v1/traces') return 502;
      return method === 'POST' && path === '/events' ? 413 : null;
    },
    replyHeaders: {
      'access-control-allow-origin': '*',
      date: new Date(Date.now() - 600_000).toUTCString(),
    },
    cut: 20,
  });
  const found = await look(faulty);
  assert.deepEqual(
    found.map((line) => line.replace(/\d+ s$/, 'n s')),
    [
      'warn API keys: do not reach Raceway: POST /events (413), GET /metrics (404), POST /v1/traces (502)',
      'fail Body size: a batch of 16 MiB is answered 413',
      'fail OTLP: a request in JSON is answered 502',
      'unknown Refused batches: only seen with a key',
      'fail CORS: every web page may call this server',
      sameMachine,
      "fail Clock: the server's differs from this machine's by n s",
      'fail Event stream: is cut before its last line',
    ],
  );
});

test('T2: batches that the limit of the server refused are counted', async (t) => {
  const lines = [
    'raceway_rate_limited_total{budget="global",route="/events"} 3',
    'raceway_rate_limited_total{budget="failures",route="/events"} 9',
    'raceway_rate_limited_total{budget="global",route="/status"} 5',
    'raceway_rate_limited_total{budget="global",route="/api/traces"} 1',
  ];
  const url = await listen(
    t,
    createServer((_request, response) => response.end(lines.join('\n'))),
  );
  const { level, detail } = await checkRefusals({ url, key: KEY, ca: null });
  assert.deepEqual([level, detail], ['warn', '4 by the limit of the server since its start']);
});

test('a proxy that adds a key lets everybody in', async (t) => {
  const open = await proxy(t, await raceway(t), {
    requestHeaders: (headers) => {
      headers['authorization'] = `Bearer ${KEY}`;
    },
  });
  assert.match((await look(open, null)).join('\n'), /^fail API keys: answered without a key: /);
});

test('a spoofed address that is believed, and a proxy that is not, are named', async (t) => {
  const url = await raceway(t);
  // Not an address of loopback by its spelling, so that it is taken for another machine.
  url.hostname = '0.0.0.0';
  const addresses = async (at: URL) =>
    (await look(at)).filter((line) => line.includes('Client addresses'));
  assert.deepEqual(await addresses(url), [
    'fail Client addresses: whoever asks can choose the address the server sees',
  ]);
  const strict = await raceway(t, { server: { trusted_proxies: ['192.0.2.1'] } });
  strict.hostname = '0.0.0.0';
  assert.deepEqual(await addresses(strict), [
    'warn Client addresses: the server sees 127.0.0.1, likely the proxy, not the client',
  ]);
});

test('redirect and firewall are looked at beside the server', async (t) => {
  const redirect = (status: number) =>
    listen(
      t,
      createServer((_request, response) =>
        response.writeHead(status, { location: 'https://a/' }).end(),
      ),
    );
  const [good, bad, none] = [await redirect(308), await redirect(301), await redirect(200)];
  const closed = new URL('http://127.0.0.1:1');
  // A server of its own each time: after 60 requests without a key it asks to come later.
  const lookAround = async (plainUrl: URL, directUrl: URL) => {
    const url = await raceway(t);
    const found = complaints(
      await examine({ url, key: KEY, ca: null }, { plainUrl, directUrl, bodyBytes }),
    );
    return found.filter((line) => line !== sameMachine);
  };
  assert.deepEqual(await lookAround(good, closed), []);
  assert.deepEqual(await lookAround(bad, closed), [
    'warn Redirect: 301 turns the POST of an SDK into a GET',
  ]);
  const direct = await raceway(t);
  assert.deepEqual(await lookAround(none, direct), [
    'fail Redirect: plain HTTP is answered 200 instead of sent to https',
    `fail Firewall: port ${direct.port} answers past the proxy`,
  ]);
  assert.deepEqual(await lookAround(closed, closed), ['warn Redirect: plain HTTP does not answer']);
  assert.deepEqual(surroundingsOf(new URL('https://raceway.company.com')), {
    plainUrl: new URL('http://raceway.company.com:80'),
    directUrl: new URL('http://raceway.company.com:8080'),
    bodyBytes: 16 * 2 ** 20,
  });
});

test('the command: TLS, trust, HSTS and certificate, and exit code 1 on a failure', async (t) => {
  const { certificate, key } = selfSignedCertificate('localhost', 60);
  const serveTls = async (replyHeaders: Record<string, string>) => {
    const listener = passOn(await raceway(t), { replyHeaders });
    const server = createTlsServer({ cert: certificate, key }, listener);
    const { port } = await listen(t, server as unknown as Server);
    return `https://localhost:${port}`;
  };
  const terminal = new TestTerminal(t);
  writeFileSync(join(terminal.cwd, 'ca.pem'), certificate);
  const run = async (...args: string[]) => {
    terminal.out.length = 0;
    const code = await terminal.run(['doctor', ...args], { RACEWAY_API_KEY: KEY });
    return { code, out: terminal.out.join('\n') };
  };
  const good = await run(
    await serveTls({ 'strict-transport-security': 'max-age=63072000' }),
    '--ca',
    'ca.pem',
  );
  assert.equal(good.code, 0, good.out + terminal.told.join());
  assert.match(good.out, /^pass +TLS: TLSv1\.3; TLS 1\.0 and 1\.1 are refused$/m);
  assert.match(good.out, /^pass +TLS trust: /m);
  assert.match(good.out, /^pass +TLS certificate: ends in 59 days/m);
  assert.match(good.out, /^pass +HSTS: max-age=63072000$/m);
  const bad = await run(
    await serveTls({ 'strict-transport-security': 'max-age=63072000, max-age=300' }),
    '--key',
    KEY,
  );
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^fail +TLS trust: clients refuse the certificate \((?:DEPTH_ZERO_)?SELF/m);
  assert.match(bad.out, /^warn +HSTS: the header is sent twice$/m);
  assert.ok(!terminal.everything().includes(KEY));
});

test('the command: a server that is away, and what is no URL', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['doctor', 'http://127.0.0.1:1']), 1);
  assert.match(terminal.told.join(), /http:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\)/);
  assert.equal(await terminal.run(['doctor', 'raceway.company.com']), 2);
  assert.equal(await terminal.run(['doctor', 'https://a', '--ca', 'nothing.pem']), 1);
  assert.match(terminal.told.join(), /--ca nothing\.pem cannot be read \(ENOENT\)/);
});

test('a certificate warns at 21 days and fails at 7', () => {
  const level = (days: number) => expiryRemark(days * 86_400_000, 0).level;
  assert.deepEqual([90, 21, 20, 7, 6, -1].map(level), [
    ...['pass', 'pass', 'warn', 'warn', 'fail', 'fail'],
  ]);
});
