import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { AlertReceiver } from '../../src/config/values/alert.ts';

/** A request that a receiver got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Somebody who is told, on this machine. */
export class TestReceiver {
  readonly requests: Received[] = [];
  /** Answers the next requests; left out: 200. */
  answer: (response: ServerResponse, request: Received) => void = (response) => response.end('ok');
  readonly #server = createServer((message, response) => {
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('end', () => {
      const request = {
        method: message.method ?? '',
        path: message.url ?? '',
        headers: message.headers,
        body: Buffer.concat(parts).toString('utf8'),
      };
      this.requests.push(request);
      this.answer(response, request);
    });
  });

  static async open(t: TestContext): Promise<TestReceiver> {
    const receiver = new TestReceiver();
    await new Promise<void>((done) => receiver.#server.listen(0, '127.0.0.1', done));
    t.after(() => {
      receiver.#server.closeAllConnections();
      return new Promise((done) => receiver.#server.close(done));
    });
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

/** A receiver of alerts as the configuration has it. */
export function alertReceiver(given: Partial<AlertReceiver>): AlertReceiver {
  return {
    name: 'ops',
    type: 'webhook',
    url: 'http://127.0.0.1:9/hook',
    secret: null,
    token: null,
    repository: null,
    labels: [],
    on: ['new', 'regressed', 'escalated', 'conditions'],
    evidence: 'E2',
    services: null,
    minIntervalSeconds: 10,
    secretFiles: [],
    ...given,
  };
}
