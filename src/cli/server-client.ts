import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { RacewayError } from '../domain/errors.ts';
import type { Context } from './context.ts';
import type { OptionValues } from './option.ts';

const keyVariable = 'RACEWAY_API_KEY';
/** The server that is asked unless `--server` names one. */
export const serverVariable = 'RACEWAY_URL';

/** A server whose events are read or written over HTTP. */
export interface Server {
  readonly url: URL;
  readonly key: string | null;
  /** Root certificates to trust; undefined: those of Node. */
  readonly ca: string[] | undefined;
}

/**
 * The server of `--server`, `--key` and `--ca`, or of the variables for the first two.
 *
 * @throws {RacewayError} when an option is missing or names nothing
 */
export function serverOf(values: OptionValues, context: Context): Server {
  const { server = context.environment[serverVariable], key, ca } = values;
  const url = server !== undefined && URL.canParse(server) ? new URL(server) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const message =
      'name the server with --server or RACEWAY_URL, as in --server https://raceway.company.com';
    throw new RacewayError('bad_request', message);
  }
  return { url, key: key ?? context.environment[keyVariable] ?? null, ca: rootsOf(ca, context) };
}

function rootsOf(path: string | undefined, context: Context): string[] | undefined {
  if (path === undefined) return undefined;
  try {
    return [...rootCertificates, readFileSync(resolve(context.cwd, path), 'utf8')];
  } catch (cause) {
    const message = `--ca ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`;
    throw new RacewayError('bad_request', message, { cause });
  }
}

/** How long a server may be silent in the middle of an answer. */
const silenceMsMax = 120_000;

/** What is sent: a body is posted, nothing is asked for; other methods have to be said. */
export interface Question {
  readonly method?: 'DELETE' | 'PATCH';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request; resolves when the answer begins, rejects when there is none. */
export function send(
  { url, key, ca }: Server,
  path: string,
  { method, body, headers: more }: Question = {},
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? encryptedRequest : plainRequest;
  const target = new URL(url.pathname.replace(/\/$/, '') + path, url);
  const headers = {
    'user-agent': 'raceway',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...more,
  };
  return new Promise((resolve, reject) => {
    const options = {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      timeout: silenceMsMax,
      ...(ca === undefined ? {} : { ca }),
    };
    const request = send(target, options, resolve);
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(body);
  });
}

/** The whole text of an answer. Rejects when it is cut off. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Seconds that a 429 or 503 asks to wait. */
export function retryAfterSeconds(answer: IncomingMessage): number {
  const seconds = Number(answer.headers['retry-after'] ?? 1);
  return seconds >= 0 && seconds <= 120 ? seconds : 1;
}

/** What a refusal says: the sentence of our envelope, or else the status. */
export function refusal(answer: IncomingMessage, text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    if (typeof error === 'string') return error;
    // That of OTLP has another form.
    if (typeof message === 'string') return message;
  } catch {
    // A proxy answers in words of its own.
  }
  return `the server answers with status ${answer.statusCode}`;
}
