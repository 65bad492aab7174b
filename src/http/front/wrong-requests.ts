import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { refuseTunnel, sendFailure } from '../errors.ts';

/** No client can ask for this: a request target has no spaces. */
const MALFORMED = '/malformed url';
/** What stands for each method that no route has and that Fastify does not know everywhere. */
const ODD_METHOD = 'TRACE';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', ODD_METHOD];
const METHODS_KNOWN: ReadonlySet<string> = new Set(METHODS);

declare module 'node:http' {
  interface IncomingMessage {
    /** The method of a request that goes under another one. */
    sentMethod?: string;
  }
}

/** Lets PROPFIND, QUERY and the like take the way of a wrong method, without their bodies being read. */
export function hideOddMethod(request: IncomingMessage): void {
  const { method = '' } = request;
  if (METHODS_KNOWN.has(method)) return;
  request.sentMethod = method;
  request.method = ODD_METHOD;
}

/**
 * A trace whose id is `.` or `..`: clients that follow the URL standard take these out of a path, even
 * percent-encoded, so that one more escape stands for them (and more for ids that look like this).
 */
const ESCAPED_DOTS = /^(\/+api\/+traces\/+)((?:%25(?:25)*2e){1,2})((?:[/?].*)?)$/i;

/**
 * Fastify answers a path it cannot decode outside all hooks. Sent to a path of its own it passes
 * through CORS, key and limits like any other unknown path.
 */
export function safeUrl(url: string): string {
  if (!url.includes('%')) return url;
  const dots = ESCAPED_DOTS.exec(url);
  if (dots !== null) return `${dots[1]}${(dots[2] ?? '').replaceAll('%25', '%')}${dots[3]}`;
  try {
    decodeURIComponent(url.split('?', 1)[0] ?? '');
    return url;
  } catch {
    return MALFORMED;
  }
}

/** Answers what Node would answer by itself and without the envelope. */
export function answerOddHeaders(app: FastifyInstance): void {
  // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1).
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.server.on('connect', (_request, socket) => refuseTunnel(socket));
  app.addHook('onRequest', (request, reply, done) => {
    const { host } = request.headers;
    const isMissing = host === undefined && request.raw.httpVersion === '1.1';
    const hasTwo = host !== undefined && hostCount(request.raw.rawHeaders) > 1;
    if (!isMissing && !hasTwo) return done();
    const fault = hasTwo ? 'a request has one Host header' : 'HTTP/1.1 needs a Host header';
    sendFailure(reply, new RacewayError('bad_request', fault));
  });
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** The answer to paths that lead nowhere. */
export function answerWrongPaths(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const failure =
      request.url === MALFORMED
        ? new RacewayError('bad_request', 'the path has a broken percent escape')
        : new RacewayError(
            'not_found',
            `there is no route ${methodOf(request)} ${pathOf(request.url)}; /openapi.json lists them`,
          );
    sendFailure(reply, failure);
  });
}

/** The method as the client sent it. */
function methodOf(request: FastifyRequest): string {
  return request.raw.sentMethod ?? request.method;
}

function pathOf(url: string): string {
  return JSON.stringify((url.split('?', 1)[0] ?? '').slice(0, 256));
}

/** Notes which methods the routes registered from now on have; by path. */
export function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.wrongMethod === true) return;
    const methods = methodsByUrl.get(url) ?? new Set<string>();
    for (const name of [method].flat()) methods.add(name);
    methodsByUrl.set(url, methods);
  });
  return methodsByUrl;
}

/** Answers 405 with `Allow` for every method that a path does not have. */
export function answerWrongMethods(
  app: FastifyInstance,
  methodsByUrl: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const [url, methods] of [...methodsByUrl]) {
    const allow = [...methods].join(', ');
    const hint =
      allow === 'POST' ? '; perhaps a redirect turned your POST into GET: use the https URL' : '';
    app.route({
      method: METHODS.filter((method) => !methods.has(method)),
      url,
      config: { wrongMethod: true },
      schema: { hide: true },
      handler: (request, reply) => {
        reply.header('allow', allow);
        const message = `${url} takes ${allow}, not ${methodOf(request)}${hint}`;
        sendFailure(reply, new RacewayError('method_not_allowed', message));
      },
    });
  }
}
