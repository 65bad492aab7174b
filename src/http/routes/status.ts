import { z } from 'zod';
import type { ReceiverState } from '../../alerts/receiver-loop.ts';
import type { AuditState } from '../../audit/audit-log.ts';
import { alertTypes } from '../../domain/alert-type.ts';
import { scopes } from '../../domain/scope.ts';
import { storageBackends } from '../../domain/storage-backend.ts';
import { type KeyReport, reportOn } from '../../keys/key-report.ts';
import type { ReceiverBacklog } from '../../storage/alert-store.ts';
import type { RetentionState } from '../../storage/retention.ts';
import type { SealingState } from '../../storage/sealer.ts';
import type { ReplicaState } from '../../storage/storage.ts';
import type { App, AppContext } from '../context.ts';
import type { ClientAddresses } from '../front/client-address.ts';
import type { RejectionBook } from '../front/rejections.ts';
import { waitingToWire, waitingWire } from '../waiting-work.ts';
import { envelope, isoText, success } from '../wire.ts';

const time = z.string().nullable();

const keyState = z
  .object({
    name: z.string().describe('Of a plain key its place in server.api_keys.'),
    id: z.string().describe('First 8 hexadecimal digits of the SHA-256 of the key.'),
    scopes: z.array(z.enum(scopes)),
    services: z.array(z.string()).nullable().describe('The only ones it may write; null: all.'),
    created_at: time,
    first_seen_at: time.describe('Null where the storage does not keep it.'),
    expires_at: time,
    last_used_at: time,
    requests: z.int().describe('Since this process started.'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'KeyState' });

const auditState = z.object({
  chain: z.string(),
  seq: z.int().describe('Number of the last line.'),
  hash: z.string().describe('Of the last line; to be noted and compared later.'),
  lost_lines: z.int(),
  backlog_bytes: z.int(),
});

export const status = z.object({
  version: z.string(),
  uptime_seconds: z.int(),
  events_captured: z.int().describe('Events stored now.'),
  traces_active: z.int().describe('Traces stored now.'),
  warmup: z.object({
    phase: z.string(),
    ready: z.boolean(),
    total_traces: z.int(),
    processed_traces: z.int(),
    last_trace: z.string().nullable(),
    started_at: z.string().nullable(),
    completed_at: z.string().nullable(),
    last_error: z.string().nullable(),
  }),
  storage: z.object({
    backend: z.enum(storageBackends),
    bytes: z.number().nullable(),
    bytes_max: z.number().nullable(),
    disk_bytes: z
      .number()
      .nullable()
      .describe('Bytes of the files of storage.memory.directory; null without it.'),
    evicted_traces: z.int(),
    evicted_events: z.int(),
    evicted_services: z
      .array(z.object({ service: z.string(), traces: z.int(), events: z.int() }))
      .describe('The same by the service that sent a trace’s first event; up to a hundred.'),
    pinned_traces: z.int().describe('Kept whatever their age, because somebody pinned a race.'),
    pinned_bytes: z.int().describe('Of their events as text, when they were pinned.'),
    replica: z
      .object({
        answered: z.int().describe('Reads that it answered, since this process started.'),
        passed_on: z.int().describe('Reads that the database itself answered in its place.'),
        fault: z.string().nullable().describe('Why it is not asked now; null: it is.'),
      })
      .nullable()
      .describe('The replica of storage.postgres.read_connection; null: there is none.'),
  }),
  retention: z.object({
    days: z.int().nullable().describe('Null: everything is kept.'),
    oldest_activity: time.describe('Of the trace left alone for longest.'),
    last_run_at: time,
    erased_traces: z.int().describe('Since this process started.'),
    lag_seconds: z
      .number()
      .describe('For how long the oldest trace should be gone; 0: nothing should.'),
    fault: z
      .string()
      .nullable()
      .describe('Why the last run did not come to its end, or does not keep up.'),
    waiting: z.string().nullable().describe('Why nothing is erased for now, though it may be due.'),
  }),
  sealing: z
    .object({
      after_minutes: z.int().nullable().describe('Null: nothing is sealed.'),
      last_run_at: time,
      sealed_traces: z.int().describe('By this process, since it started.'),
      sealed_events: z.int(),
      waiting: z.string().nullable().describe('Why traces stay as they are though they are due.'),
      fault: z.string().nullable().describe('Why the last round did not come to its end.'),
    })
    .describe('Events of traces that are left alone become documents by day, in Postgres.'),
  queue: z.object({ events: z.int(), capacity_events: z.int() }),
  analysis: z.object({
    ...waitingWire,
    given_up_traces: z
      .int()
      .describe('Since this process started: analysis or comparison failed again and again.'),
    excluded_requests: z
      .int()
      .describe('Stored since this process started, and left out by `analysis.exclude`.'),
  }),
  rejected: z
    .array(
      z.object({
        service: z.string().describe('As the events name it, cut.'),
        path: z.string().describe('The member at fault.'),
        message: z.string().describe('What was wrong with the last one.'),
        count: z.int(),
        last_at: z.string(),
      }),
    )
    .describe(
      'Events refused since this process started, the latest first; up to a hundred kinds.',
    ),
  over_budget: z
    .array(
      z.object({
        kind: z.enum(['key', 'service']),
        name: z.string(),
        requests: z.int(),
        events: z.int().describe('Of the key or service, in these requests.'),
      }),
    )
    .describe(
      'Requests answered 429 for the budget of a key or a service; up to a hundred of these.',
    ),
  alerts: z
    .array(
      z.object({
        name: z.string(),
        type: z.enum(alertTypes),
        waiting: z.int().describe('Alerts that wait to be sent, of all instances.'),
        sent: z.int().describe('Since this process started.'),
        failures: z.int().describe('Messages that were not taken, since this process started.'),
        given_up: z.int().describe('Alerts that are not tried any more, since then.'),
        last_sent_at: time,
        fault: z.string().nullable().describe('Why the last message was not taken.'),
      }),
    )
    .describe('Who is told of races and conditions (`[[alerts]]`).'),
  auth_enabled: z.boolean(),
  client_address: z
    .string()
    .describe('The address of the one who asks, as this server sees it through its proxies.'),
  keys: z.array(keyState),
  audit: auditState.nullable().describe('Null: no audit log is kept.'),
});

/** What an operator wants to know; behind the key. */
export function statusRoutes(
  app: App,
  context: AppContext,
  addresses: ClientAddresses,
  rejections: RejectionBook,
): void {
  const { storage, writer, analyser, retention, sealer, alerter, metrics } = context;
  const { keys, audit, version, startedMs } = context;
  // The session of a browser is only sent below /api.
  for (const url of ['/status', '/api/status']) {
    app.get(
      url,
      {
        config: { scope: 'read' },
        schema: { summary: 'State of the server', response: { 200: success(status) } },
      },
      async (request) => {
        const statistics = await storage.statistics();
        return envelope({
          version,
          uptime_seconds: Math.floor((performance.now() - startedMs) / 1000),
          events_captured: statistics.eventCount,
          traces_active: statistics.traceCount,
          // Older clients wait for this. Nothing is replayed at the start: it is over at once.
          warmup: {
            phase: 'completed',
            ready: true,
            total_traces: 0,
            processed_traces: 0,
            last_trace: null,
            started_at: null,
            completed_at: null,
            last_error: null,
          },
          storage: {
            backend: statistics.backend,
            bytes: statistics.bytes,
            bytes_max: statistics.bytesMax,
            disk_bytes: statistics.diskBytes,
            evicted_traces: statistics.evictedTraces,
            evicted_events: statistics.evictedEvents,
            evicted_services: [...statistics.evictedServices],
            pinned_traces: statistics.pinned.traces,
            pinned_bytes: statistics.pinned.bytes,
            replica: replicaToWire(statistics.replica),
          },
          retention: retentionToWire(retention.state, statistics.oldestActivityNs),
          sealing: sealingToWire(sealer.state),
          queue: { events: writer.queuedEvents, capacity_events: writer.capacityEvents },
          analysis: {
            ...waitingToWire(await storage.derived.waiting(), analyser),
            given_up_traces: analyser.givenUp,
            excluded_requests: analyser.excludedRequests,
          },
          rejected: rejections.all.map(({ lastAtMs, ...rejection }) => ({
            ...rejection,
            last_at: new Date(lastAtMs).toISOString(),
          })),
          over_budget: [...app.eventBudgets.refused],
          alerts: alertsToWire(alerter.states, await storage.alerts.backlogs()),
          client_address: addresses.of(request.raw),
          auth_enabled: keys.isGuarded,
          keys: reportOnKeys(context).map(keyToWire),
          audit: audit === null ? null : auditToWire(audit.state),
        });
      },
    );
  }

  app.get(
    '/metrics',
    {
      config: { scope: 'read' },
      schema: { summary: 'Metrics as Prometheus text', produces: ['text/plain'] },
    },
    async (_request, reply) => {
      metrics.showKeys(reportOnKeys(context));
      metrics.showAudit(audit?.state ?? null);
      metrics.showRetention(retention.state);
      metrics.showSealing(sealer.state);
      metrics.showAlerts(alerter.states, await storage.alerts.backlogs().catch(() => null));
      const text = await metrics.text(writer, storage);
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
    },
  );
}

function reportOnKeys({ keys, usage }: AppContext): KeyReport[] {
  const nowMs = Date.now();
  return keys.keys.map((key) => reportOn(key, usage.of(key), nowMs));
}

function keyToWire({ key, use, warnings }: KeyReport): z.infer<typeof keyState> {
  return {
    name: key.name,
    id: key.id,
    scopes: [...key.scopes],
    services: key.services === null ? null : [...key.services],
    created_at: isoTime(key.createdAtMs),
    first_seen_at: isoTime(use.firstSeenAtMs),
    expires_at: isoTime(key.expiresAtMs),
    last_used_at: isoTime(use.lastUsedAtMs),
    requests: use.requests,
    warnings: [...warnings],
  };
}

function replicaToWire(replica: ReplicaState | null) {
  if (replica === null) return null;
  const { answered, passedOn, fault } = replica;
  return { answered, passed_on: passedOn, fault };
}

function retentionToWire(state: RetentionState, oldestNs: bigint | null) {
  return {
    days: state.days,
    oldest_activity: oldestNs === null ? null : isoText(oldestNs),
    last_run_at: isoTime(state.lastRunAtMs),
    erased_traces: state.erasedTraces,
    lag_seconds: state.lagMs / 1000,
    fault: state.fault,
    waiting: state.waiting,
  };
}

function sealingToWire(state: SealingState) {
  return {
    after_minutes: state.afterMinutes,
    last_run_at: isoTime(state.lastRunAtMs),
    sealed_traces: state.sealedTraces,
    sealed_events: state.sealedEvents,
    waiting: state.waiting,
    fault: state.fault,
  };
}

function alertsToWire(
  states: readonly ReceiverState[],
  backlogs: ReadonlyMap<string, ReceiverBacklog>,
) {
  return states.map((state) => ({
    name: state.name,
    type: state.type,
    waiting: backlogs.get(state.name)?.waiting ?? 0,
    sent: state.sent,
    failures: state.failures,
    given_up: state.givenUp,
    last_sent_at: isoTime(state.lastSentAtMs),
    fault: state.fault ?? backlogs.get(state.name)?.fault ?? null,
  }));
}

function auditToWire(state: AuditState): z.infer<typeof auditState> {
  const { chain, seq, hash, lostLines, backlogBytes } = state;
  return { chain, seq, hash, lost_lines: lostLines, backlog_bytes: backlogBytes };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
