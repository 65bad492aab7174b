import { countOf, type Histogram, histogramWithout, mergeHistograms } from './histogram.ts';
import type { LatencyKey } from './span.ts';
import { thresholds } from './thresholds.ts';

/**
 * Durations of one operation in one hour or one day. Flagged durations are kept apart: they are
 * counted, and not learnt.
 */
export interface LatencyBucket {
  /** Place in the ring of the operation, see {@link bucketsOf}. */
  readonly slot: number;
  /** The hour or the day, counted since 1970. */
  readonly period: number;
  readonly learnt: Histogram;
  readonly flagged: Histogram;
}

/** Hours that are kept by themselves, this one included. */
export const HOURS = 24;
/** Days that a baseline reaches back, today included. */
const DAYS = 14;

/** Durations of one operation in one hour that are to be learnt. */
export interface LatencyLesson {
  readonly key: LatencyKey;
  readonly keyText: string;
  readonly hour: number;
  readonly learnt: Histogram;
  readonly flagged: Histogram;
}

/** Hours after which nothing of an operation is left in any baseline. */
export const BASELINE_HOURS = HOURS * DAYS;

/**
 * A lesson adds to the bucket of its hour and to the bucket of its day. A newer period takes the
 * slot of an older one, so that an operation has at most 38 slots.
 */
export function bucketsOf({ hour, learnt, flagged }: LatencyLesson): readonly LatencyBucket[] {
  const day = Math.floor(hour / HOURS);
  return [
    { slot: hour % HOURS, period: hour, learnt, flagged },
    { slot: HOURS + (day % DAYS), period: day, learnt, flagged },
  ];
}

/** Whether a bucket is that of an hour; else it is that of a day. */
export function isOfHour({ slot }: LatencyBucket): boolean {
  return slot < HOURS;
}

/** What a slot holds after two buckets came to it, in any order. */
export function mergeBuckets(a: LatencyBucket, b: LatencyBucket): LatencyBucket {
  if (a.period !== b.period) return a.period > b.period ? a : b;
  return {
    slot: a.slot,
    period: a.period,
    learnt: mergeHistograms([a.learnt, b.learnt]),
    flagged: mergeHistograms([a.flagged, b.flagged]),
  };
}

/** What a slot holds without what was added to it before; null when that is nothing. */
export function bucketWithout(whole: LatencyBucket, part: LatencyBucket): LatencyBucket | null {
  if (whole.period !== part.period) return whole;
  const learnt = histogramWithout(whole.learnt, part.learnt);
  const flagged = histogramWithout(whole.flagged, part.flagged);
  return learnt.size + flagged.size === 0 ? null : { ...whole, learnt, flagged };
}

/** What is known of an operation in an hour. */
export interface DurationsKnown {
  /** Durations of earlier hours of the same day, and of the days before. */
  readonly closed: Histogram;
  /** Those of the hour itself: of spans that were stored before. */
  readonly open: Histogram;
}

/** The durations by which a span that began in `hour` may be judged. */
export function durationsKnown(buckets: Iterable<LatencyBucket>, hour: number): DurationsKnown {
  const closed: Histogram[] = [];
  let open: Histogram = new Map();
  for (const bucket of buckets) {
    if (isClosed(bucket, hour)) {
      closed.push(bucket.learnt);
      if (isShift(bucket)) closed.push(bucket.flagged);
    } else if (bucket.slot < HOURS && bucket.period === hour) open = bucket.learnt;
  }
  return { closed: mergeHistograms(closed), open };
}

function isClosed({ slot, period }: LatencyBucket, hour: number): boolean {
  const day = Math.floor(hour / HOURS);
  if (slot < HOURS) return period >= day * HOURS && period < hour;
  return period > day - DAYS && period < day;
}

/** So many were flagged that this is how the operation is now. */
function isShift({ learnt, flagged }: LatencyBucket): boolean {
  const flaggedCount = countOf(flagged);
  if (flaggedCount === 0) return false;
  const count = flaggedCount + countOf(learnt);
  return count >= thresholds.shiftSpansMin && flaggedCount > thresholds.shiftShare * count;
}
