import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/schema.ts';
import { RacewayError } from '../domain/errors.ts';
import { createAuthenticator } from './auth.ts';
import type { ClientAddresses } from './client-address.ts';
import { sendFailure } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { Budgets } from './rate-limit.ts';

/**
 * Lets requests through to their routes: first the key, then the budget. A request without a
 * valid key never uses the budget of all clients; failures use that of their address. A valid key
 * is never held up by other clients' failures behind the same address.
 */
export function guardRequests(
  app: FastifyInstance,
  settings: Config['server'],
  budgets: Budgets,
  addresses: ClientAddresses,
  metrics: Metrics,
): void {
  const authenticator = createAuthenticator(settings.api_keys);
  const warnOfProxies = createProxyWarnings(app, settings.auth_enabled, addresses);
  app.addHook('onRequest', async (request, reply) => {
    warnOfProxies(request.raw);
    const { config } = request.routeOptions;
    if (config?.public === true) return;
    const isKnown = !request.is404 && config?.wrongMethod !== true;
    if (settings.auth_enabled) {
      if (!authenticator.hasValidKey(request.headers)) {
        metrics.authFailed();
        if (await budgets.takeFailure(request, reply)) sendFailure(reply, unauthorized());
        return reply;
      }
    } else if (!isKnown) {
      // The route's own answer follows, unless the address had too many of them.
      return (await budgets.takeFailure(request, reply)) ? undefined : reply;
    }
    if (!(await budgets.takeRequest(request, reply))) return reply;
  });
}

function unauthorized(): RacewayError {
  return new RacewayError(
    'unauthorized',
    'Unauthorized: send a valid key as Authorization: Bearer KEY or as X-Raceway-Key: KEY',
  );
}

/** Says once each what a forwarding header tells about a server that is not ready for proxies. */
function createProxyWarnings(app: FastifyInstance, isGuarded: boolean, addresses: ClientAddresses) {
  let saidOpen = isGuarded;
  let saidUntrusted = false;
  return (request: Parameters<ClientAddresses['of']>[0]) => {
    if (saidOpen && saidUntrusted) return;
    const { headers } = request;
    if (headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined) return;
    if (!saidOpen) {
      saidOpen = true;
      app.log.warn(
        'a request came through a proxy, and this server asks for no key: whoever reaches the ' +
          'proxy reads and writes everything. Set server.api_keys (RACEWAY_API_KEYS)',
      );
    }
    if (!saidUntrusted && !addresses.trusts(request)) {
      saidUntrusted = true;
      app.log.warn(
        { peer: request.socket.remoteAddress },
        'X-Forwarded-For came from a peer that server.trusted_proxies does not list, so it is ' +
          'ignored. If the peer is your proxy, add its address or range to the list',
      );
    }
  };
}
