import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { connect, type SecureVersion } from 'node:tls';

/** The host name of every file in deploy/. */
export const publicName = 'raceway.company.com';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** A loopback address that the client has. */
  readonly from?: string;
  /** The certificate to trust; left out: plain HTTP. */
  readonly ca?: string;
}

/** Sends a request and hands over the answer as soon as its headers are there. */
export function begin(ask: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = ask.ca === undefined ? plainRequest : encryptedRequest;
    const request = send(
      {
        host: '127.0.0.1',
        port: ask.port,
        path: ask.path,
        method: ask.method ?? 'GET',
        headers: { host: publicName, ...ask.headers },
        agent: false,
        ...(ask.from === undefined ? {} : { localAddress: ask.from }),
        ...(ask.ca === undefined ? {} : { ca: ask.ca, servername: publicName }),
      },
      resolve,
    );
    request.on('error', reject);
    request.end(ask.body);
  });
}

/** Sends a request and reads the whole answer; rejects when it is cut. */
export async function fetchFrom(ask: Ask): Promise<Reply> {
  const response = await begin(ask);
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += part;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** The protocol that is spoken when the client offers one only; rejects when it is refused. */
export function handshake(port: number, version: SecureVersion): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        ...{ host: '127.0.0.1', port, servername: publicName, rejectUnauthorized: false },
        ...{ minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' },
      },
      () => {
        resolve(socket.getProtocol());
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}
