import { type Instruments, SECONDS } from './instruments.ts';

export interface RequestMetrics {
  requestDone(method: string, route: string, status: number, seconds: number): void;
  /** The origins that are told apart, so that each is there before its first request. */
  expectOrigins(origins: readonly string[]): void;
  /** A request with an `Origin` header. */
  originSeen(origin: string): void;
}

/** Metrics of HTTP, whatever a request is about. */
export function requestMetrics(instruments: Instruments): RequestMetrics {
  const requests = instruments.counter(
    'raceway_http_requests_total',
    'HTTP requests answered, by method, route pattern and status.',
    ['method', 'route', 'status'],
  );
  const requestSeconds = instruments.histogram(
    'raceway_http_request_duration_seconds',
    'Time from the first byte of a request to the end of its answer.',
    SECONDS,
    ['route'],
  );
  const origins = instruments.counter(
    'raceway_cors_requests_total',
    'Requests of web pages, by configured origin; all others together.',
    ['origin'],
  );
  return {
    requestDone(method, route, status, seconds) {
      requests.inc({ method, route, status });
      requestSeconds.observe({ route }, seconds);
    },
    expectOrigins(expected) {
      for (const origin of expected) origins.inc({ origin }, 0);
    },
    originSeen: (origin) => origins.inc({ origin }),
  };
}
