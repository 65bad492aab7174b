import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { FastifyBaseLogger } from 'fastify';
import { Alerter } from './alerts/alerter.ts';
import { Conditions } from './alerts/conditions.ts';
import { Analyser } from './analyser/analyser.ts';
import { roomWithin } from './analysis/room.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { openAudit } from './audit/open.ts';
import type { LineOutput } from './audit/stream-sink.ts';
import { certificateFiles } from './config/decision.ts';
import type { Config } from './config/schema.ts';
import { findingRules } from './config/values/finding-rule.ts';
import { compileRedaction, type Redaction } from './domain/event/redaction.ts';
import { Exclusion } from './domain/exclusion.ts';
import { createApp } from './http/app.ts';
import { prepareDrain } from './http/front/drain.ts';
import { certificatePollMs, NativeTls } from './http/front/native-tls.ts';
import { LiveFeed } from './http/live/live-feed.ts';
import { createMetrics, type Metrics } from './http/metrics/metrics.ts';
import { openOtlpPorts } from './http/otlp/otlp-ports.ts';
import { readWebFiles } from './http/ui/web-files.ts';
import { configuredKeys } from './keys/access-key.ts';
import { KeyDiary } from './keys/key-diary.ts';
import { type KeyChange, KeyRing } from './keys/key-ring.ts';
import { KeyUsage } from './keys/key-usage.ts';
import { logOf } from './log.ts';
import { openStandardOutput } from './log-output.ts';
import { loadAnswerMessage } from './mcp/load.ts';
import { boundHeapGrowth, collectorOf } from './memory/heap-growth.ts';
import { GroupCommit } from './storage/group-commit.ts';
import { openJournal } from './storage/memory/journal/open.ts';
import type { MemoryOptions } from './storage/memory/memory-options.ts';
import { openKeptMemoryStorage, openMemoryStorage } from './storage/memory/open.ts';
import { Retention } from './storage/retention.ts';
import { Sealer } from './storage/sealer.ts';
import type { Storage } from './storage/storage.ts';
import { TriageKeeper } from './storage/triage-keeper.ts';
import { packageVersion } from './version.ts';
import { analysisThreads } from './worker/analysis-threads.ts';
import type { WorkerThread } from './worker/worker-thread.ts';

/** Where the build puts the web UI, beside the server. */
const webFolder = fileURLToPath(new URL('../dist/web/', import.meta.url));

/** Where lines of the log go. */
export interface LogOutput {
  /** Takes the audit log too, if it has no file. */
  readonly output: LineOutput;
  /** Lines of the log that were not taken, since the start. */
  droppedLines(): number;
}

export interface RunningServer {
  /** Where it listens, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Whether a browser finds pages there. */
  readonly hasPages: boolean;
  /** Takes the files of the TLS certificate anew. */
  reloadCertificate(): void;
  /** Makes the keys of these settings the only valid ones. */
  replaceKeys(settings: Config['server']): KeyChange;
  /** Goes on with the audit log in a new file, after the old one was renamed. */
  reopenAudit(): void;
  /** Stops without losing anything that was acknowledged, and without cutting a request off. */
  close(): Promise<void>;
}

/**
 * Opens the storage, then the port; the only place where the parts of the server meet.
 *
 * @param log of the whole server; each part names itself in its lines
 * @throws {RacewayError} when the storage cannot be used, with a sentence for the operator
 */
