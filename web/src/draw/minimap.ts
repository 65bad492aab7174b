import { hueOf } from '../model/hue.ts';
import { flag, type Span, type Timeline } from '../model/trace/timeline.ts';
import { type Colours, hueColour } from './colours.ts';
import type { Pen } from './pen.ts';

/** Deeper steps share the last line. */
const linesMax = 16;
const lineGap = 1;

/**
 * Draws the whole trace, depth downwards. Each pixel of a line is painted once whatever lies there, so
 * that a hundred thousand steps cost as much as the pixels.
 */
export function drawMinimap(
  context: Pen,
  timeline: Timeline,
  size: { readonly width: number; readonly height: number },
  span: Span,
  colours: Colours,
): void {
  const { width, height } = size;
  context.clearRect(0, 0, width, height);
  let deepest = 0;
  for (const depth of timeline.depth) deepest = Math.max(deepest, depth);
  const lines = Math.min(linesMax, deepest + 1);
  const lineHeight = Math.max(2, Math.min(9, (height - 4) / lines));
  const hues = timeline.tables.services.map(hueOf);
  const painted = paint(timeline, Math.ceil(width), lines, hues);
  for (let line = 0; line < lines; line += 1) {
    const y = 2 + line * lineHeight;
    for (let x = 0; x < width; ) {
      const hue = painted[line * Math.ceil(width) + x] ?? 0;
      let end = x + 1;
      while (end < width && painted[line * Math.ceil(width) + end] === hue) end += 1;
      if (hue > 0) {
        context.fillStyle = hueColour(colours, hue - 1);
        context.fillRect(x, y, end - x, Math.max(1, lineHeight - lineGap));
      }
      x = end;
    }
  }
  const xOf = (us: number) => (us / timeline.totalUs) * width;
  context.fillStyle = colours.crit;
  for (const row of timeline.races.keys()) {
    const x = xOf(timeline.start[row] ?? 0);
    context.beginPath();
    context.moveTo(x, height - 9);
    context.lineTo(x + 5, height - 1);
    context.lineTo(x - 5, height - 1);
    context.fill();
  }
  if (span.from > 0 || span.to < timeline.totalUs) {
    const [left, right] = [xOf(span.from), xOf(span.to)];
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.strokeRect(left, 1, Math.max(3, right - left), height - 2);
  }
}

/** Hues, counted from 1, by line and pixel. */
function paint(
  timeline: Timeline,
  width: number,
  lines: number,
  hues: readonly number[],
): Uint8Array {
  const painted = new Uint8Array(width * lines);
  const scale = width / timeline.totalUs;
  for (let row = 0; row < timeline.rows; row += 1) {
    if (((timeline.flags[row] ?? 0) & flag.lock) !== 0) continue;
    const line = Math.min(lines - 1, timeline.depth[row] ?? 0);
    const from = Math.min(width - 1, Math.floor((timeline.start[row] ?? 0) * scale));
    const to = Math.max(from + 1, Math.min(width, Math.ceil((timeline.end[row] ?? 0) * scale)));
    painted.fill(
      (hues[timeline.service[row] ?? 0] ?? 7) + 1,
      line * width + from,
      line * width + to,
    );
  }
  return painted;
}
