import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { sendFailure } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { addressBlock, type ClientAddresses } from './client-address.ts';
import { MonotonicWindows } from './minute-windows.ts';

const ONE_MINUTE_MS = 60_000;

export interface Budgets {
  /**
   * Takes one request from the budget of all clients together and says so in the headers. False
   * when it is used up; the request is answered then.
   */
  takeRequest(request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
  /**
   * Takes one failure from the budget of the client's address. Not allowed when it is used up; the
   * request is answered then. `count` is the number of failures in this minute, up to the budget.
   */
  takeFailure(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<{ isAllowed: boolean; count: number }>;
}

/**
 * Two budgets over fixed windows of a minute: one for the whole server, which only requests with a
 * valid key use, and one per address for failures, so that guessing keys is slow and cannot use up
 * the first. 5000 addresses are remembered, and the one seen longest ago is forgotten first.
 *
 * @param requestsPerMinute null switches the budget of all clients off
 */
export async function createBudgets(
  app: FastifyInstance,
  requestsPerMinute: number | null,
  addresses: ClientAddresses,
  metrics: Metrics,
): Promise<Budgets> {
  await app.register(rateLimit, { global: false, store: MonotonicWindows });
  const takeFromAll = app.createRateLimit({
    max: requestsPerMinute ?? 0,
    timeWindow: ONE_MINUTE_MS,
    keyGenerator: () => 'all',
  });
  const takeFromAddress = app.createRateLimit({
    max: httpLimits.failuresPerMinute,
    timeWindow: ONE_MINUTE_MS,
    keyGenerator: (request) => addressBlock(addresses.of(request.raw)),
  });
  return {
    async takeRequest(request, reply) {
      if (requestsPerMinute === null) return true;
      const state = await takeFromAll(request);
      if (state.isAllowed) return true;
      reply.header('x-ratelimit-limit', state.max);
      reply.header('x-ratelimit-remaining', state.remaining);
      reply.header('x-ratelimit-reset', state.ttlInSeconds);
      if (!state.isExceeded) return true;
      metrics.rateLimited('global', routeOf(request));
      const message =
        `the server takes ${state.max} requests a minute from all clients together ` +
        `(server.rate_limit_rpm); try again in ${state.ttlInSeconds} s`;
      sendFailure(reply, new RacewayError('rate_limited', message), state.ttlInSeconds);
      return false;
    },
    async takeFailure(request, reply) {
      const state = await takeFromAddress(request);
      if (state.isAllowed) return { isAllowed: true, count: 0 };
      if (!state.isExceeded) return { isAllowed: true, count: state.max - state.remaining };
      metrics.rateLimited('failures', routeOf(request));
      const message =
        `too many failed requests from this address (${state.max} a minute are answered); ` +
        `try again in ${state.ttlInSeconds} s, with a valid key`;
      sendFailure(reply, new RacewayError('rate_limited', message), state.ttlInSeconds);
      return { isAllowed: false, count: state.max };
    },
  };
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}
