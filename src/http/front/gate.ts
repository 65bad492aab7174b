import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { AccessKey } from '../../keys/access-key.ts';
import type { KeyRing } from '../../keys/key-ring.ts';
import type { KeyUsage } from '../../keys/key-usage.ts';
import type { Doorkeeper } from '../door/doorkeeper.ts';
import type { HostNames } from '../door/host-names.ts';
import { sendFailure } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { addressNetwork, type ClientAddresses } from './client-address.ts';
import type { Budgets } from './rate-limit.ts';
import type { Refusals } from './refusals.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No key, no limit. */
    public?: boolean;
    /** Asked by probes, which name the server as they like: no `Host` is refused. */
    anyHost?: boolean;
    /** Answered without a key too, and differently with one. */
    optionalKey?: boolean;
    /** What a key must be good for; a route that says nothing asks for `admin`. */
    scope?: Scope;
  }
  interface FastifyRequest {
    /** The key that let the request in; null on an open server and a public route. */
    accessKey: AccessKey | null;
  }
}

/** What the gate asks and tells. */
export interface GateParts {
  readonly keys: KeyRing;
  readonly doorkeeper: Doorkeeper;
  readonly hostNames: HostNames;
  readonly refusals: Refusals;
  readonly usage: KeyUsage;
  readonly budgets: Budgets;
  readonly addresses: ClientAddresses;
  readonly metrics: Metrics;
}

/**
 * Lets requests through to their routes. It checks the name they ask for first, where no key is asked
 * for, then the key, then the budget, then the key's scopes. Requests without a valid key never use
 * the budget of all clients; their failures use a budget of their address. Failures of others behind
 * the same address never hold up a valid key.
 */
export function guardRequests(app: FastifyInstance, parts: GateParts): void {
  const { keys, doorkeeper, hostNames, refusals, budgets, metrics } = parts;
  const noteUse = createUseNotes(parts);
  const warnOfProxies = createProxyWarnings(app, parts);
  app.decorateRequest('accessKey', null);
  app.addHook('onRequest', async (request, reply) => {
    warnOfProxies(request.raw);
    const { config } = request.routeOptions;
    const { host } = request.headers;
    if (!keys.isGuarded && config?.anyHost !== true && !hostNames.accepts(host)) {
      sendFailure(reply, misdirected());
      return reply;
    }
    if (config?.public === true) return;
    const isKnown = !request.is404 && config?.wrongMethod !== true;
    if (keys.isGuarded) {
      const nowMs = Date.now();
      const found = doorkeeper.identify(request.raw, nowMs);
      if (typeof found === 'string') {
        if (config?.optionalKey === true) {
          if (found === 'missing') return;
          return (await refusals.count(request, reply, found)) ? undefined : reply;
        }
        await refusals.refuse(request, reply, found);
        return reply;
      }
      request.accessKey = found.key;
      if (found.kind !== 'proxy') noteUse(request, found.key, nowMs);
    } else if (!isKnown) {
      // The route's own answer follows, unless the address had too many of them.
      return (await budgets.takeFailure(request, reply)).isAllowed ? undefined : reply;
    }
    if (!(await budgets.takeRequest(request, reply))) return reply;
    if (config?.optionalKey === true) return;
    const scope = config?.scope ?? 'admin';
    if (!isKnown || request.accessKey?.scopes.has(scope) !== false) return;
    metrics.forbidden(scope);
    sendFailure(reply, forbidden(request.accessKey, scope));
    return reply;
  });
}

/** Counts the use of keys, and tells the first from each network. */
function createUseNotes({ usage, addresses }: GateParts) {
  /** Of the request before: most clients send many. */
  let known = { client: '', network: '' };
  return (request: FastifyRequest, key: AccessKey, nowMs: number) => {
    const client = addresses.of(request.raw);
    if (client !== known.client) known = { client, network: addressNetwork(client) };
    if (!usage.note(key, known.network, nowMs)) return;
    request.log.info(
      { keyName: key.name, keyId: key.id, client },
      'a key is used from a new network',
    );
  };
}

function misdirected(): RacewayError {
  return new RacewayError(
    'misdirected',
    'this server does not go by the name in the Host header: it asks for no key, so it answers only ' +
      'to addresses, to localhost, and to the names in server.public_url and ' +
      'server.allowed_hosts (RACEWAY_SERVER_ALLOWED_HOSTS)',
  );
}

function forbidden(key: AccessKey, scope: Scope): RacewayError {
  const has = key.scopes.size === 0 ? 'none' : [...key.scopes].join(', ');
  const message = `this needs a key with the scope ${scope}; the key that was sent has ${has}`;
  return new RacewayError('forbidden', message);
}

/** Says once each what a forwarding header tells about a server that is not ready for proxies. */
function createProxyWarnings(app: FastifyInstance, { keys, addresses }: GateParts) {
  let saidOpen = false;
  let saidUntrusted = false;
  return (request: Parameters<ClientAddresses['of']>[0]) => {
    if (saidOpen && saidUntrusted) return;
    const { headers } = request;
    if (headers['x-forwarded-for'] === undefined && headers['forwarded'] === undefined) return;
    if (!saidOpen && !keys.isGuarded) {
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
