import type { FastifyInstance, FastifyRequest } from 'fastify';
import { httpLimits } from '../limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { addressBlock, type ClientAddresses } from './client-address.ts';

/**
 * Tells of addresses that send many malformed requests: a broken client, or somebody who tries what
 * may be broken in the server. They are answered as ever.
 */
export function watchMalformedRequests(
  app: FastifyInstance,
  addresses: ClientAddresses,
  metrics: Metrics,
): void {
  const count = app.createRateLimit({
    max: httpLimits.malformedUnremarked + 1,
    timeWindow: 60_000,
    keyGenerator: (request) => addressBlock(addresses.of(request.raw)),
  });
  const note = async (request: FastifyRequest) => {
    const state = await count(request);
    if (state.isAllowed || state.isExceeded || state.remaining > 0) return;
    metrics.addressMalformedOften();
    request.log.warn(
      { client: addresses.of(request.raw) },
      `more than ${httpLimits.malformedUnremarked} malformed requests came from one address within a minute`,
    );
  };
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.statusCode !== 400) return done();
    note(request).then(() => done(), done);
  });
}
