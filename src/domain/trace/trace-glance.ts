import type { TraceSummary } from './trace.ts';
import { durationMs } from './trace.ts';

/** As much of a trace as pictures and counts of many are made of. */
export interface TraceGlance
  extends Pick<
    TraceSummary,
    'lastActivityNs' | 'eventCount' | 'root' | 'services' | 'environments'
  > {
  readonly durationMs: number;
  readonly hasErrors: boolean;
  readonly hasRaces: boolean;
  readonly hasAnomalies: boolean;
}

/** Traces that a search finds, the latest first. */
export interface TraceGlances {
  readonly traces: readonly TraceGlance[];
  /** Whether all that match are among them. */
  readonly isWhole: boolean;
}

/** The glance at a trace of this summary. */
export function glanceAt(summary: TraceSummary): TraceGlance {
  const { lastActivityNs, eventCount, root, services, environments } = summary;
  return {
    ...{ lastActivityNs, eventCount, root, services, environments },
    durationMs: durationMs(summary),
    hasErrors: summary.errorCount > 0,
    hasRaces: summary.raceCount > 0,
    hasAnomalies: summary.anomalyCount > 0,
  };
}
