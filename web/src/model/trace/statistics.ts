import { flag, type Timeline, wordsOf } from './timeline.ts';

/** Steps of one service and name, summed up. */
export interface StepSum {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly count: number;
  readonly totalUs: number;
  /** Without the time of the steps below. */
  readonly selfUs: number;
  readonly longestUs: number;
  /** The longest of them. */
  readonly row: number;
}

/** Sums the steps of a trace that took time, those with most time of their own first. */
export function stepSums(timeline: Timeline): StepSum[] {
  const selfUs = selfTimes(timeline);
  const sums = new Map<string, StepSum>();
  for (let row = 0; row < timeline.rows; row += 1) {
    if (!isStep(timeline, row)) continue;
    const { service, name, kind, tookUs } = wordsOf(timeline, row);
    const took = tookUs ?? 0;
    const key = JSON.stringify([service, kind, name]);
    const known = sums.get(key);
    const isLongest = known === undefined || took > known.longestUs;
    sums.set(key, {
      ...{ service, name, kind },
      count: (known?.count ?? 0) + 1,
      totalUs: (known?.totalUs ?? 0) + took,
      selfUs: (known?.selfUs ?? 0) + (selfUs[row] ?? 0),
      longestUs: isLongest ? took : known.longestUs,
      row: isLongest ? row : known.row,
    });
  }
  return [...sums.values()].sort((a, b) => b.selfUs - a.selfUs || b.totalUs - a.totalUs);
}

/** What each step took without those right below it; of steps at once below it the time counts once. */
export function selfTimes(timeline: Timeline): Float64Array {
  const own = new Float64Array(timeline.rows);
  /** Rows above, the outermost first, and until when their children cover them. */
  const above: { row: number; depth: number; coveredUntil: number }[] = [];
  for (let row = 0; row < timeline.rows; row += 1) {
    if (!isStep(timeline, row)) continue;
    const depth = timeline.depth[row] ?? 0;
    const [start, end] = [timeline.start[row] ?? 0, timeline.end[row] ?? 0];
    own[row] = end - start;
    while (above.length > 0 && (above.at(-1)?.depth ?? 0) >= depth) above.pop();
    const parent = above.at(-1);
    if (parent !== undefined) {
      const inside = Math.min(end, timeline.end[parent.row] ?? end);
      const from = Math.max(start, parent.coveredUntil);
      if (inside > from) own[parent.row] = Math.max(0, (own[parent.row] ?? 0) - (inside - from));
      parent.coveredUntil = Math.max(parent.coveredUntil, inside);
    }
    above.push({ row, depth, coveredUntil: start });
  }
  return own;
}

function isStep(timeline: Timeline, row: number): boolean {
  const took = (timeline.end[row] ?? 0) - (timeline.start[row] ?? 0);
  return took > 0 && ((timeline.flags[row] ?? 0) & flag.lock) === 0;
}
