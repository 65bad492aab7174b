import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';

/** How long a browser may remember the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

/** Which web pages may read replies. */
export interface CorsSettings {
  readonly enabled: boolean;
  /** `scheme://host[:port]`, or `*` alone for every origin; checked by the configuration. */
  readonly origins: readonly string[];
}

/** Answers preflights and marks replies for allowed origins; comes before everything else. */
export async function allowOrigins(
  app: FastifyInstance,
  settings: CorsSettings,
  metrics: Metrics,
): Promise<void> {
  countOrigins(app, settings, metrics);
  if (!settings.enabled || settings.origins.length === 0) return;
  await app.register(cors, {
    origin: settings.origins.includes('*') ? '*' : [...settings.origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'Retry-After',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'X-Request-Id',
    ],
    maxAge: PREFLIGHT_SECONDS,
    // An OPTIONS request that is no preflight gets an ordinary answer in the envelope.
    strictPreflight: false,
  });
}

/** Only configured origins are told apart: any page may send any other. */
function countOrigins(app: FastifyInstance, { enabled, origins }: CorsSettings, metrics: Metrics) {
  const known = new Set(enabled ? origins : []);
  metrics.expectOrigins([...known, 'other']);
  app.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers;
    if (origin !== undefined) {
      metrics.originSeen(known.has('*') ? '*' : known.has(origin) ? origin : 'other');
    }
    done();
  });
}
