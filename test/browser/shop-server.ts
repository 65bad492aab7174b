import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import type { Environment } from '../../src/config/environment.ts';
import { TestTerminal } from '../support/cli.ts';
import { type Batch, shopDay } from './shop.ts';

const recordings = new URL('../fixtures/sdk-traffic/', import.meta.url);

/** A server with the built web UI. */
export interface UiServer {
  readonly url: string;
  /** Stores events, and waits until they are part of findings. */
  send(batches: readonly Batch[]): Promise<void>;
}

/** What runs something when it ends: a test, or a file of tests. */
export interface Scope {
  after(run: () => void | Promise<void>): void;
}

/** A scope that ends with the tests of a file; made where the file begins. */
export function fileScope(): Scope {
  const runs: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const run of runs.reverse()) await run();
  });
  return { after: (run) => void runs.push(run) };
}

/** Starts a server on memory. */
export async function startUi(
  scope: Scope,
  environment: Environment = {},
  key: string | null = null,
): Promise<UiServer> {
  const terminal = new TestTerminal(scope);
  const code = await terminal.run(['serve', '--port', '0'], environment);
  assert.equal(code, 0, terminal.everything());
  const url = /listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '';
  assert.ok(
    terminal.told.some((line) => line.startsWith('Open ')),
    'the web UI is built: npm run build',
  );
  scope.after(async () => {
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    await exited;
  });
  const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
  return {
    url,
    async send(batches) {
      for (const events of batches) {
        const reply = await fetch(`${url}/events`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...authorization },
          body: JSON.stringify({ events }),
        });
        const { data, error } = (await reply.json()) as {
          data: { rejected_count: number };
          error: string | null;
        };
        assert.equal(error, null);
        assert.equal(data.rejected_count, 0);
      }
      for (let isStale = true; isStale; ) {
        const reply = await fetch(`${url}/api/races`, { headers: authorization });
        isStale = ((await reply.json()) as { data: { stale: boolean } }).data.stale;
      }
    },
  };
}

/** What four SDKs have really sent, and a day of the shop. */
export function recordedTraffic(startMs: number): Batch[] {
  const recorded = readdirSync(recordings).flatMap((file) =>
    readFileSync(new URL(file, recordings), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).body.events as Batch),
  );
  return [...recorded, ...shopDay(startMs)];
}

/** A proxy that shows a server below a prefix, and takes it away before it hands a request on. */
export async function startPrefixProxy(
  scope: Scope,
  upstream: string,
  prefix: string,
): Promise<string> {
  const target = new URL(upstream);
  const passOn = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!incoming.url?.startsWith(`${prefix}/`)) return void outgoing.writeHead(404).end();
    const options = {
      host: target.hostname,
      port: target.port,
      path: incoming.url.slice(prefix.length),
      method: incoming.method ?? 'GET',
      headers: incoming.headers,
    };
    const passed = request(options, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    passed.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(passed);
  };
  const server = createServer(passOn);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`;
}
