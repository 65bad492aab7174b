import { binMs, binOf, countOf, type Histogram, logDeviation, quantileBin } from './histogram.ts';
import { thresholds } from './thresholds.ts';

/** What judging needs to know of the durations of an operation. */
export interface Baseline {
  readonly count: number;
  readonly medianMs: number;
  /** Beyond these bins is beyond the quantiles, or with few spans the extremes. */
  readonly slowBin: number;
  readonly fastBin: number;
  /** Robust spread of the logarithm: 1.4826 times the median absolute deviation. */
  readonly spread: number;
}

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

/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const NORMAL_SPREAD = 1.4826;

const nothingKnown: Baseline = { count: 0, medianMs: 0, slowBin: 0, fastBin: 0, spread: 0 };

export function describeBaseline(histogram: Histogram): Baseline {
  const count = countOf(histogram);
  if (count === 0) return nothingKnown;
  const byQuantile = count >= thresholds.spansForQuantiles;
  return {
    count,
    medianMs: binMs(quantileBin(histogram, 0.5)),
    slowBin: quantileBin(histogram, byQuantile ? thresholds.quantile : 1),
    fastBin: quantileBin(histogram, byQuantile ? 1 - thresholds.quantile : 0),
    spread: Math.max(NORMAL_SPREAD * logDeviation(histogram), thresholds.spreadMin),
  };
}

/**
 * Judges one duration by the spans before it: an anomaly, `normal`, or not to be told because too
 * few are known.
 */
export function judge(
  baseline: Baseline,
  durationMs: number,
): LatencyAnomaly | 'normal' | 'insufficient_baseline' {
  if (baseline.count < thresholds.spansMin) return 'insufficient_baseline';
  const kind = kindOf(baseline, durationMs);
  if (kind === null) return 'normal';
  const { count, medianMs, slowBin, spread } = baseline;
  const deviations = Math.abs(Math.log(Math.max(durationMs, binMs(0)) / medianMs)) / spread;
  return {
    kind,
    severity: severityOf(deviations),
    deviations,
    baselineCount: count,
    p50Ms: medianMs,
    p999Ms: binMs(slowBin),
  };
}

function kindOf(baseline: Baseline, durationMs: number): LatencyKind | null {
  const { count, medianMs, slowBin, fastBin } = baseline;
  if (Math.abs(durationMs - medianMs) < thresholds.changeMsMin) return null;
  if (count >= thresholds.spansForQuantiles) {
    const bin = binOf(durationMs);
    if (bin > slowBin && durationMs >= thresholds.factorMin * medianMs) return 'slow';
    return bin < fastBin && durationMs <= medianMs / thresholds.factorMin ? 'fast' : null;
  }
  const { strictExtremeFactor, strictFactorMin } = thresholds;
  if (durationMs > binMs(slowBin) * strictExtremeFactor) {
    return durationMs >= strictFactorMin * medianMs ? 'slow' : null;
  }
  if (durationMs >= binMs(fastBin) / strictExtremeFactor) return null;
  return durationMs <= medianMs / strictFactorMin ? 'fast' : null;
}

function severityOf(deviations: number): LatencySeverity {
  if (deviations >= thresholds.criticalDeviations) return 'Critical';
  return deviations >= thresholds.warningDeviations ? 'Warning' : 'Minor';
}
