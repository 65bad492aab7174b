import type { ReceiverState } from '../../alerts/receiver-loop.ts';
import type { ReceiverBacklog } from '../../storage/alert-store.ts';
import type { Instruments } from './instruments.ts';

export interface AlertMetrics {
  /** Receivers of alerts as they are now; names come from the configuration alone. */
  showAlerts(
    states: readonly ReceiverState[],
    backlogs: ReadonlyMap<string, ReceiverBacklog> | null,
  ): void;
}

/** Metrics of who is told of races and conditions; without `[[alerts]]` there are no figures. */
export function alertMetrics(instruments: Instruments): AlertMetrics {
  const label = ['alert'];
  const sent = instruments.counter(
    'raceway_alerts_sent_total',
    'Alerts that a receiver took from this process.',
    label,
  );
  const failures = instruments.counter(
    'raceway_alert_failures_total',
    'Messages with alerts that a receiver did not take; they are tried again.',
    label,
  );
  const givenUp = instruments.counter(
    'raceway_alerts_given_up_total',
    'Alerts that are not tried any more; the log says why.',
    label,
  );
  const failing = instruments.gauge(
    'raceway_alert_failing',
    '1 when the last message to a receiver was not taken, else 0; /status says why.',
    label,
  );
  const waiting = instruments.gauge(
    'raceway_alerts_waiting',
    'Alerts that wait for a receiver, of all instances; NaN while the storage is away.',
    label,
  );
  return {
    showAlerts(states, backlogs) {
      for (const counter of [sent, failures, givenUp]) counter.reset();
      for (const state of states) {
        const of = { alert: state.name };
        sent.inc(of, state.sent);
        failures.inc(of, state.failures);
        givenUp.inc(of, state.givenUp);
        failing.set(of, state.fault === null ? 0 : 1);
        const waits = backlogs === null ? Number.NaN : (backlogs.get(state.name)?.waiting ?? 0);
        waiting.set(of, waits);
      }
    },
  };
}
