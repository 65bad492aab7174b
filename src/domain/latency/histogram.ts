/**
 * Counts of durations in bins that grow by a constant factor: a DDSketch (Masson, Rim & Lee, 2019,
 * arXiv 1908.10693). A quantile read from it is within 1 % of the exact one, for any data, and
 * histograms are merged by adding counts, in any order.
 */
export type Histogram = ReadonlyMap<number, number>;

/** Bin 0 holds everything up to a microsecond: nobody's clock measures less. */
const SMALLEST_MS = 0.001;
/** Longer than any step (300 years): a wrong number makes no bins of its own. */
const LARGEST_MS = 1e13;
const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);

/** The width of a bin on the scale of natural logarithms. */
export const BIN_WIDTH = Math.log(GAMMA);

export function binOf(durationMs: number): number {
  if (durationMs <= SMALLEST_MS) return 0;
  return Math.ceil(Math.log(Math.min(durationMs, LARGEST_MS) / SMALLEST_MS) / BIN_WIDTH);
}

/** The duration that is within 1 % of every duration in the bin. */
export function binMs(bin: number): number {
  return (SMALLEST_MS * 2 * GAMMA ** bin) / (1 + GAMMA);
}

export function addToHistogram(histogram: Map<number, number>, bin: number, count: number): void {
  histogram.set(bin, (histogram.get(bin) ?? 0) + count);
}

export function mergeHistograms(histograms: Iterable<Histogram>): Histogram {
  const merged = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [bin, count] of histogram) addToHistogram(merged, bin, count);
  }
  return merged;
}

/** What is left of a histogram without a part of it; a bin never counts less than nothing. */
export function histogramWithout(whole: Histogram, part: Histogram): Histogram {
  const left = new Map<number, number>();
  for (const [bin, count] of whole) {
    const rest = count - (part.get(bin) ?? 0);
    if (rest > 0) left.set(bin, rest);
  }
  return left;
}

export function countOf(histogram: Histogram): number {
  let count = 0;
  for (const inBin of histogram.values()) count += inBin;
  return count;
}

/**
 * The bin of a quantile: it holds the smallest duration that this part of all durations does not
 * exceed.
 *
 * @param histogram not empty
 * @param quantile from 0 (the least) to 1 (the greatest)
 */
export function quantileBin(histogram: Histogram, quantile: number): number {
  const wanted = quantile * countOf(histogram);
  let last = 0;
  let seen = 0;
  for (const [bin, count] of [...histogram].sort(([a], [b]) => a - b)) {
    last = bin;
    seen += count;
    if (seen >= wanted && seen > 0) break;
  }
  return last;
}

/** Median absolute deviation from the median, on the scale of natural logarithms. */
export function logDeviation(histogram: Histogram): number {
  const median = quantileBin(histogram, 0.5);
  const distances = new Map<number, number>();
  for (const [bin, count] of histogram) addToHistogram(distances, Math.abs(bin - median), count);
  return quantileBin(distances, 0.5) * BIN_WIDTH;
}