export async function startServer(
  config: Config,
  log: FastifyBaseLogger,
  lines: LogOutput = { output: openStandardOutput(), droppedLines: () => 0 },
): Promise<RunningServer> {
  const { memory } = config;
  if (memory.heapGrowthPercent !== null) boundHeapGrowth(memory.heapGrowthPercent);
  const room = roomWithin(memory.analysisBytes);
  const threads = analysisThreads(room);
  const { storage, written } = await openStorage(config, threads.usual, log);
  let audit: AuditLog | null = null;
  try {
    audit = openAudit(config.audit, logOf(log, 'audit'), lines.output);
    const { server, engine } = config;
    const keys = new KeyRing(configuredKeys(server), server.auth_enabled);
    const usage = new KeyUsage();
    const diary = new KeyDiary(keys, usage, storage, logOf(log, 'keys'));
    const conditions = new Conditions({
      holding: () => (retention.state.fault === null ? [] : ['retention_failing']),
      refusedRequests: () => app.eventBudgets.refused.reduce((sum, one) => sum + one.requests, 0),
    });
    const metrics = noticing(
      createMetrics(lines.droppedLines, {
        limitBytes: () => memory.processBytes,
        truncatedAnalyses: () => analyser.truncatedByMemory,
        analysedPerSecond: () => analyser.analysedPerSecond,
      }),
      conditions,
    );
    const live = new LiveFeed(storage);
    const writer = new GroupCommit(
      storage,
      {
        batchSize: engine.batch_size,
        bufferSize: engine.buffer_size,
        flushIntervalMs: engine.flush_interval_ms,
      },
      {
        committed(eventCount, durationSeconds, requests) {
          metrics.committed(eventCount, durationSeconds, requests);
          live.note(requests);
          analyser.notify(requests);
        },
        failed: (error) => metrics.failed(error),
      },
    );
    const analyser = new Analyser(
      written,
      {
        races: config.race_detection.enabled,
        spans: config.distributed_tracing.enabled,
        exclude: config.analysis.exclude,
      },
      logOf(log, 'analyser'),
      () => writer.queuedEvents > 0,
      threads,
      room,
    );
    const retention = new Retention(
      storage,
      config.storage.retention_days ?? null,
      logOf(log, 'storage'),
      config.storage.retention_grace_hours,
    );
    const sealer = new Sealer(
      storage.seals,
      {
        afterMinutes: config.storage.postgres.seal_after_minutes || null,
        isAnalysed: config.race_detection.enabled || config.distributed_tracing.enabled,
      },
      logOf(log, 'storage'),
    );
    const triage = new TriageKeeper(
      storage.derived.triage,
      findingRules(config.findings),
      logOf(log, 'storage'),
    );
    const alerter = new Alerter(
      {
        receivers: config.alerts,
        privateHosts: config.alerting.private_hosts,
        publicUrl: server.public_url ?? null,
        version: packageVersion(),
      },
      storage,
      conditions,
      logOf(log, 'alerts'),
    );
    const httpLog = logOf(log, 'http');
    const files = certificateFiles(server.tls);
    const tls =
      files === null
        ? null
        : new NativeTls(files, { log: httpLog, loaded: (atMs) => metrics.certificateLoaded(atMs) });
    const webFiles = config.ui.enabled ? readWebFiles(webFolder) : null;
    if (config.ui.enabled && webFiles === null) {
      logOf(log, 'http').warn(
        'the web UI is not built, so that there is none: run `npm run build`',
      );
    }
    const app = await createApp(
      {
        settings: server,
        memory,
        ui: config.ui,
        keys,
        usage,
        audit,
        storage,
        writer,
        analyser,
        live,
        retention,
        sealer,
        alerter,
        metrics,
        redaction: redactionOf(config.privacy),
        version: packageVersion(),
        startedMs: performance.now(),
      },
      {
        allowAllOrigins: config.development.cors_allow_all,
        log: httpLog,
        checkReplies: false,
        ...(config.mcp.enabled
          ? { answerAssistant: await loadAnswerMessage(packageVersion()) }
          : {}),
        webFiles,
        ...(memory.heapGrowthPercent === null ? {} : { letGo: collectorOf(memory.bodyBytes / 2) }),
        ...(tls === null ? {} : { tls }),
      },
    );
    tls?.attach(app.server);
    const drain = prepareDrain(app);
    analyser.start();
    retention.start();
    sealer.start();
    triage.start();
    alerter.start();
    await diary.start();
    await app.listen({
      host: server.host,
      port: server.port,
      listenTextResolver: (address) => `listening at ${address}`,
    });
    const otlpPorts = await openOtlpPorts(app, config, tls).catch(async (error: unknown) => {
      await app.close();
      throw error;
    });
    const polls =
      tls === null ? undefined : setInterval(() => tls.poll(), certificatePollMs).unref();
    return {
      hasPages: webFiles !== null,
      url: urlOf(app.server.address() as AddressInfo, tls === null ? 'http' : 'https'),
      reloadCertificate: () => tls?.reload(),
      replaceKeys(settings) {
        const change = keys.replace(configuredKeys(settings), settings.auth_enabled);
        void diary.turn();
        return change;
      },
      reopenAudit: () => audit?.reopen(),
      async close() {
        clearInterval(polls);
        // Their clients come back to another instance, or when this one is there again.
        await live.close();
        const delayMs = server.shutdown_delay_seconds * 1000;
        await Promise.all([drain(delayMs), otlpPorts.close(delayMs)]);
        await app.close();
        await writer.close();
        await alerter.close();
        await retention.close();
        await sealer.close();
        await triage.close();
        await analyser.close();
        await diary.close();
        audit?.close();
        await storage.close();
      },
    };
  } catch (error) {
    audit?.close();
    await storage.close();
    throw error;
  }
}

