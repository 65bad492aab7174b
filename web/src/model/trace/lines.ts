import type { Timeline } from './timeline.ts';

/** More lines than that nobody reads: deeper steps begin folded. */
export const linesAtFirst = 2000;

/** Which steps are folded. */
export interface Folding {
  /** Steps of this depth or more begin folded. */
  readonly depth: number;
  /** Those for which it is the other way round. */
  readonly turned: ReadonlySet<number>;
}

/** From which depth on steps begin folded, so that a trace has few enough lines. */
export function foldingDepth(timeline: Timeline): number {
  if (timeline.rows <= linesAtFirst) return Number.POSITIVE_INFINITY;
  const rowsOf: number[] = [];
  for (const depth of timeline.depth) rowsOf[depth] = (rowsOf[depth] ?? 0) + 1;
  let shown = 0;
  for (let depth = 0; depth < rowsOf.length; depth += 1) {
    shown += rowsOf[depth] ?? 0;
    // What is shown at this depth begins folded when the next would be too many.
    if (shown + (rowsOf[depth + 1] ?? 0) > linesAtFirst) return depth;
  }
  return Number.POSITIVE_INFINITY;
}

/** Whether a row has rows below it. */
export function hasBelow({ depth, rows }: Timeline, row: number): boolean {
  return row + 1 < rows && (depth[row + 1] ?? 0) > (depth[row] ?? 0);
}

/** Whether the rows below a row are not shown. */
export function isFolded(timeline: Timeline, { depth, turned }: Folding, row: number): boolean {
  if (!hasBelow(timeline, row)) return false;
  return (timeline.depth[row] ?? 0) >= depth !== turned.has(row);
}

/**
 * What is shown, line by line: the numbers of rows; below a row what stands beside it, numbered from -1
 * downwards.
 *
 * @param beside rows that something stands below, in the order of its numbers
 * @param only rows that are shown, folded or not; null: all
 */
export function linesOf(
  timeline: Timeline,
  folding: Folding,
  beside: readonly number[] = [],
  only: ReadonlySet<number> | null = null,
): Int32Array {
  const below = new Map<number, number[]>();
  beside.forEach((row, place) => {
    const known = below.get(row);
    if (known === undefined) below.set(row, [-place - 1]);
    else known.push(-place - 1);
  });
  const lines = new Int32Array(timeline.rows + beside.length);
  let count = 0;
  const add = (line: number) => {
    lines[count] = line;
    count += 1;
  };
  let row = 0;
  while (row < timeline.rows) {
    const isShown = only === null || only.has(row);
    if (isShown) for (const line of [row, ...(below.get(row) ?? [])]) add(line);
    const depth = timeline.depth[row] ?? 0;
    const skips = only === null && isFolded(timeline, folding, row);
    row += 1;
    while (skips && row < timeline.rows && (timeline.depth[row] ?? 0) > depth) row += 1;
  }
  return lines.subarray(0, count);
}

/** Rows with those that they lie in. */
export function withAround({ depth, rows }: Timeline, found: ReadonlySet<number>): Set<number> {
  const kept = new Set<number>();
  /** The rows that a row lies in come before it: the next above of this depth is one. */
  let wanted = -1;
  for (let row = rows - 1; row >= 0; row -= 1) {
    const own = depth[row] ?? 0;
    if (found.has(row) || own <= wanted) {
      kept.add(row);
      wanted = Math.max(own - 1, own <= wanted ? own - 1 : wanted);
    }
  }
  return kept;
}

/** The rows that a row lies in, the nearest first. */
export function rowsAround({ depth }: Timeline, row: number): number[] {
  const around: number[] = [];
  let wanted = (depth[row] ?? 0) - 1;
  for (let above = row - 1; above >= 0 && wanted >= 0; above -= 1) {
    if ((depth[above] ?? 0) !== wanted) continue;
    around.push(above);
    wanted -= 1;
  }
  return around;
}

/** The folding with which a row is shown. */
export function unfoldedTo(timeline: Timeline, folding: Folding, row: number): Folding {
  const folded = rowsAround(timeline, row).filter((above) => isFolded(timeline, folding, above));
  return folded.length === 0 ? folding : { ...folding, turned: turned(folding.turned, folded) };
}

/** Some rows the other way round. */
export function turned(known: ReadonlySet<number>, rows: readonly number[]): ReadonlySet<number> {
  const next = new Set(known);
  for (const row of rows) if (!next.delete(row)) next.add(row);
  return next;
}

/** The row of the next line that is one, from a row on; itself where there is none. */
export function rowBeside(lines: Int32Array, row: number, by: 1 | -1): number {
  const at = lines.indexOf(row);
  for (let line = at + by; line >= 0 && line < lines.length; line += by) {
    if ((lines[line] ?? -1) >= 0) return lines[line] ?? row;
  }
  return at === -1 ? (lines[0] ?? 0) : row;
}
