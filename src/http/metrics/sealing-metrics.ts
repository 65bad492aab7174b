import type { SealingState } from '../../storage/sealer.ts';
import { type Instruments, showTotal } from './instruments.ts';

export interface SealingMetrics {
  /** Sealing as it is now. */
  showSealing(state: SealingState): void;
}

/** Metrics of sealing; where nothing is sealed they stay at zero. */
export function sealingMetrics(instruments: Instruments): SealingMetrics {
  const waiting = instruments.gauge(
    'raceway_sealing_waiting',
    '1 while traces stay as they are though they are to be sealed, or the last round broke off, else 0; /status says why.',
  );
  const traces = instruments.counter(
    'raceway_sealed_traces_total',
    'Traces that this process sealed, since the start.',
  );
  const events = instruments.counter(
    'raceway_sealed_events_total',
    'Events of traces that this process sealed, since the start.',
  );
  return {
    showSealing({ waiting: reason, fault, sealedTraces, sealedEvents }) {
      waiting.set(reason === null && fault === null ? 0 : 1);
      showTotal(traces, sealedTraces);
      showTotal(events, sealedEvents);
    },
  };
}
