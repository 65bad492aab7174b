import http from 'node:http';
import { createConnection } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { App } from '../../src/http/context.ts';

/** A test whose server says nothing for so long has failed. */
const SILENCE_MS = 20_000;

export interface HttpRequest {
  readonly method?: string;
  /** Sent as it is. */
  readonly path: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Sends requests over real sockets. */
export interface HttpClient {
  readonly port: number;
  send(request: HttpRequest): Promise<HttpReply>;
}

/** Lets an app listen on a loopback port; it stops with the app. */
export async function listening(app: App): Promise<HttpClient> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  app.server.once('close', () => agent.destroy());
  return { port, send: (request) => send(agent, port, request) };
}

function send(agent: http.Agent, port: number, request: HttpRequest): Promise<HttpReply> {
  const { method = 'GET', path, headers = {}, body } = request;
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const options = { agent, host: '127.0.0.1', port, method, path };
  return new Promise((resolve, reject) => {
    const sent = http.request({ ...options, headers: { ...headers, ...length } }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part) => parts.push(part));
      reply.once('error', reject);
      reply.once('end', () => {
        const bytes = Buffer.concat(parts);
        const isPacked = reply.headers['content-encoding'] === 'gzip';
        const text = (isPacked ? gunzipSync(bytes) : bytes).toString();
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Writes bytes to a socket of their own, and gives all that comes back until the server closes. */
export function sendBytes(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    let received = '';
    socket.on('data', (part) => {
      received += part.toString('latin1');
    });
    // A server that does not want the rest may reset; what it said before counts.
    socket.on('error', () => {});
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.once('close', () => resolve(received));
    socket.write(bytes);
  });
}
