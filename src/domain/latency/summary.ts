import { describeBaseline } from './baseline.ts';
import { HOURS, isOfHour, type LatencyBucket } from './buckets.ts';
import { binMs, countOf, type Histogram, mergeHistograms, quantileBin } from './histogram.ts';
import { thresholds } from './thresholds.ts';

/** Bars of a histogram that is drawn. */
const BARS_MAX = 40;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One bar: durations from a bin on, until the next bar's, and how many of them were flagged. */
export interface LatencyBar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly flagged: number;
}

/** Durations of one hour or one day. */
export interface LatencyPeriod {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly count: number;
  readonly flagged: number;
  readonly p50Ms: number;
  readonly p999Ms: number;
}

/** What is known of the durations of an operation, as a person looks at it. */
export interface LatencySummary {
  readonly count: number;
  readonly flagged: number;
  readonly p50Ms: number;
  readonly p999Ms: number;
  /** From where on a duration is slow; null while the operation is being learnt. */
  readonly slowFromMs: number | null;
  readonly bars: readonly LatencyBar[];
  /** Earliest first. */
  readonly hours: readonly LatencyPeriod[];
  readonly days: readonly LatencyPeriod[];
}

/** A range of time in milliseconds since 1970; null leaves an end open. */
export interface LatencyRange {
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

/**
 * Sums up the buckets of an operation.
 *
 * @param hour now, counted since 1970
 * @param range hours, or days where it begins before the hours that are kept, are in it that touch it
 */
export function summariseLatency(
  buckets: readonly LatencyBucket[],
  hour: number,
  range: LatencyRange = { sinceMs: null, untilMs: null },
): LatencySummary {
  const touching = (lengthMs: number) => (bucket: LatencyBucket) =>
    (range.sinceMs === null || (bucket.period + 1) * lengthMs > range.sinceMs) &&
    (range.untilMs === null || bucket.period * lengthMs < range.untilMs);
  const hours = buckets.filter(isOfHour).filter(touching(HOUR_MS));
  const days = buckets.filter((bucket) => !isOfHour(bucket)).filter(touching(DAY_MS));
  // What is in the bucket of an hour is in that of its day too.
  const areHoursKept = range.sinceMs !== null && range.sinceMs >= (hour + 1 - HOURS) * HOUR_MS;
  const counted = areHoursKept ? hours : days;
  const learnt = mergeHistograms(counted.map((one) => one.learnt));
  const flagged = mergeHistograms(counted.map((one) => one.flagged));
  const all = mergeHistograms([learnt, flagged]);
  const baseline = describeBaseline(buckets, hour);
  const { medianMs, slowBin, factorMin } = baseline;
  const slowFromMs = Math.max(
    binMs(slowBin),
    factorMin * medianMs,
    medianMs + thresholds.changeMsMin,
  );
  return {
    count: countOf(all),
    flagged: countOf(flagged),
    ...quantilesOf(all),
    slowFromMs: baseline.rest === 'learning' ? null : slowFromMs,
    bars: barsOf(all, flagged),
    hours: periodsOf(hours, HOUR_MS),
    days: periodsOf(days, DAY_MS),
  };
}

function quantilesOf(histogram: Histogram): { p50Ms: number; p999Ms: number } {
  if (histogram.size === 0) return { p50Ms: 0, p999Ms: 0 };
  return {
    p50Ms: binMs(quantileBin(histogram, 0.5)),
    p999Ms: binMs(quantileBin(histogram, thresholds.quantile)),
  };
}

function barsOf(all: Histogram, flagged: Histogram): LatencyBar[] {
  if (all.size === 0) return [];
  const bins = [...all.keys()];
  const [first, last] = [Math.min(...bins), Math.max(...bins)];
  const width = Math.ceil((last - first + 1) / BARS_MAX);
  const bars = Array.from({ length: Math.ceil((last - first + 1) / width) }, (_, place) => ({
    fromMs: binMs(first + place * width),
    toMs: binMs(first + (place + 1) * width),
    count: 0,
    flagged: 0,
  }));
  const barOf = (bin: number) => bars[Math.floor((bin - first) / width)];
  for (const [bin, count] of all) {
    const bar = barOf(bin);
    if (bar === undefined) continue;
    bar.count += count;
    bar.flagged += flagged.get(bin) ?? 0;
  }
  return bars;
}

function periodsOf(buckets: readonly LatencyBucket[], lengthMs: number): LatencyPeriod[] {
  return buckets
    .map(({ period, learnt, flagged }) => {
      const all = mergeHistograms([learnt, flagged]);
      return {
        startMs: period * lengthMs,
        count: countOf(all),
        flagged: countOf(flagged),
        ...quantilesOf(all),
      };
    })
    .sort((a, b) => a.startMs - b.startMs);
}
