import type { TraceGlance } from './trace-glance.ts';

/** How many traces there were, and how many of these had what people look for. */
export interface TraceCounts {
  total: number;
  raced: number;
  failed: number;
  odd: number;
}

/** The traces of one part of the time. */
export interface TimeBucket extends TraceCounts {
  readonly startNs: bigint;
}

/** Traces of one part of the time that took about as long; only where there are some. */
export interface DurationCell extends TraceCounts {
  readonly bucket: number;
  readonly row: number;
}

/** When traces were active last, and how long they took. */
export interface TraceHistogram {
  readonly fromNs: bigint;
  /** Behind the last bucket. */
  readonly toNs: bigint;
  readonly buckets: readonly TimeBucket[];
  /** Where the rows of durations begin, and the last one ends, on a logarithmic scale. */
  readonly edgesMs: readonly number[];
  /** By bucket, then row. */
  readonly cells: readonly DurationCell[];
}

/** What the picture is to show. */
export interface HistogramFrame {
  readonly sinceNs: bigint | null;
  readonly untilNs: bigint | null;
  readonly bucketCount: number;
  readonly rowCount: number;
}

/** Shorter durations are told of as this one: a logarithm needs a beginning. */
const SHORTEST_MS = 0.001;
/** A bucket is no shorter: what is closer together is at one time for people. */
const BUCKET_NS_MIN = 1_000_000n;

/** Sorts traces by time and duration. */
export function traceHistogram(
  traces: readonly TraceGlance[],
  { sinceNs, untilNs, bucketCount, rowCount }: HistogramFrame,
): TraceHistogram {
  const times = traces.map(({ lastActivityNs }) => lastActivityNs);
  const fromNs = sinceNs ?? least(times) ?? untilNs ?? 0n;
  const endNs = untilNs ?? (most(times) ?? fromNs) + 1n;
  const spanNs = endNs > fromNs ? endNs - fromNs : 1n;
  const exactNs = (spanNs + BigInt(bucketCount) - 1n) / BigInt(bucketCount);
  const widthNs = exactNs > BUCKET_NS_MIN ? exactNs : BUCKET_NS_MIN;
  const edgesMs = edgesOf(traces, rowCount);
  const buckets = Array.from({ length: bucketCount }, (_, place) => ({
    startNs: fromNs + BigInt(place) * widthNs,
    ...noTraces(),
  }));
  const cells = new Map<number, DurationCell>();
  for (const trace of traces) {
    const place = Number((trace.lastActivityNs - fromNs) / widthNs);
    const bucket = buckets[place];
    if (bucket === undefined) continue;
    count(bucket, trace);
    const row = rowOf(trace.durationMs, edgesMs);
    const key = place * rowCount + row;
    const cell = cells.get(key) ?? { bucket: place, row, ...noTraces() };
    cells.set(key, cell);
    count(cell, trace);
  }
  return {
    ...{ fromNs, buckets, edgesMs },
    toNs: fromNs + BigInt(bucketCount) * widthNs,
    cells: [...cells].sort(([a], [b]) => a - b).map(([, cell]) => cell),
  };
}

function noTraces(): TraceCounts {
  return { total: 0, raced: 0, failed: 0, odd: 0 };
}

function count(counts: TraceCounts, trace: TraceGlance): void {
  counts.total += 1;
  counts.raced += Number(trace.hasRaces);
  counts.failed += Number(trace.hasErrors);
  counts.odd += Number(trace.hasAnomalies);
}

/** From the shortest duration to the longest, in whole powers of ten. */
function edgesOf(traces: readonly TraceGlance[], rowCount: number): number[] {
  let [shortest, longest] = [Number.POSITIVE_INFINITY, SHORTEST_MS];
  for (const { durationMs } of traces) {
    if (durationMs < shortest) shortest = durationMs;
    if (durationMs > longest) longest = durationMs;
  }
  const first = Math.floor(Math.log10(Math.max(Math.min(shortest, longest), SHORTEST_MS)));
  const last = Math.max(Math.floor(Math.log10(longest)) + 1, first + 1);
  return Array.from({ length: rowCount + 1 }, (_, place) =>
    // Of three digits, which is what a scale needs.
    Number((10 ** (first + ((last - first) * place) / rowCount)).toPrecision(3)),
  );
}

/** The last row that begins at or below a duration. */
function rowOf(durationMs: number, edgesMs: readonly number[]): number {
  const above = edgesMs.findIndex((edge) => edge > durationMs);
  return above === -1 ? edgesMs.length - 2 : Math.max(0, above - 1);
}

function least(times: readonly bigint[]): bigint | null {
  return times.reduce<bigint | null>((min, one) => (min === null || one < min ? one : min), null);
}

function most(times: readonly bigint[]): bigint | null {
  return times.reduce<bigint | null>((max, one) => (max === null || one > max ? one : max), null);
}
