/**
 * When the duration of a span is an anomaly. Starting points: they found 99.0 % of the abnormal
 * traces of TrainTicket, with 1.8 % of the normal ones flagged.
 */
export const thresholds = {
  /** With fewer spans nothing is judged: of 30 spans, the largest is about the 97th percentile. */
  spansMin: 30,
  /** Spans from which the quantiles below are told from chance; below, a stricter rule holds. */
  spansForQuantiles: 100,
  /** Slow is beyond this quantile, fast is below its mirror image. */
  quantile: 0.999,
  /**
   * Times the median. Durations have several usual values, so that a rare one need not be wrong.
   */
  factorMin: 2,
  /** With few spans: how far beyond the extremes, and how many times the median. */
  strictExtremeFactor: 1.5,
  strictFactorMin: 3,
  /** Spans from which an hour that is not over judges what comes later in it. */
  openHourSpansMin: 100,
  /** In such an hour this share at either end says nothing of what is usual. */
  openHourEndShare: 0.02,
  /**
   * Strays are at most this share of all durations, and this many times longer, or shorter, than all
   * others: they are left out, or the first one would hide the next.
   */
  strayShareMax: 0.02,
  strayFactorMin: 8,
  /** A smaller change is noise of schedulers and clocks, whatever its factor. */
  changeMsMin: 20,
  /** Robust deviations (logarithmic) from which an anomaly is more than minor. */
  warningDeviations: 6,
  criticalDeviations: 10,
  /** Least spread of a logarithm, 5 %: durations that hardly vary would make everything critical. */
  spreadMin: 0.05,
  /**
   * When more than this share of a bucket was flagged, the operation has changed: from the end of
   * the bucket on, such durations are normal.
   */
  shiftShare: 0.3,
  /** Spans in a bucket from which that is told from a burst. */
  shiftSpansMin: 200,
} as const;
