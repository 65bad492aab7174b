import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pino from 'pino';
import type { Alerter } from '../../src/alerts/alerter.ts';
import { Analyser } from '../../src/analyser/analyser.ts';
import type { AnalysisSwitches } from '../../src/analysis/trace-work.ts';
import type { AuditLog } from '../../src/audit/audit-log.ts';
import { type Config, settingsSchema } from '../../src/config/schema.ts';
import { compileRedaction, type RedactionRules } from '../../src/domain/event/redaction.ts';
import { createApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/context.ts';
import { LiveFeed } from '../../src/http/live/live-feed.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import type { WebFiles } from '../../src/http/ui/web-files.ts';
import { configuredKeys } from '../../src/keys/access-key.ts';
import { KeyRing } from '../../src/keys/key-ring.ts';
import { KeyUsage } from '../../src/keys/key-usage.ts';
import type { AnswerMessage } from '../../src/mcp/http-answer.ts';
import { GroupCommit } from '../../src/storage/group-commit.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { Retention } from '../../src/storage/retention.ts';
import { Sealer } from '../../src/storage/sealer.ts';
import type { Storage } from '../../src/storage/storage.ts';

const noRules: RedactionRules = { headers: [], tags: [], paths: [] };

/** A good key, for tests that need one. */
export const KEY = 'rwk-0123456789abcdefghij';

export interface TestAppOptions {
  readonly server?: Partial<Config['server']>;
  readonly ui?: Partial<Config['ui']>;
  readonly memory?: { readonly bodyBytes: number; readonly replyBytes: number };
  readonly storage?: Storage;
  readonly switches?: AnalysisSwitches;
  readonly bufferSize?: number;
  readonly allowAllOrigins?: boolean;
  readonly retention?: Retention;
  readonly sealer?: Sealer;
  readonly alerter?: Pick<Alerter, 'states'>;
  readonly redact?: Partial<RedactionRules>;
  readonly requestTimeoutMs?: number;
  readonly bodyWindowMs?: number;
  readonly audit?: AuditLog;
  readonly startedMs?: number;
  /** None by default. */
  readonly answerAssistant?: AnswerMessage;
  /** None by default. */
  readonly webFiles?: WebFiles;
  /** Where log lines go; nowhere by default. */
  readonly logLines?: string[];
}

export interface TestApp {
  readonly app: App;
  readonly keys: KeyRing;
  readonly storage: Storage;
  readonly writer: GroupCommit;
  readonly analyser: Analyser;
  readonly live: LiveFeed;
}

/** The HTTP side on a memory storage of its own, every reply held against its schema. */
export async function testApp(t: TestContext, options: TestAppOptions = {}): Promise<TestApp> {
  const defaults = settingsSchema.parse({});
  const storage = options.storage ?? openMemoryStorage({ maxBytes: 64 * 1024 * 1024 });
  const metrics = createMetrics();
  const live = new LiveFeed(storage);
  const writer = new GroupCommit(
    storage,
    { batchSize: 1000, bufferSize: options.bufferSize ?? 10_000, flushIntervalMs: 0 },
    {
      committed(eventCount, durationSeconds, requests) {
        metrics.committed(eventCount, durationSeconds, requests);
        live.note(requests);
        analyser.notify(requests);
      },
      failed: (error) => metrics.failed(error),
    },
  );
  const { logLines } = options;
  const log =
    logLines === undefined
      ? pino({ level: 'silent' })
      : pino({ level: 'trace' }, { write: (line: string) => logLines.push(line) });
  const analyser = new Analyser(storage, options.switches ?? { races: true, spans: true }, log);
  analyser.start();
  const settings = { ...defaults.server, auth_enabled: false, ...options.server };
  const keys = new KeyRing(configuredKeys(settings), settings.auth_enabled);
  const app = await createApp(
    {
      settings,
      ui: { ...defaults.ui, ...options.ui },
      memory: options.memory ?? { bodyBytes: 128 * 1024 * 1024, replyBytes: 256 * 1024 * 1024 },
      keys,
      usage: new KeyUsage(),
      audit: options.audit ?? null,
      storage,
      writer,
      analyser,
      live,
      retention: options.retention ?? new Retention(storage, null, log),
      sealer:
        options.sealer ?? new Sealer(storage.seals, { afterMinutes: null, isAnalysed: true }, log),
      alerter: options.alerter ?? { states: [] },
      metrics,
      redaction: compileRedaction({ ...noRules, ...options.redact }),
      version: '0.0.0-test',
      startedMs: options.startedMs ?? performance.now(),
    },
    {
      allowAllOrigins: options.allowAllOrigins ?? false,
      log,
      checkReplies: true,
      ...(options.answerAssistant === undefined
        ? {}
        : { answerAssistant: options.answerAssistant }),
      webFiles: options.webFiles ?? null,
      ...(options.requestTimeoutMs === undefined
        ? {}
        : { requestTimeoutMs: options.requestTimeoutMs }),
      ...(options.bodyWindowMs === undefined ? {} : { bodyWindowMs: options.bodyWindowMs }),
    },
  );
  t.after(async () => {
    await live.close();
    await app.close();
    await writer.close();
    await analyser.close();
    await storage.close();
  });
  return { app, keys, storage, writer, analyser, live };
}

/** Posts events the plain way. */
export function post(app: App, events: readonly unknown[], headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: '/events',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ events }),
  });
}

/** biome-ignore lint/suspicious/noExplicitAny: replies are held against their schemas by the app. */
export type Reply = any;

/** Longer than a request would wait for findings: a busy machine is no fault. */
const SETTLE_MS = 60_000;

/** What a reader gets once everything is analysed. */
export async function getSettled({ app, analyser }: TestApp, url: string): Promise<Reply> {
  const endMs = performance.now() + SETTLE_MS;
  // A large trace may wait for its turn while nothing else is to be done.
  while (await analyser.settle(1000)) {
    assert.ok(performance.now() < endMs, 'analysis came to no end');
  }
  const reply = await app.inject({ method: 'GET', url });
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json().data;
}
