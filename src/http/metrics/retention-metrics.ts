import type { RetentionState } from '../../storage/retention.ts';
import { type Instruments, showTotal } from './instruments.ts';

export interface RetentionMetrics {
  /** Retention as it is now. */
  showRetention(state: RetentionState): void;
}

/** Metrics of retention; without a number of days they stay at zero. */
export function retentionMetrics(instruments: Instruments): RetentionMetrics {
  const failing = instruments.gauge(
    'raceway_retention_failing',
    '1 when the last round of retention did not come to its end, or it falls behind, else 0; /status says why.',
  );
  const waiting = instruments.gauge(
    'raceway_retention_waiting',
    '1 while retention erases nothing because time may not be what it seems, else 0; /status says why.',
  );
  const lag = instruments.gauge(
    'raceway_retention_lag_seconds',
    'For how long the oldest trace should be gone; 0 when nothing should.',
  );
  const erased = instruments.counter(
    'raceway_retention_erased_traces_total',
    'Traces that retention erased, since the start.',
  );
  return {
    showRetention({ fault, waiting: reason, erasedTraces, lagMs }) {
      lag.set(lagMs / 1000);
      waiting.set(reason === null ? 0 : 1);
      failing.set(fault === null ? 0 : 1);
      showTotal(erased, erasedTraces);
    },
  };
}
