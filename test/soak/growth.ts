/** What a process took at a moment. */
export interface MemorySample {
  readonly ms: number;
  readonly bytes: number;
}

const PARTS = 24;
const WARM_UP_MS_MAX = 5 * 60_000;
/** Of the whole time, when that is short. */
const WARM_UP_SHARE = 1 / 3;

/**
 * By how much memory grew from the end of the warm-up to the last sample: the slope through what was taken
 * least in each part of that time, as the median of the slopes between every two. One peak, or garbage that waits
 * for its collection, changes nothing; what is never given back does.
 */
export function growthBytes(samples: readonly MemorySample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const startMs = first.ms + Math.min(WARM_UP_MS_MAX, (last.ms - first.ms) * WARM_UP_SHARE);
  const partMs = (last.ms - startMs) / PARTS;
  const lows: MemorySample[] = [];
  for (let part = 0; part < PARTS; part += 1) {
    const [fromMs, toMs] = [startMs + part * partMs, startMs + (part + 1) * partMs];
    const within = samples.filter(({ ms }) => ms >= fromMs && ms <= toMs);
    const bytes = Math.min(...within.map((sample) => sample.bytes));
    if (within.length > 0) lows.push({ ms: (fromMs + toMs) / 2, bytes });
  }
  const slopes = lows.flatMap((later, index) =>
    lows.slice(0, index).map((earlier) => (later.bytes - earlier.bytes) / (later.ms - earlier.ms)),
  );
  const middle = slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0;
  return middle * (last.ms - startMs);
}
