import { flag, type Span, type Timeline } from './timeline.ts';

/** Pixels of a line of the flame. */
export const flameLine = 19;
/** Deeper steps share the last line. */
export const flameLinesMax = 40;
/** How many lines the flame of a trace has. */
export function flameLines(timeline: Timeline): number {
  let deepest = 0;
  for (const depth of timeline.depth) deepest = Math.max(deepest, depth);
  return Math.min(flameLinesMax, deepest + 1);
}

/** The step at a place of the picture; -1 when there is none. */
export function flameRowAt(
  timeline: Timeline,
  span: Span,
  place: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const line = Math.floor(place.y / flameLine);
  const us = span.from + (place.x / place.width) * (span.to - span.from);
  let found = -1;
  for (let row = 0; row < timeline.rows; row += 1) {
    if (lineOf(timeline, row) !== line || !isBlock(timeline, row, span)) continue;
    if ((timeline.start[row] ?? 0) <= us && us <= (timeline.end[row] ?? 0)) found = row;
  }
  return found;
}

/** The line of a step: its depth. */
export function lineOf(timeline: Timeline, row: number): number {
  return Math.min(flameLinesMax - 1, timeline.depth[row] ?? 0);
}

/** A step that took time, and is in the part that is looked at. Locks are no steps. */
export function isBlock(timeline: Timeline, row: number, span: Span): boolean {
  const [start, end] = [timeline.start[row] ?? 0, timeline.end[row] ?? 0];
  if (end <= start || ((timeline.flags[row] ?? 0) & flag.lock) !== 0) return false;
  return end >= span.from && start <= span.to;
}
