import { durationsKnown, type LatencyBucket } from './buckets.ts';
import {
  BIN_WIDTH,
  binMs,
  countOf,
  type Histogram,
  logDeviation,
  mergeHistograms,
  quantileBin,
} from './histogram.ts';
import { thresholds } from './thresholds.ts';

/**
 * What a baseline rests on: too little to judge; few spans of hours that are over; also the hour that
 * is not over; or hours that are over alone.
 */
type BaselineRest = 'learning' | 'few' | 'open_hour' | 'settled';

/** What judging needs to know of the durations of an operation. */
export interface Baseline {
  readonly rest: BaselineRest;
  /** Spans that it rests on; while it is learning, those that are known. */
  readonly count: number;
  readonly medianMs: number;
  /** Slow is longer than this bin and so many times the median, fast the mirror image. */
  readonly slowBin: number;
  readonly fastBin: number;
  readonly factorMin: number;
  /** The 99.9th percentile without strays. */
  readonly p999Ms: number;
  /** Robust spread of the logarithm: 1.4826 times the median absolute deviation. */
  readonly spread: number;
}

/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const NORMAL_SPREAD = 1.4826;
/** An open hour that has grown by less changes nothing that is worth counting its durations anew. */
const GROWTH_MIN = 0.1;

/** The baseline for a span that began in an hour, of the buckets of its operation. */
export function describeBaseline(buckets: Iterable<LatencyBucket>, hour: number): Baseline {
  const { closed, open } = durationsKnown(buckets, hour);
  const closedCount = countOf(closed);
  if (closedCount >= thresholds.spansForQuantiles) return describe('settled', closed);
  const known = mergeHistograms([closed, open]);
  if (countOf(known) >= thresholds.openHourSpansMin) return describe('open_hour', known);
  return closedCount >= thresholds.spansMin ? describe('few', closed) : learning(countOf(known));
}

/** Whether so many spans more in its hour ask for a new description. */
export function isOutgrown({ rest, count }: Baseline, addedCount: number): boolean {
  if (rest === 'settled') return false;
  return rest === 'open_hour' ? addedCount >= GROWTH_MIN * count : addedCount > 0;
}

function learning(count: number): Baseline {
  const unknown = { medianMs: 0, slowBin: 0, fastBin: 0, factorMin: 0, p999Ms: 0, spread: 0 };
  return { rest: 'learning', count, ...unknown };
}

function describe(rest: Exclude<BaselineRest, 'learning'>, histogram: Histogram): Baseline {
  const usual = withoutStrays(histogram);
  const medianBin = quantileBin(histogram, 0.5);
  return {
    rest,
    count: countOf(histogram),
    medianMs: binMs(medianBin),
    ...limitsOf[rest](usual, medianBin),
    p999Ms: binMs(quantileBin(usual, thresholds.quantile)),
    spread: Math.max(NORMAL_SPREAD * logDeviation(histogram), thresholds.spreadMin),
  };
}

type Limits = Pick<Baseline, 'slowBin' | 'fastBin' | 'factorMin'>;

const limitsOf = {
  settled: (usual: Histogram): Limits => ({
    slowBin: quantileBin(usual, thresholds.quantile),
    fastBin: quantileBin(usual, 1 - thresholds.quantile),
    factorMin: thresholds.factorMin,
  }),

  few: (usual: Histogram): Limits => ({
    slowBin: quantileBin(usual, 1) + strictBins,
    fastBin: quantileBin(usual, 0) - strictBins,
    factorMin: thresholds.strictFactorMin,
  }),

  /**
   * Of 100 spans the longest is only the 99th percentile, so that durations with a heavy tail go beyond
   * it every now and then. Half of the way again from the median to the last percents reaches about
   * the 99.9th percentile of durations whose logarithm is normal; it never goes far beyond what was seen.
   */
  open_hour: (usual: Histogram, medianBin: number): Limits => {
    const end = thresholds.openHourEndShare;
    const high = quantileBin(usual, 1 - end);
    const low = quantileBin(usual, end);
    const reach = (bin: number) => Math.max(strictBins, Math.abs(bin - medianBin) / 2);
    return {
      slowBin: Math.min(quantileBin(usual, 1) + strictBins, high + reach(high)),
      fastBin: Math.max(quantileBin(usual, 0) - strictBins, low - reach(low)),
      factorMin: thresholds.factorMin,
    };
  },
};

/** The number of bins between two durations of which one is so many times the other. */
function binsOf(factor: number): number {
  return Math.log(factor) / BIN_WIDTH;
}

const strictBins = binsOf(thresholds.strictExtremeFactor);
const strayBins = binsOf(thresholds.strayFactorMin);

/** Leaves out the few durations, at either end, that lie far from all others. */
function withoutStrays(histogram: Histogram): Histogram {
  const rising = [...histogram].sort(([a], [b]) => a - b);
  const countMax = thresholds.strayShareMax * countOf(histogram);
  const short = straysBefore(rising, countMax);
  const long = straysBefore(rising.toReversed(), countMax);
  return new Map(rising.slice(short, rising.length - long));
}

/** How many bins at the front hold strays. */
function straysBefore(bins: readonly (readonly [number, number])[], countMax: number): number {
  let strays = 0;
  let seen = 0;
  for (const [place, [bin, count]] of bins.entries()) {
    seen += count;
    const next = bins[place + 1];
    if (seen > countMax || next === undefined) break;
    if (Math.abs(next[0] - bin) >= strayBins) strays = place + 1;
  }
  return strays;
}
