import { duration } from '../model/format.ts';
import { hueOf } from '../model/hue.ts';
import { hasBelow, isFolded } from '../model/trace/lines.ts';
import {
  accessWords,
  flag,
  type RowWords,
  type Timeline,
  wordsOf,
} from '../model/trace/timeline.ts';
import { visible } from '../model/visible.ts';
import { shortPlace } from '../model/words.ts';
import { type Colours, hueColour } from './colours.ts';
import { fitText } from './fit-text.ts';
import { drawOther } from './other-request.ts';
import type { Pen } from './pen.ts';
import { font, nameStart, nameWidth, tookWidth, type WaterfallView } from './waterfall-view.ts';

const markRadius = 5;
/** From the middle of a mark to its text. */
const markRoom = 16;
/** Between names and bars: a mark at the very beginning, with the ring of a race, lies in it by half. */
const nameMargin = 11;

/** Draws the rows that are seen, and no others; however many there are, a frame costs the same. */
export function drawWaterfall(
  context: Pen,
  timeline: Timeline,
  view: WaterfallView,
  colours: Colours,
): void {
  const { width, height, top, lines, lineHeight } = view;
  context.clearRect(0, 0, width, height);
  context.textBaseline = 'middle';
  const first = Math.max(0, Math.floor(top / lineHeight));
  const last = Math.min(lines.length - 1, Math.floor((top + height) / lineHeight));
  for (let line = first; line <= last; line += 1) {
    const y = line * lineHeight - top;
    const row = lines[line] ?? 0;
    const other = view.others[-row - 1];
    if (row >= 0) drawRow(context, timeline, view, colours, row, line % 2 === 0, y);
    else if (other !== undefined) drawOther(context, timeline, view, colours, other, y);
  }
  drawMarked(context, timeline, view, colours);
}

/** A line down the rows, where times are measured from. */
function drawMarked(context: Pen, timeline: Timeline, view: WaterfallView, colours: Colours): void {
  if (view.marked < 0) return;
  const names = nameWidth(view.width);
  const room = view.width - names - tookWidth;
  const { from, to } = view.span;
  const x = names + (((timeline.start[view.marked] ?? 0) - from) / (to - from)) * room;
  if (x < names || x > names + room) return;
  context.fillStyle = colours.accent;
  context.fillRect(x, 0, 1.5, view.height);
}

function drawRow(
  context: Pen,
  timeline: Timeline,
  view: WaterfallView,
  colours: Colours,
  row: number,
  isEven: boolean,
  y: number,
): void {
  const words = wordsOf(timeline, row);
  const races = timeline.races.has(row) || (words.flags & flag.races) !== 0;
  const { width, selected, hits, lineHeight } = view;
  if (row === selected) context.fillStyle = colours['accent-bg'];
  else context.fillStyle = isEven ? colours.sunk : colours.panel;
  context.fillRect(0, y, width, lineHeight);
  if (hits.has(row)) {
    context.fillStyle = colours.warn;
    context.fillRect(0, y, 3, lineHeight);
  }
  const colour = hueColour(colours, hueOf(words.service));
  const names = nameWidth(width);
  const depth = timeline.depth[row] ?? 0;
  drawName(context, words, { colours, colour, races, depth, names, y, lineHeight });
  if (hasBelow(timeline, row)) {
    const isOpen = !isFolded(timeline, view.folding, row);
    drawFold(context, nameStart(depth) - 6, y + lineHeight / 2, isOpen, colours);
  }
  drawTime(context, timeline, view, { colours, colour, races, words, row, names, y });
  if (words.tookUs !== null) {
    context.fillStyle = colours.muted;
    context.font = font(12);
    context.textAlign = 'right';
    context.fillText(duration(words.tookUs), width - 10, y + lineHeight / 2);
  }
}

function drawFold(context: Pen, x: number, y: number, isOpen: boolean, colours: Colours): void {
  context.fillStyle = colours.faint;
  context.beginPath();
  if (isOpen) {
    context.moveTo(x - 4, y - 2);
    context.lineTo(x + 4, y - 2);
    context.lineTo(x, y + 3);
  } else {
    context.moveTo(x - 2, y - 4);
    context.lineTo(x - 2, y + 4);
    context.lineTo(x + 3, y);
  }
  context.fill();
}

interface NamePlace {
  readonly colours: Colours;
  readonly colour: string;
  readonly races: boolean;
  readonly depth: number;
  readonly names: number;
  readonly y: number;
  readonly lineHeight: number;
}

function drawName(context: Pen, words: RowWords, place: NamePlace): void {
  const { colours, colour, races, depth, names, y, lineHeight } = place;
  const x = nameStart(depth);
  const middle = y + lineHeight / 2;
  context.fillStyle = colour;
  context.fillRect(x, y + 6, 3, lineHeight - 12);
  context.textAlign = 'left';
  const isCode = words.kind === 'StateChange' || words.kind === 'LockAcquire';
  const prefix = races ? '▲ ' : (words.flags & flag.error) !== 0 ? '✕ ' : '';
  const lock = (words.flags & flag.lock) === 0 ? '' : 'lock ';
  const end = names - nameMargin;
  const type = font(12.5, isCode);
  const name = `${prefix}${lock}${visible(words.name, 120)}`;
  const fitted = fitText(context, type, name, end - x - 9);
  context.font = type;
  context.fillStyle = races ? colours.crit : colours.text;
  context.fillText(fitted.text, x + 9, middle);
  const after = x + 15 + fitted.width;
  if (after > end) return;
  const typeAfter = font(11.5);
  const where = visible(shortPlace(words.place) || words.service, 80);
  const whereFitted = fitText(context, typeAfter, where, end - after);
  context.font = typeAfter;
  context.fillStyle = colours.faint;
  context.fillText(whereFitted.text, after, middle);
}

