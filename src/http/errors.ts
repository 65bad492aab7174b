import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, RacewayError } from '../domain/errors.ts';
import { httpLimits } from './limits.ts';
import { failureOfLines } from './lines.ts';

const statusOf = {
  bad_request: 400,
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  missing_database_right: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  misdirected: 421,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  overloaded: 503,
  unavailable: 503,
  outcome_unknown: 503,
} as const satisfies Record<ErrorCode, number>;

/** The one shape of every failure. */
export interface FailureEnvelope {
  readonly success: false;
  readonly data: null;
  /** One sentence for a person. */
  readonly error: string;
  readonly code: ErrorCode;
  readonly details?: unknown;
  /** Seconds, with 429 and 503. */
  readonly retry_after?: number;
}

export function failureEnvelope(error: RacewayError, retryAfter?: number): FailureEnvelope {
  return {
    success: false,
    data: null,
    error: error.message,
    code: error.code,
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  };
}

/** A failure as a body of another form than the envelope. */
export interface OwnFailure {
  readonly type: string;
  readonly body: Buffer;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How a route whose protocol has a form of its own says this; null: by the envelope. */
    answerFailure?: (request: FastifyRequest, status: number, message: string) => OwnFailure | null;
  }
}

/** Answers with a failure; the only place that writes one while a request is being served. */
export function sendFailure(reply: FastifyReply, error: RacewayError, retryAfter?: number): void {
  const status = statusOf[error.code];
  const { request } = reply;
  const own = request.routeOptions.config?.answerFailure?.(request, status, error.message) ?? null;
  const seconds =
    retryAfter ??
    error.retryAfterSeconds ??
    (status === 503 ? httpLimits.retryAfterSeconds : undefined);
  if (seconds !== undefined) reply.header('retry-after', seconds);
  // What is left of a request that came too slowly is not waited for.
  if (status === 408) reply.header('connection', 'close');
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="raceway"');
  reply.code(status);
  if (own !== null) reply.type(own.type).send(own.body);
  else {
    const body = JSON.stringify(failureEnvelope(error, seconds));
    reply.type('application/json; charset=utf-8').send(body);
  }
}

/** For `setErrorHandler` and `frameworkErrors`: what was thrown becomes a reply, a bug is logged. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const told = failureOfLines(error);
  const failure = told ?? toRacewayError(error, request);
  // Of a stream that broke before anything was sent; the failure is not packed.
  reply.removeHeader('content-encoding');
  if (failure.code === 'internal') request.log.error({ err: error }, 'a request failed');
  else if (statusOf[failure.code] === 503 && failure.cause !== undefined && told === null) {
    request.server.outages?.failed(request, failure);
  }
  request.failureCode = failure.code;
  // Fastify asks for the end of every connection whose body was refused.
  if (request.outlivesBody) reply.removeHeader('connection');
  sendFailure(reply, failure);
}

/** What Fastify itself throws, by its code, in words for the client. */
function toRacewayError(error: unknown, request: FastifyRequest): RacewayError {
  if (error instanceof RacewayError) return error;
  const { code, statusCode, message } = error as FastifyError;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new RacewayError('too_large', tooLargeMessage(request.routeOptions.bodyLimit));
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new RacewayError(
      'unsupported_media_type',
      'the body must be JSON: send it with Content-Type: application/json' +
        (request.url.startsWith('/v1/') ? ', or as protobuf with application/x-protobuf' : ''),
    );
  }
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') {
    return new RacewayError('uri_too_long', 'a part of the path is longer than any name can be');
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new RacewayError('bad_request', message);
  }
  const id = `the server's log has it under request id ${request.id}`;
  return new RacewayError('internal', `Internal error; ${id}`);
}

/** The sentence of every 413. */
export function tooLargeMessage(bytesMax: number): string {
  return (
    `the body is larger than ${bytesMax} bytes after decompression ` +
    '(server.max_body_bytes); send fewer events at once'
  );
}

/**
 * For requests that never became one: broken HTTP, too many headers, too slow. There is no reply
 * object, only the socket.
 */
export function handleClientError(error: Error & { code?: string }, socket: Socket): void {
  // A client that is gone reads no answer.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  endWith(socket, clientFailure(error.code));
}

/** Answers CONNECT: this is a server, and no way to others. */
export function refuseTunnel(socket: Duplex): void {
  socket.on('error', () => {});
  const message = 'this server is no proxy: it takes no CONNECT';
  endWith(
    socket,
    new RacewayError('method_not_allowed', message),
    'Allow: GET, HEAD, POST, DELETE\r\n',
  );
}

function endWith(socket: Duplex, failure: RacewayError, moreHeaders = ''): void {
  const body = JSON.stringify(failureEnvelope(failure));
  const status = statusOf[failure.code];
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
      'Content-Type: application/json; charset=utf-8\r\n' +
      moreHeaders +
      'Cache-Control: no-store\r\n' +
      'X-Content-Type-Options: nosniff\r\n' +
      `X-Request-Id: ${crypto.randomUUID()}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function clientFailure(code: string | undefined): RacewayError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new RacewayError('headers_too_large', 'the request line and headers are too large');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new RacewayError('request_timeout', 'the request took too long to arrive');
  }
  return new RacewayError('bad_request', 'this is not a well-formed HTTP/1.1 request');
}
