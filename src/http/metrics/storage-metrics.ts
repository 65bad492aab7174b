import type { WaitingWork } from '../../storage/derived.ts';
import type { StorageStatistics } from '../../storage/storage.ts';
import { waitingSeconds } from '../waiting-work.ts';
import { type Instruments, showTotal } from './instruments.ts';

interface StorageMetrics {
  /**
   * The storage as it is now, and what waits for its analysis; null: it did not answer,
   * which is itself something to report.
   */
  showStorage(statistics: StorageStatistics | null, work: WaitingWork | null): void;
}

/** Metrics of what is stored. */
export function storageMetrics(instruments: Instruments): StorageMetrics {
  const waiting = instruments.gauge(
    'raceway_analysis_waiting_traces',
    'Traces stored but not part of findings yet.',
  );
  const oldest = instruments.gauge(
    'raceway_analysis_oldest_waiting_seconds',
    'For how long one of these waits at most; 0 when none does.',
  );
  const up = instruments.gauge(
    'raceway_storage_up',
    '1 when the storage answered just now, else 0.',
  );
  const traces = instruments.gauge('raceway_storage_traces', 'Traces stored now.');
  const events = instruments.gauge('raceway_storage_events', 'Events stored now.');
  const bytes = instruments.gauge(
    'raceway_storage_bytes',
    'Bytes in use; NaN where the storage cannot tell.',
  );
  const bytesMax = instruments.gauge(
    'raceway_storage_bytes_max',
    'Bytes it may use; NaN without a bound.',
  );
  const diskBytes = instruments.gauge(
    'raceway_storage_disk_bytes',
    'Bytes of the files that keep what is in memory; NaN where there are none.',
  );
  const evictedTraces = instruments.counter(
    'raceway_storage_evicted_traces_total',
    'Whole traces given up for room, since the start.',
  );
  const evictedEvents = instruments.counter(
    'raceway_storage_evicted_events_total',
    'Events given up for room, since the start.',
  );
  const pinnedTraces = instruments.gauge(
    'raceway_storage_pinned_traces',
    'Traces kept whatever their age, because somebody pinned a race.',
  );
  const pinnedBytes = instruments.gauge(
    'raceway_storage_pinned_bytes',
    'Bytes of their events as text, when they were pinned.',
  );
  const replicaUp = instruments.gauge(
    'raceway_storage_replica_up',
    '1 while a replica answers readers, 0 while the database does in its place; NaN without one.',
  );
  const replicaReads = instruments.counter(
    'raceway_storage_replica_reads_total',
    'Reads that a replica answered, since the start.',
  );
  const passedOnReads = instruments.counter(
    'raceway_storage_replica_passed_on_total',
    'Reads that the database answered in place of its replica, since the start.',
  );
  return {
    showStorage(statistics, work) {
      if (work !== null) {
        waiting.set(work.traces);
        oldest.set(waitingSeconds(work) ?? 0);
      }
      up.set(statistics === null ? 0 : 1);
      if (statistics === null) return;
      traces.set(statistics.traceCount);
      events.set(statistics.eventCount);
      bytes.set(statistics.bytes ?? Number.NaN);
      bytesMax.set(statistics.bytesMax ?? Number.NaN);
      diskBytes.set(statistics.diskBytes ?? Number.NaN);
      pinnedTraces.set(statistics.pinned.traces);
      pinnedBytes.set(statistics.pinned.bytes);
      showTotal(evictedTraces, statistics.evictedTraces);
      showTotal(evictedEvents, statistics.evictedEvents);
      const { replica } = statistics;
      replicaUp.set(replica === null ? Number.NaN : Number(replica.fault === null));
      showTotal(replicaReads, replica?.answered ?? 0);
      showTotal(passedOnReads, replica?.passedOn ?? 0);
    },
  };
}
