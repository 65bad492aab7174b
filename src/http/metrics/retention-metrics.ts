import { Counter, Gauge, type Registry } from 'prom-client';
import type { RetentionState } from '../../storage/retention.ts';

/** Metrics of retention; without a number of days they stay at zero. */
export function retentionMetrics(registers: Registry[]): (state: RetentionState) => void {
  const failing = new Gauge({
    name: 'raceway_retention_failing',
    help: '1 when the last round of retention did not come to its end, else 0; /status says why.',
    registers,
  });
  const erased = new Counter({
    name: 'raceway_retention_erased_traces_total',
    help: 'Traces that retention erased, since the start.',
    registers,
  });
  return ({ fault, erasedTraces }) => {
    failing.set(fault === null ? 0 : 1);
    erased.reset();
    erased.inc(erasedTraces);
  };
}
