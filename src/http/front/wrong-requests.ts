import type { FastifyInstance } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { sendFailure } from '../errors.ts';

/** No client can ask for this: a request target has no spaces. */
const MALFORMED = '/malformed url';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Fastify answers a path it cannot decode outside all hooks. Sent to a path of its own it passes
 * through CORS, key and limits like any other unknown path.
 */
export function safeUrl(url: string): string {
  if (!url.includes('%')) return url;
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
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.host !== undefined || request.raw.httpVersion !== '1.1') return done();
    sendFailure(reply, new RacewayError('bad_request', 'HTTP/1.1 needs a Host header'));
  });
}

/** The answer to paths that lead nowhere. */
export function answerWrongPaths(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const failure =
      request.url === MALFORMED
        ? new RacewayError('bad_request', 'the path has a broken percent escape')
        : new RacewayError(
            'not_found',
            `there is no route ${request.method} ${pathOf(request.url)}; /openapi.json lists them`,
          );
    sendFailure(reply, failure);
  });
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
        const message = `${url} takes ${allow}, not ${request.method}${hint}`;
        sendFailure(reply, new RacewayError('method_not_allowed', message));
      },
    });
  }
}
