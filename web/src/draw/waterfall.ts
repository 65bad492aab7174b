import { duration } from '../model/format.ts';
import { hueOf } from '../model/hue.ts';
import {
  accessWords,
  flag,
  type RowWords,
  type Span,
  type Timeline,
  wordsOf,
} from '../model/timeline.ts';
import { visible } from '../model/visible.ts';
import { shortPlace } from '../model/words.ts';
import { type Colours, hueColour } from './colours.ts';

export const rowHeight = 26;
/** Room for what a step took, at the right. */
const tookWidth = 74;
const indent = 14;
/** Deeper steps are not moved further to the right: their names would be gone. */
const indentsMax = 12;
const markRadius = 5;

/** Which part of a timeline is drawn, and how. */
export interface WaterfallView {
  readonly width: number;
  readonly height: number;
  /** Pixels of rows above the first that is seen. */
  readonly top: number;
  readonly span: Span;
  readonly selected: number;
  readonly showsCritical: boolean;
  /** Rows that hold what is looked for. */
  readonly hits: ReadonlySet<number>;
}

/** Where the bars begin. */
export function nameWidth(width: number): number {
  return Math.round(Math.min(340, width * 0.36));
}

/** Draws the rows that are seen, and no others; however many there are, a frame costs the same. */
export function drawWaterfall(
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  view: WaterfallView,
  colours: Colours,
): void {
  const { width, height, top } = view;
  context.clearRect(0, 0, width, height);
  context.textBaseline = 'middle';
  const first = Math.max(0, Math.floor(top / rowHeight));
  const last = Math.min(timeline.rows - 1, Math.floor((top + height) / rowHeight));
  for (let row = first; row <= last; row += 1) {
    drawRow(context, timeline, view, colours, row, row * rowHeight - top);
  }
}

function drawRow(
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  view: WaterfallView,
  colours: Colours,
  row: number,
  y: number,
): void {
  const words = wordsOf(timeline, row);
  const races = timeline.races.has(row) || (words.flags & flag.races) !== 0;
  const { width, selected, hits } = view;
  if (row === selected) context.fillStyle = colours['accent-bg'];
  else context.fillStyle = row % 2 === 0 ? colours.sunk : colours.panel;
  context.fillRect(0, y, width, rowHeight);
  if (hits.has(row)) {
    context.fillStyle = colours.warn;
    context.fillRect(0, y, 3, rowHeight);
  }
  const colour = hueColour(colours, hueOf(words.service));
  const names = nameWidth(width);
  drawName(context, words, { colours, colour, races, depth: timeline.depth[row] ?? 0, names, y });
  context.save();
  context.beginPath();
  context.rect(names, y, width - names - tookWidth, rowHeight);
  context.clip();
  drawTime(context, timeline, view, { colours, colour, races, words, row, names, y });
  context.restore();
  if (words.tookUs !== null) {
    context.fillStyle = colours.muted;
    context.font = font(12);
    context.textAlign = 'right';
    context.fillText(duration(words.tookUs), width - 10, y + rowHeight / 2);
  }
}

interface NamePlace {
  readonly colours: Colours;
  readonly colour: string;
  readonly races: boolean;
  readonly depth: number;
  readonly names: number;
  readonly y: number;
}

function drawName(context: CanvasRenderingContext2D, words: RowWords, place: NamePlace): void {
  const { colours, colour, races, depth, names, y } = place;
  const x = 10 + Math.min(depth, indentsMax) * indent;
  const middle = y + rowHeight / 2;
  context.fillStyle = colour;
  context.fillRect(x, y + 6, 3, rowHeight - 12);
  context.save();
  context.beginPath();
  context.rect(x, y, names - x - 6, rowHeight);
  context.clip();
  context.textAlign = 'left';
  const isCode = words.kind === 'StateChange' || words.kind === 'LockAcquire';
  context.font = font(12.5, isCode);
  context.fillStyle = races ? colours.crit : colours.text;
  const prefix = races ? '▲ ' : (words.flags & flag.error) !== 0 ? '✕ ' : '';
  const lock = (words.flags & flag.lock) === 0 ? '' : 'lock ';
  const name = `${prefix}${lock}${visible(words.name, 120)}`;
  context.fillText(name, x + 9, middle);
  const after = x + 15 + context.measureText(name).width;
  context.font = font(11.5);
  context.fillStyle = colours.faint;
  context.fillText(visible(shortPlace(words.place) || words.service, 80), after, middle);
  context.restore();
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
  context: CanvasRenderingContext2D,
  timeline: Timeline,
  view: WaterfallView,
  { colours, colour, races, words, row, names, y }: TimePlace,
): void {
  const room = view.width - names - tookWidth;
  const { from, to } = view.span;
  const scale = room / Math.max(1e-9, to - from);
  const xOf = (us: number) => names + (us - from) * scale;
  const x = xOf(words.startUs);
  const middle = y + rowHeight / 2;
  if (words.tookUs === null) {
    const right = view.width - tookWidth;
    const ring = races ? colours.crit : null;
    drawMark(context, words, { x, middle, right, colour, ring, colours });
    return;
  }
  const width = Math.max(2, words.tookUs * scale);
  if ((words.flags & flag.lock) !== 0) {
    context.fillStyle = colours.lock;
    context.fillRect(x, middle - 3, width, 6);
    return;
  }
  // Pale is waiting for others; solid is the step's own part of the critical path.
  context.globalAlpha = 0.35;
  context.fillStyle = colour;
  context.fillRect(x, y + 5, width, rowHeight - 11);
  context.globalAlpha = 1;
  for (const { start, end } of timeline.sections.get(row) ?? []) {
    const left = xOf(start);
    const long = Math.max(1, (end - start) * scale);
    context.fillStyle = colour;
    context.fillRect(left, y + 5, long, rowHeight - 11);
    if (!view.showsCritical) continue;
    context.fillStyle = colours.path;
    context.fillRect(left, y + rowHeight - 6, long, 2.5);
  }
  if ((words.flags & flag.critical) === 0) {
    context.fillStyle = colour;
    context.fillRect(x, y + 5, Math.min(3, width), rowHeight - 11);
  }
}

interface MarkPlace {
  readonly x: number;
  readonly middle: number;
  /** Where the bars end. */
  readonly right: number;
  readonly colour: string;
  /** Colour of the ring around what races. */
  readonly ring: string | null;
  readonly colours: Colours;
}

/** A read is hollow, a write is filled, anything else is a dot. */
function drawMark(context: CanvasRenderingContext2D, words: RowWords, place: MarkPlace): void {
  const { x, middle, right, colour, ring, colours } = place;
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
  context.font = font(11.5, true);
  context.fillStyle = colours.muted;
  const hasRoom = x + 16 + context.measureText(text).width <= right;
  context.textAlign = hasRoom ? 'left' : 'right';
  context.fillText(text, hasRoom ? x + 16 : x - 16, middle);
}

function font(size: number, isCode = false): string {
  return `${size}px ${isCode ? 'ui-monospace, Menlo, Consolas, monospace' : 'system-ui, sans-serif'}`;
}