/** Metrics that also notice what somebody should be told of. */
function noticing(metrics: Metrics, conditions: Conditions): Metrics {
  return {
    ...metrics,
    addressFailedOften() {
      metrics.addressFailedOften();
      conditions.notice('authentication_failing');
    },
    rateLimited(budget, route) {
      metrics.rateLimited(budget, route);
      conditions.notice('limit_reached');
    },
  };
}

function redactionOf(privacy: Config['privacy']): Redaction {
  const { redact_headers: headers, redact_tags: tags, redact_paths: paths } = privacy;
  return compileRedaction({ headers, tags, paths });
}

interface OpenStorage {
  readonly storage: Storage;
  /** The same for those who read what was just written, and would only wait for a replica. */
  readonly written: Storage;
}

async function openStorage(
  { storage, anomaly_detection, analysis }: Config,
  thread: WorkerThread,
  log: FastifyBaseLogger,
): Promise<OpenStorage> {
  const { backend, memory, postgres } = storage;
  const anomalyDetection = anomaly_detection.enabled;
  const exclusion = new Exclusion(analysis.exclude);
  if (backend === 'memory' || postgres.connection === null) {
    const options: MemoryOptions = {
      maxBytes: memory.max_bytes,
      anomalyDetection,
      exclusion,
      packElsewhere: (bundle) => thread.run({ kind: 'pack', bundle }, true),
    };
    const opened =
      memory.directory === undefined
        ? openMemoryStorage(options)
        : await openKept(memory.directory, options, log);
    return { storage: opened, written: opened };
  }
  const options = {
    connection: postgres.connection,
    readConnection: postgres.read_connection,
    maxConnections: postgres.max_connections,
    minConnections: postgres.min_connections,
    connectionTimeoutSeconds: postgres.connection_timeout_seconds,
    autoMigrate: postgres.auto_migrate,
    anomalyDetection,
    exclusion,
  };
  const timeoutSeconds = postgres.start_timeout_seconds;
  // The driver takes time to load, and a server of the memory has no use for it.
  const [{ openPostgresStorage }, { openWhenThere }] = await Promise.all([
    import('./storage/postgres/open.ts'),
    import('./storage/postgres/open-when-there.ts'),
  ]);
  const opened = await openWhenThere(() => openPostgresStorage(options), { timeoutSeconds, log });
  return { storage: opened, written: opened.primary };
}

async function openKept(
  directory: string,
  options: MemoryOptions,
  log: FastifyBaseLogger,
): Promise<Storage> {
  const startedMs = performance.now();
  const storage = await openKeptMemoryStorage(options, await openJournal(directory));
  const { eventCount, traceCount } = await storage.statistics();
  const durationMs = Math.round(performance.now() - startedMs);
  log.info({ directory, eventCount, traceCount, durationMs }, 'what was kept is there again');
  return storage;
}

function urlOf({ address, family, port }: AddressInfo, scheme: string): string {
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${host}:${port}`;
}
