import type { OtherRequest } from '../model/trace/meanwhile.ts';
import type { Timeline } from '../model/trace/timeline.ts';
import { visible } from '../model/visible.ts';
import { shortId, shortPlace } from '../model/words.ts';
import type { Colours } from './colours.ts';
import { fitText } from './fit-text.ts';
import type { Pen } from './pen.ts';
import { font, nameStart, nameWidth, tookWidth, type WaterfallView } from './waterfall-view.ts';

const markSize = 8;

/** What another request did to the variable of the row above: its accesses on the same scale of time. */
export function drawOther(
  context: Pen,
  timeline: Timeline,
  view: WaterfallView,
  colours: Colours,
  other: OtherRequest,
  y: number,
): void {
  const { width, lineHeight } = view;
  const races = other.fingerprints.length > 0;
  const names = nameWidth(width);
  const middle = y + lineHeight / 2;
  context.fillStyle = races ? colours['crit-bg'] : colours.panel;
  context.fillRect(0, y, width, lineHeight);
  const x = nameStart(timeline.depth[other.row] ?? 0);
  context.textAlign = 'left';
  const end = names - 6;
  const id = visible(shortId(other.traceId), 24);
  const head = `${races ? '▲ ' : ''}meanwhile ${id}`;
  const type = font(12);
  const fitted = fitText(context, type, head, end - x);
  context.font = type;
  context.fillStyle = races ? colours.crit : colours.muted;
  context.fillText(fitted.text, x, middle);
  const after = x + 8 + fitted.width;
  if (after < end) {
    const typeAfter = font(11.5);
    const rest = visible(shortPlace(other.place) || other.name, 80);
    const restFitted = fitText(context, typeAfter, rest, end - after);
    context.font = typeAfter;
    context.fillText(restFitted.text, after, middle);
  }
  context.save();
  context.beginPath();
  context.rect(names, y, width - names, lineHeight);
  context.clip();
  drawMarks(context, view, colours, other, { names, middle, races });
  context.restore();
}

/** A read is hollow, a write is filled; squares, because the marks of the trace itself are round. */
function drawMarks(
  context: Pen,
  { width, span }: WaterfallView,
  colours: Colours,
  { marks }: OtherRequest,
  place: { readonly names: number; readonly middle: number; readonly races: boolean },
): void {
  const { names, middle, races } = place;
  const room = width - names - tookWidth;
  const xOf = (us: number) =>
    names + ((us - span.from) / Math.max(1e-9, span.to - span.from)) * room;
  const colour = races ? colours.crit : colours.muted;
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) return;
  context.fillStyle = colour;
  const end = Math.min(width, xOf(last.atUs));
  for (let x = Math.max(names, xOf(first.atUs)); x < end; x += 4) {
    context.fillRect(x, middle - 0.75, 2, 1.5);
  }
  for (const { atUs, writes } of marks) {
    const x = xOf(atUs) - markSize / 2;
    context.fillStyle = writes ? colour : colours.panel;
    context.fillRect(x, middle - markSize / 2, markSize, markSize);
    context.strokeStyle = colour;
    context.lineWidth = 1.6;
    context.strokeRect(x, middle - markSize / 2, markSize, markSize);
  }
  const text = visible(last.text, 60);
  context.font = font(11.5, true);
  context.fillStyle = colour;
  const after = xOf(last.atUs) + 11;
  const hasRoom = after + context.measureText(text).width <= width - 6;
  context.textAlign = hasRoom ? 'left' : 'right';
  context.fillText(text, hasRoom ? after : xOf(first.atUs) - 11, middle);
}
