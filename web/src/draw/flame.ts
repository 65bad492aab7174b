import { hueOf } from '../model/hue.ts';
import { flameLine, flameLinesMax, isBlock, lineOf } from '../model/trace/flame.ts';
import { type Span, type Timeline, wordsOf } from '../model/trace/timeline.ts';
import { visible } from '../model/visible.ts';
import { type Colours, hueColour } from './colours.ts';
import type { Pen } from './pen.ts';

/** Narrower steps are drawn as one with their neighbours of the same colour. */
const pixelsLeast = 1;
const labelPixelsLeast = 34;

/** Draws steps as blocks, depth downwards, as wide as they took. */
export function drawFlame(
  context: Pen,
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
  const filled = new Float64Array(flameLinesMax).fill(-1);
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
