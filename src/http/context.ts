import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Alerter } from '../alerts/alerter.ts';
import type { Analyser } from '../analyser/analyser.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/schema.ts';
import type { Redaction } from '../domain/event/redaction.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { KeyUsage } from '../keys/key-usage.ts';
import type { MemoryShares } from '../memory/memory-shares.ts';
import type { GroupCommit } from '../storage/group-commit.ts';
import type { Retention } from '../storage/retention.ts';
import type { Sealer } from '../storage/sealer.ts';
import type { Storage } from '../storage/storage.ts';
import type { LiveFeed } from './live/live-feed.ts';
import type { Metrics } from './metrics/metrics.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What routes work with. */
export interface AppContext {
  readonly settings: Config['server'];
  readonly ui: Config['ui'];
  readonly memory: Pick<MemoryShares, 'bodyBytes' | 'replyBytes'>;
  readonly keys: KeyRing;
  readonly usage: KeyUsage;
  /** Null: no audit log is kept. */
  readonly audit: AuditLog | null;
  readonly storage: Storage;
  readonly writer: GroupCommit;
  readonly analyser: Analyser;
  /** What is stored, as it is stored. */
  readonly live: LiveFeed;
  readonly retention: Retention;
  readonly sealer: Sealer;
  readonly alerter: Pick<Alerter, 'states'>;
  readonly metrics: Metrics;
  /** Takes out of events what is not to be stored. */
  readonly redaction: Redaction;
  readonly version: string;
  /** By the clock that nobody sets. */
  readonly startedMs: number;
}
