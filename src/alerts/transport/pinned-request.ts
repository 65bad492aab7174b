import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { addressKind } from './address-rules.ts';
import { DeliveryFault } from './delivery-fault.ts';

/** A request to somebody's server. */
export interface Delivery {
  readonly method: 'POST' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What was answered. */
export interface DeliveryAnswer {
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
  /** What the receiver asks to wait; null: it does not say. */
  readonly retryAfterSeconds: number | null;
}

/** An address of a name. */
export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

/** How a request may be sent. */
export interface Route {
  /** Names and addresses that may lead to machines of one's own. */
  readonly privateHosts: readonly string[];
  /** Ends the request, as when the server stops. */
  readonly signal: AbortSignal;
  /** From the look-up of the name to the end of the answer. */
  readonly timeoutMs: number;
  /** Looks a name up; left out, the system does. */
  readonly resolve?: (host: string) => Promise<readonly FoundAddress[]>;
}

/** Bytes of an answer that are read: the number of an issue stands in the first lines. */
const ANSWER_BYTES = 256 * 1024;
const HEADER_BYTES = 16 * 1024;

/**
 * Sends one request. The name is looked up once, each of its addresses is held against the rules, and the
 * connection goes to the first of these and nowhere else: a name that leads elsewhere a moment later changes
 * nothing. Redirects are not followed, and an answer is read as far as it is needed.
 *
 * @throws {DeliveryFault} when there is no answer
 */
export async function sendPinned(delivery: Delivery, route: Route): Promise<DeliveryAnswer> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), route.timeoutMs);
  const signal = AbortSignal.any([timeout.signal, route.signal]);
  try {
    const found = await unlessAborted(addressOf(delivery.url, route), signal);
    return await exchange(delivery, found, signal);
  } catch (error) {
    if (error instanceof DeliveryFault) throw error;
    if (route.signal.aborted) throw new DeliveryFault('was not sent: the server stops');
    if (timeout.signal.aborted) {
      throw new DeliveryFault(`did not answer within ${route.timeoutMs / 1000} s`);
    }
    throw new DeliveryFault(`cannot be reached (${codeOf(error)})`);
  } finally {
    clearTimeout(timer);
  }
}

/** The one address that a request goes to. */
async function addressOf(url: URL, { privateHosts, resolve }: Route): Promise<FoundAddress> {
  const host = plainHost(url.hostname);
  const family = isIP(host);
  const found = family === 0 ? await (resolve ?? lookUp)(host) : [{ address: host, family }];
  const mayBePrivate = privateHosts.some((name) => plainHost(name) === host);
  for (const { address } of found) {
    const kind = addressKind(address);
    if (kind === 'forbidden') {
      throw new DeliveryFault(
        'leads to an address that no message is for (link-local or reserved)',
      );
    }
    if (kind === 'private' && !mayBePrivate) {
      throw new DeliveryFault(
        'leads to a private address: name its host in alerting.private_hosts if that is meant',
      );
    }
  }
  const [first] = found;
  if (first === undefined) throw new DeliveryFault('has a name without an address');
  return first;
}

async function lookUp(host: string): Promise<readonly FoundAddress[]> {
  return lookup(host, { all: true });
}

/** Without brackets, the dot of the root, and in lower case. */
function plainHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** A look-up cannot be ended, but nobody needs to wait for it. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

function exchange(
  { method, url, headers, body }: Delivery,
  { address, family }: FoundAddress,
  signal: AbortSignal,
): Promise<DeliveryAnswer> {
  const pinned = ((_host, options, done) => {
    if (options.all === true) done(null, [{ address, family }]);
    else done(null, address, family);
  }) as LookupFunction;
  const send = url.protocol === 'https:' ? encryptedRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      agent: false,
      lookup: pinned,
      maxHeaderSize: HEADER_BYTES,
      signal,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        'content-length': Buffer.byteLength(body),
      },
    } as const;
    let isAnswered = false;
    const request = send(url, options, (answer) => {
      isAnswered = true;
      readBeginning(answer, signal).then((text) => {
        request.destroy();
        resolve({
          status: answer.statusCode ?? 0,
          body: text,
          retryAfterSeconds: secondsOf(answer.headers['retry-after']),
        });
      }, reject);
    });
    request.on('error', (error) => {
      if (!isAnswered) reject(error);
    });
    request.end(body);
  });
}

/** What is read when the time is over counts: the status has been told by then. */
async function readBeginning(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length >= ANSWER_BYTES) break;
    }
  } catch (error) {
    if (!signal.aborted && codeOf(error) !== 'ECONNRESET') throw error;
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES).toString('utf8');
}

function secondsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : null;
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name ?? 'unknown';
}
