import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AuditState } from '../../audit/audit-log.ts';
import { type Scope, scopes } from '../../domain/scope.ts';
import type { KeyReport } from '../../keys/key-report.ts';
import { type KeyFault, keyFaults } from '../../keys/key-ring.ts';
import type { GroupCommit, GroupCommitObserver } from '../../storage/group-commit.ts';
import type { RetentionState } from '../../storage/retention.ts';
import type { Storage, StorageStatistics } from '../../storage/storage.ts';
import { httpLimits } from '../limits.ts';
import { auditMetrics } from './audit-metrics.ts';
import { keyMetrics } from './key-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { retentionMetrics } from './retention-metrics.ts';

/** Why a request to store events was refused as a whole. */
export const refusalReasons = [
  'overloaded',
  'unavailable',
  'invalid',
  'too_large',
  'media_type',
  'internal',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Members of an event that a fault can be in; anything else counts as `other`. */
const faultyMembers = [
  'id',
  'trace_id',
  'parent_id',
  'timestamp',
  'kind',
  'metadata',
  'causality_vector',
  'lock_set',
];

/** What the server measures of itself. Labels come from closed sets only, never from a request. */
export interface Metrics extends GroupCommitObserver {
  requestDone(method: string, route: string, status: number, seconds: number): void;
  eventsStored(accepted: number, duplicates: number): void;
  /** @param path of the first fault, as in `metadata.tags` */
  eventRejected(path: string): void;
  ingestRefused(reason: RefusalReason): void;
  /** The server speaks TLS with a certificate that ends then. */
  certificateLoaded(expiresAtMs: number): void;
  authFailed(reason: KeyFault): void;
  /** An address had more failed authentications within a minute than go unremarked. */
  addressFailedOften(): void;
  /** An address has sent so many malformed requests that it was told of. */
  addressMalformedOften(): void;
  /** A valid key was refused for want of a scope. */
  forbidden(scope: Scope): void;
  /** @param route the pattern of the route, or `unknown` */
  rateLimited(budget: 'global' | 'failures', route: string): void;
  /** The origins that are told apart, so that each is there before its first request. */
  expectOrigins(origins: readonly string[]): void;
  /** A request with an `Origin` header. */
  originSeen(origin: string): void;
  /** The keys as they are now. */
  showKeys(reports: readonly KeyReport[]): void;
  /** The audit log as it is now; null: none is kept. */
  showAudit(state: AuditState | null): void;
  /** Retention as it is now. */
  showRetention(state: RetentionState): void;
  /** Everything as Prometheus text, with the queue and the storage as they are now. */
  text(writer: GroupCommit, storage: Storage): Promise<string>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const COMMIT_EVENTS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'raceway_http_requests_total',
    help: 'HTTP requests answered, by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'raceway_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const events = new Counter({
    name: 'raceway_events_total',
    help: 'Events received, by outcome; for rejected ones the member at fault.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const refusals = new Counter({
    name: 'raceway_ingest_refused_total',
    help: 'Requests to store events that were refused as a whole; nothing of them is stored.',
    labelNames: ['reason'],
    registers,
  });
  const authFailures = new Counter({
    name: 'raceway_auth_failures_total',
    help: 'Requests without a valid key, by what was wrong with it.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of keyFaults) authFailures.inc({ reason }, 0);
  const failingAddresses = new Counter({
    name: 'raceway_auth_failing_addresses_total',
    help: 'Addresses with more than 5 failed authentications within a minute, once a minute each.',
    registers,
  });
  const malformedAddresses = new Counter({
    name: 'raceway_malformed_addresses_total',
    help: 'Addresses with more than 60 answers 400 within a minute, once a minute each.',
    registers,
  });
  const forbidden = new Counter({
    name: 'raceway_forbidden_total',
    help: 'Requests with a valid key that lacks the scope, by that scope.',
    labelNames: ['scope'],
    registers,
  });
  for (const scope of scopes) forbidden.inc({ scope }, 0);
  const rateLimited = new Counter({
    name: 'raceway_rate_limited_total',
    help: 'Requests answered 429, by the budget that was used up and the route.',
    labelNames: ['budget', 'route'],
    registers,
  });
  // A counter that appears with its first event would hide that one from `increase()`.
  for (const reason of refusalReasons) refusals.inc({ reason }, 0);
  for (const route of ['/events', '/api/traces']) rateLimited.inc({ budget: 'global', route }, 0);
  const commits = new Counter({
    name: 'raceway_commits_total',
    help: 'Transactions of the storage, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'raceway_commit_duration_seconds',
    help: 'Time of one transaction.',
    buckets: SECONDS,
    registers,
  });
  const commitEvents = new Histogram({
    name: 'raceway_commit_events',
    help: 'Events in one transaction.',
    buckets: COMMIT_EVENTS,
    registers,
  });
  for (const outcome of ['accepted', 'duplicate']) events.inc({ outcome, reason: '' }, 0);
  const queued = new Gauge({
    name: 'raceway_queue_events',
    help: 'Events that wait for their transaction.',
    registers,
  });
  const queueCapacity = new Gauge({
    name: 'raceway_queue_capacity_events',
    help: 'Events that may wait (engine.buffer_size).',
    registers,
  });
  const certificateExpiry = new Gauge({
    name: 'raceway_tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of server.tls.cert ends; NaN when a proxy has the certificate.',
    registers,
  });
  certificateExpiry.set(Number.NaN);
  const waitingTraces = new Gauge({
    name: 'raceway_analysis_waiting_traces',
    help: 'Traces stored but not part of findings yet, counted up to ten thousand.',
    registers,
  });
  const origins = new Counter({
    name: 'raceway_cors_requests_total',
    help: 'Requests of web pages, by configured origin; all others together.',
    labelNames: ['origin'],
    registers,
  });
  const showKeys = keyMetrics(registers);
  const showAudit = auditMetrics(registers);
  const showRetention = retentionMetrics(registers);
  processMetrics(registers);
  const showStorage = storageGauges(registers);
  return {
    requestDone(method, route, status, seconds) {
      requests.inc({ method, route, status });
      requestSeconds.observe({ route }, seconds);
    },
    eventsStored(accepted, duplicates) {
      if (accepted > 0) events.inc({ outcome: 'accepted', reason: '' }, accepted);
      if (duplicates > 0) events.inc({ outcome: 'duplicate', reason: '' }, duplicates);
    },
    eventRejected(path) {
      const member = /^[a-z_]*/.exec(path)?.[0] ?? '';
      const reason = faultyMembers.includes(member) ? member : 'other';
      events.inc({ outcome: 'rejected', reason });
    },
    ingestRefused: (reason) => refusals.inc({ reason }),
    authFailed: (reason) => authFailures.inc({ reason }),
    addressFailedOften: () => failingAddresses.inc(),
    addressMalformedOften: () => malformedAddresses.inc(),
    expectOrigins(expected) {
      for (const origin of expected) origins.inc({ origin }, 0);
    },
    originSeen: (origin) => origins.inc({ origin }),
    showKeys,
    showAudit,
    showRetention,
    forbidden: (scope) => forbidden.inc({ scope }),
    rateLimited: (budget, route) => rateLimited.inc({ budget, route }),
    committed(eventCount, durationSeconds) {
      commits.inc({ outcome: 'committed' });
      commitSeconds.observe(durationSeconds);
      commitEvents.observe(eventCount);
    },
    failed: () => commits.inc({ outcome: 'failed' }),
    certificateLoaded: (expiresAtMs) => certificateExpiry.set(expiresAtMs / 1000),
    async text(writer, storage) {
      queued.set(writer.queuedEvents);
      queueCapacity.set(writer.capacityEvents);
      // A storage that is away is itself something to report.
      showStorage(await storage.statistics().catch(() => null));
      const waiting = await storage.derived.backlog(httpLimits.backlogCountedMax).catch(() => null);
      if (waiting !== null) waitingTraces.set(waiting);
      return registry.metrics();
    },
  };
}

function storageGauges(registers: Registry[]): (statistics: StorageStatistics | null) => void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const up = gauge('raceway_storage_up', '1 when the storage answered just now, else 0.');
  const traces = gauge('raceway_storage_traces', 'Traces stored now.');
  const events = gauge('raceway_storage_events', 'Events stored now.');
  const bytes = gauge('raceway_storage_bytes', 'Bytes in use; NaN where the storage cannot tell.');
  const bytesMax = gauge('raceway_storage_bytes_max', 'Bytes it may use; NaN without a bound.');
  const evictedTraces = counter(
    'raceway_storage_evicted_traces_total',
    'Whole traces given up for room, since the start.',
  );
  const evictedEvents = counter(
    'raceway_storage_evicted_events_total',
    'Events given up for room, since the start.',
  );
  return (statistics) => {
    up.set(statistics === null ? 0 : 1);
    if (statistics === null) return;
    traces.set(statistics.traceCount);
    events.set(statistics.eventCount);
    bytes.set(statistics.bytes ?? Number.NaN);
    bytesMax.set(statistics.bytesMax ?? Number.NaN);
    evictedTraces.reset();
    evictedTraces.inc(statistics.evictedTraces);
    evictedEvents.reset();
    evictedEvents.inc(statistics.evictedEvents);
  };
}
