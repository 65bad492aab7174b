import type { GroupCommit, GroupCommitObserver } from '../../storage/group-commit.ts';

import { type Instruments, SECONDS } from './instruments.ts';

interface CommitMetrics extends GroupCommitObserver {
  /** The queue before the transactions as it is now. */
  showQueue(writer: GroupCommit): void;
}

const EVENTS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

/** Metrics of the writer: its transactions, and what waits for them. */
export function commitMetrics(instruments: Instruments): CommitMetrics {
  const commits = instruments.counter(
    'raceway_commits_total',
    'Transactions of the storage, by outcome.',
    ['outcome'],
  );
  const commitSeconds = instruments.histogram(
    'raceway_commit_duration_seconds',
    'Time of one transaction.',
    SECONDS,
  );
  const commitEvents = instruments.histogram(
    'raceway_commit_events',
    'Events in one transaction.',
    EVENTS,
  );
  const queued = instruments.gauge(
    'raceway_queue_events',
    'Events that wait for their transaction.',
  );
  const queueCapacity = instruments.gauge(
    'raceway_queue_capacity_events',
    'Events that may wait (engine.buffer_size).',
  );
  return {
    committed(eventCount, durationSeconds) {
      commits.inc({ outcome: 'committed' });
      commitSeconds.observe(durationSeconds);
      commitEvents.observe(eventCount);
    },
    failed: () => commits.inc({ outcome: 'failed' }),
    showQueue(writer) {
      queued.set(writer.queuedEvents);
      queueCapacity.set(writer.capacityEvents);
    },
  };
}
