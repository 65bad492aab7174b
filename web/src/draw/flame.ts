import { hueOf } from '../model/hue.ts';
import { flag, type Span, type Timeline, wordsOf } from '../model/timeline.ts';
import { visible } from '../model/visible.ts';
import { type Colours, hueColour } from './colours.ts';

export const flameLine = 19;
/** Deeper steps share the last line. */
const linesMax = 40;
/** Narrower steps are drawn as one with their neighbours of the same colour. */
const pixelsLeast = 1;
const labelPixelsLeast = 34;

/** How many lines the flame of a trace has. */
export function flameLines(timeline: Timeline): number {
  let deepest = 0;
  for (const depth of timeline.depth) deepest = Math.max(deepest, depth);
  return Math.min(linesMax, deepest + 1);
}

/** Draws steps as blocks, depth downwards, as wide as they took. */
export function drawFlame(
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  view: {
    readonly width: number;
    readonly height: number;
    readonly span: Span;
    readonly selected: number;
    readonly hits: ReadonlySet<number>;
  },
  colours: Colours,
): void {
  const { width, height, span, selected, hits } = view;
  const scale = width / Math.max(1e-9, span.to - span.from);
  const hues = timeline.tables.services.map((service) => hueColour(colours, hueOf(service)));
  context.clearRect(0, 0, width, height);
  context.textBaseline = 'middle';
  context.font = '11.5px system-ui, sans-serif';
  /** Where the last block of each line ends: what is narrower than a pixel adds nothing there. */
  const filled = new Float64Array(linesMax).fill(-1);
  for (let row = 0; row < timeline.rows; row += 1) {
    if (!isBlock(timeline, row, span)) continue;
    const line = lineOf(timeline, row);
    const x = ((timeline.start[row] ?? 0) - span.from) * scale;
    const right = ((timeline.end[row] ?? 0) - span.from) * scale;
    if (right - x < pixelsLeast && right <= (filled[line] ?? 0)) continue;
    const wide = Math.max(pixelsLeast, right - x - 1);
    filled[line] = Math.max(filled[line] ?? 0, x + wide);
    const y = line * flameLine;
    context.globalAlpha = hits.size > 0 && !hits.has(row) ? 0.25 : 0.55;
    context.fillStyle = hues[timeline.service[row] ?? 0] ?? colours.s7;
    context.fillRect(x, y, wide, flameLine - 1);
    context.globalAlpha = 1;
    if (timeline.races.has(row)) {
      context.fillStyle = colours.crit;
      context.fillRect(x, y + flameLine - 4, wide, 3);
    }
    if (row === selected) {
      context.strokeStyle = colours.accent;
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(1, wide - 2), flameLine - 3);
    }
    if (wide < labelPixelsLeast) continue;
    context.save();
    context.beginPath();
    context.rect(Math.max(0, x), y, Math.min(wide, width) - 3, flameLine);
    context.clip();
    context.fillStyle = colours.text;
    context.fillText(visible(wordsOf(timeline, row).name, 80), Math.max(0, x) + 5, y + 9);
    context.restore();
  }
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

function lineOf(timeline: Timeline, row: number): number {
  return Math.min(linesMax - 1, timeline.depth[row] ?? 0);
}

/** A step that took time, and is in the part that is looked at. Locks are no steps. */
function isBlock(timeline: Timeline, row: number, span: Span): boolean {
  const [start, end] = [timeline.start[row] ?? 0, timeline.end[row] ?? 0];
  if (end <= start || ((timeline.flags[row] ?? 0) & flag.lock) !== 0) return false;
  return end >= span.from && start <= span.to;
}
