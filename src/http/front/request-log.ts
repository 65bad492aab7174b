import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';
import type { ClientAddresses } from './client-address.ts';
import { isEnabled } from './request-logger.ts';

/**
 * Counts every request, and logs it: at `info` when the server is verbose, else at `debug`. Only
 * the route's pattern is written, never a URL, a header or a body: they are data of users.
 */
export function logRequests(
  app: FastifyInstance,
  verbose: boolean,
  addresses: ClientAddresses,
  metrics: Metrics,
): void {
  const level = verbose ? 'info' : 'debug';
  const isLogged = isEnabled(app.log, level);
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { statusCode, elapsedTime } = reply;
    metrics.requestDone(request.method, route, statusCode, elapsedTime / 1000);
    if (!isLogged) return done();
    request.log[level](
      {
        method: request.method,
        route,
        status: statusCode,
        durationMs: Math.round(elapsedTime * 1000) / 1000,
        client: addresses.of(request.raw),
      },
      'request',
    );
    done();
  });
}
