import { shortPlace } from '../domain/short-place.ts';
import type { TraceRow } from './trace-rows.ts';
import { durationText, fittedText } from './units.ts';

/** A line of a waterfall, and what it is about, for who has colours. */
export interface WaterfallLine {
  readonly text: string;
  readonly tone: 'race' | 'error' | 'critical' | 'plain';
}

const offsetWidth = 9;
const tookWidth = 8;
/** Deeper steps are drawn no further to the right. */
const indentMax = 24;
/** Room for a name that says something, and for a bar that shows something. */
const nameWidthMin = 24;
const barWidthMin = 8;

/**
 * A trace as lines: when, a bar on one scale, what, and how long. Bars on the critical path are full.
 *
 * @param width columns of the terminal
 */
export function waterfallLines(rows: readonly TraceRow[], width: number): WaterfallLine[] {
  const totalUs = rows.reduce((last, row) => Math.max(last, row.startUs + (row.tookUs ?? 0)), 1);
  const free = Math.max(nameWidthMin + barWidthMin, width - offsetWidth - tookWidth - 4);
  const barWidth = Math.max(barWidthMin, Math.min(40, Math.floor(free / 3)));
  const nameWidth = free - barWidth;
  return rows.map((row) => {
    const took = row.tookUs === null ? '' : durationText(row.tookUs);
    const text = [
      fittedText(offsetText(row.startUs), offsetWidth),
      barOf(row, totalUs, barWidth),
      fittedText(`${' '.repeat(Math.min(row.depth * 2, indentMax))}${wordsOf(row)}`, nameWidth),
      took.padStart(tookWidth),
    ].join(' ');
    return { text: text.trimEnd(), tone: toneOf(row) };
  });
}

function offsetText(startUs: number): string {
  return startUs === 0 ? '0 ms' : `+${durationText(startUs)}`;
}

function barOf(row: TraceRow, totalUs: number, width: number): string {
  const from = Math.min(width - 1, Math.floor((row.startUs / totalUs) * width));
  if (row.tookUs === null) {
    const mark = row.isRacing ? '◆' : row.isError ? '✖' : '·';
    return fittedText(' '.repeat(from) + mark, width);
  }
  const to = Math.ceil(((row.startUs + row.tookUs) / totalUs) * width);
  const bar = (row.isCritical ? '█' : '░').repeat(Math.max(1, Math.min(width, to) - from));
  return fittedText(' '.repeat(from) + bar, width);
}

/** What a step did, with what it touched and where. */
export function wordsOf(row: TraceRow): string {
  const verb = row.isRead && row.isWrite ? 'changes' : row.isWrite ? 'writes' : 'reads';
  const isAccess = row.isRead || row.isWrite;
  const place = shortPlace(row.place);
  return [
    isAccess ? verb : row.isLock ? 'lock' : '',
    row.name,
    row.value ?? '',
    place === '' || place === row.name ? '' : `(${place})`,
    row.service === '' || row.depth > 0 ? '' : `[${row.service}]`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function toneOf(row: TraceRow): WaterfallLine['tone'] {
  if (row.isRacing) return 'race';
  if (row.isError) return 'error';
  return row.isCritical ? 'critical' : 'plain';
}
