import type { Baseline } from './baseline.ts';
import { binMs, binOf } from './histogram.ts';
import { thresholds } from './thresholds.ts';

export type LatencyKind = 'slow' | 'fast';
export type LatencySeverity = 'Minor' | 'Warning' | 'Critical';

/** Why a duration is no ordinary one. */
export interface LatencyAnomaly {
  readonly kind: LatencyKind;
  readonly severity: LatencySeverity;
  /** Distance of the logarithms of duration and median, in units of the spread. */
  readonly deviations: number;
  readonly baselineCount: number;
  readonly p50Ms: number;
  readonly p999Ms: number;
}

/**
 * Judges one duration by the spans before it: an anomaly, `normal`, or `learning` when too few are
 * known.
 */
export function judge(
  baseline: Baseline,
  durationMs: number,
): LatencyAnomaly | 'normal' | 'learning' {
  if (baseline.rest === 'learning') return 'learning';
  const kind = kindOf(baseline, durationMs);
  if (kind === null) return 'normal';
  const { count, medianMs, p999Ms, spread } = baseline;
  const deviations = Math.abs(Math.log(Math.max(durationMs, binMs(0)) / medianMs)) / spread;
  return {
    kind,
    severity: severityOf(deviations),
    deviations,
    baselineCount: count,
    p50Ms: medianMs,
    p999Ms,
  };
}

function kindOf(baseline: Baseline, durationMs: number): LatencyKind | null {
  const { medianMs, slowBin, fastBin, factorMin } = baseline;
  if (Math.abs(durationMs - medianMs) < thresholds.changeMsMin) return null;
  const bin = binOf(durationMs);
  if (bin > slowBin && durationMs >= factorMin * medianMs) return 'slow';
  return bin < fastBin && durationMs <= medianMs / factorMin ? 'fast' : null;
}

function severityOf(deviations: number): LatencySeverity {
  if (deviations >= thresholds.criticalDeviations) return 'Critical';
  return deviations >= thresholds.warningDeviations ? 'Warning' : 'Minor';
}