interface TimePlace {
  readonly colours: Colours;
  readonly colour: string;
  readonly races: boolean;
  readonly words: RowWords;
  readonly row: number;
  readonly names: number;
  readonly y: number;
}

function drawTime(
  context: Pen,
  timeline: Timeline,
  view: WaterfallView,
  { colours, colour, races, words, row, names, y }: TimePlace,
): void {
  const room = view.width - names - tookWidth;
  const { from, to } = view.span;
  const scale = room / Math.max(1e-9, to - from);
  const xOf = (us: number) => names + (us - from) * scale;
  const limits = { left: names, right: names + room };
  const x = xOf(words.startUs);
  const { lineHeight } = view;
  const middle = y + lineHeight / 2;
  const barHeight = lineHeight - 11;
  if (words.tookUs === null) {
    if (x < limits.left || x > limits.right) return;
    const ring = races ? colours.crit : null;
    drawMark(context, words, { x, middle, ...limits, colour, ring, colours });
    return;
  }
  const width = Math.max(2, words.tookUs * scale);
  if ((words.flags & flag.lock) !== 0) {
    context.fillStyle = colours.lock;
    fillWithin(context, limits, { x, y: middle - 3, width, height: 6 });
    return;
  }
  // Pale is waiting for others; solid is the step's own part of the critical path.
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  fillWithin(context, limits, { x, y: y + 5, width, height: barHeight });
  context.globalAlpha = 1;
  for (const { start, end } of timeline.sections.get(row) ?? []) {
    const section = { x: xOf(start), width: Math.max(1, (end - start) * scale) };
    context.fillStyle = colour;
    fillWithin(context, limits, { ...section, y: y + 5, height: barHeight });
    if (!view.showsCritical) continue;
    context.fillStyle = colours.path;
    fillWithin(context, limits, { ...section, y: y + lineHeight - 6, height: 2.5 });
  }
  const slack = timeline.slack[row] ?? -1;
  if (row === view.selected && slack > 0) {
    // As far as it could have gone without delaying the request.
    context.fillStyle = colours.faint;
    const end = Math.min(limits.right, x + width + slack * scale);
    for (let at = Math.max(limits.left, x + width); at < end; at += 5) {
      context.fillRect(at, middle - 1, 3, 2);
    }
  }
  if ((words.flags & flag.critical) === 0) {
    context.fillStyle = colour;
    fillWithin(context, limits, { x, y: y + 5, width: Math.min(3, width), height: barHeight });
  }
}

/** From where to where bars may be drawn. */
interface Limits {
  readonly left: number;
  readonly right: number;
}

/** Fills what of a bar lies between the limits. To have the canvas cut it off would cost far more. */
function fillWithin(
  context: Pen,
  { left, right }: Limits,
  bar: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  const from = Math.max(left, bar.x);
  const to = Math.min(right, bar.x + bar.width);
  if (to > from) context.fillRect(from, bar.y, to - from, bar.height);
}

interface MarkPlace extends Limits {
  readonly x: number;
  readonly middle: number;
  readonly colour: string;
  /** Colour of the ring around what races. */
  readonly ring: string | null;
  readonly colours: Colours;
}

/** A read is hollow, a write is filled, anything else is a dot. */
function drawMark(context: Pen, words: RowWords, place: MarkPlace): void {
  const { x, middle, left, right, colour, ring, colours } = place;
  const isAccess = (words.flags & (flag.reads | flag.writes)) !== 0;
  context.beginPath();
  context.arc(x, middle, isAccess ? markRadius : 3, 0, 2 * Math.PI);
  context.lineWidth = 2.2;
  context.strokeStyle = (words.flags & flag.error) === 0 ? colour : colours.warn;
  context.fillStyle =
    isAccess && (words.flags & flag.writes) === 0 ? colours.panel : context.strokeStyle;
  context.fill();
  context.stroke();
  if (ring !== null) {
    context.beginPath();
    context.arc(x, middle, markRadius + 3.5, 0, 2 * Math.PI);
    context.strokeStyle = ring;
    context.lineWidth = 1.8;
    context.stroke();
  }
  const text = visible(accessWords(words), 60);
  if (text === '') return;
  const type = font(11.5, true);
  const fitted = fitText(context, type, text, Math.max(right - x, x - left) - markRoom);
  context.font = type;
  context.fillStyle = colours.muted;
  const hasRoom = x + markRoom + fitted.width <= right;
  context.textAlign = hasRoom ? 'left' : 'right';
  context.fillText(fitted.text, hasRoom ? x + markRoom : x - markRoom, middle);
}
