import { type Scope, scopes } from '../../domain/scope.ts';
import { type DoorFault, doorFaults } from '../door/doorkeeper.ts';
import type { Instruments } from './instruments.ts';

export interface AccessMetrics {
  authFailed(reason: DoorFault): void;
  /** An address had more failed authentications within a minute than go unremarked. */
  addressFailedOften(): void;
  /** An address has sent so many malformed requests that it was told of. */
  addressMalformedOften(): void;
  /** A valid key was refused for want of a scope. */
  forbidden(scope: Scope): void;
  /** @param route the pattern of the route, or `unknown` */
  rateLimited(budget: 'global' | 'failures', route: string): void;
  /** The server speaks TLS with a certificate that ends then. */
  certificateLoaded(expiresAtMs: number): void;
}

/** Metrics of who is let in, and of who is not. */
export function accessMetrics(instruments: Instruments): AccessMetrics {
  const authFailures = instruments.counter(
    'raceway_auth_failures_total',
    'Requests without a valid key, by what was wrong with it.',
    ['reason'],
  );
  const failingAddresses = instruments.counter(
    'raceway_auth_failing_addresses_total',
    'Addresses with more than 5 failed authentications within a minute, once a minute each.',
  );
  const malformedAddresses = instruments.counter(
    'raceway_malformed_addresses_total',
    'Addresses with more than 60 answers 400 within a minute, once a minute each.',
  );
  const forbidden = instruments.counter(
    'raceway_forbidden_total',
    'Requests with a valid key that lacks the scope, by that scope.',
    ['scope'],
  );
  const rateLimited = instruments.counter(
    'raceway_rate_limited_total',
    'Requests answered 429, by the budget that was used up and the route.',
    ['budget', 'route'],
  );
  const certificateExpiry = instruments.gauge(
    'raceway_tls_certificate_expiry_timestamp_seconds',
    'When the certificate of server.tls.cert ends; NaN when a proxy has the certificate.',
  );
  for (const reason of doorFaults) authFailures.inc({ reason }, 0);
  for (const scope of scopes) forbidden.inc({ scope }, 0);
  for (const route of ['/events', '/api/traces']) rateLimited.inc({ budget: 'global', route }, 0);
  certificateExpiry.set(Number.NaN);
  return {
    authFailed: (reason) => authFailures.inc({ reason }),
    addressFailedOften: () => failingAddresses.inc(),
    addressMalformedOften: () => malformedAddresses.inc(),
    forbidden: (scope) => forbidden.inc({ scope }),
    rateLimited: (budget, route) => rateLimited.inc({ budget, route }),
    certificateLoaded: (expiresAtMs) => certificateExpiry.set(expiresAtMs / 1000),
  };
}
