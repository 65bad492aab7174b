import { totalmem } from 'node:os';
import { Registry } from 'prom-client';
import type { GroupCommit, GroupCommitObserver } from '../../storage/group-commit.ts';
import type { Storage } from '../../storage/storage.ts';
import { type AccessMetrics, accessMetrics } from './access-metrics.ts';
import { type AlertMetrics, alertMetrics } from './alert-metrics.ts';
import { type AuditMetrics, auditMetrics } from './audit-metrics.ts';
import { commitMetrics } from './commit-metrics.ts';
import { type IngestMetrics, ingestMetrics } from './ingest-metrics.ts';
import { Instruments } from './instruments.ts';
import { type KeyMetrics, keyMetrics } from './key-metrics.ts';
import { type ProcessFigures, processMetrics } from './process-metrics.ts';
import { type RequestMetrics, requestMetrics } from './request-metrics.ts';
import { type RetentionMetrics, retentionMetrics } from './retention-metrics.ts';
import { type SealingMetrics, sealingMetrics } from './sealing-metrics.ts';
import { storageMetrics } from './storage-metrics.ts';

/**
 * What the server measures of itself, subject by subject. Labels come from closed sets only, never
 * from a request, and what they may say is there from the start: a counter that appears with its
 * first event would hide that one from `increase()`.
 */
export interface Metrics
  extends RequestMetrics,
    IngestMetrics,
    AccessMetrics,
    GroupCommitObserver,
    KeyMetrics,
    AuditMetrics,
    AlertMetrics,
    RetentionMetrics,
    SealingMetrics {
  /** Everything as Prometheus text, with the queue and the storage as they are now. */
  text(writer: GroupCommit, storage: Storage): Promise<string>;
}

/**
 * All metrics, in a registry of their own.
 *
 * @param droppedLogLines lines of the log that were not taken, since the start
 */
export function createMetrics(
  droppedLogLines: () => number = () => 0,
  memory: ProcessFigures = {
    limitBytes: totalmem,
    truncatedAnalyses: () => 0,
    analysedPerSecond: () => 0,
  },
): Metrics {
  const registry = new Registry();
  const instruments = new Instruments(registry);
  const { showQueue, ...commits } = commitMetrics(instruments);
  const { showStorage } = storageMetrics(instruments);
  processMetrics(instruments, droppedLogLines, memory);
  return {
    ...requestMetrics(instruments),
    ...ingestMetrics(instruments),
    ...accessMetrics(instruments),
    ...commits,
    ...keyMetrics(instruments),
    ...auditMetrics(instruments),
    ...alertMetrics(instruments),
    ...retentionMetrics(instruments),
    ...sealingMetrics(instruments),
    async text(writer, storage) {
      showQueue(writer);
      const statistics = await storage.statistics().catch(() => null);
      const work = await storage.derived.waiting().catch(() => null);
      showStorage(statistics, work);
      return registry.metrics();
    },
  };
}
