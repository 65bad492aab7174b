import { type JsonValue, stringifyJson } from '../../domain/json.ts';
import { plainText } from '../../report/plain-text.ts';
import { fittedText, textWidth } from '../../report/units.ts';
import type { Context } from '../context.ts';
import type { ClientSettings } from './client-settings.ts';
import { painted, type Tone } from './paint.ts';

/** A value of a row. */
export interface Cell {
  /** As people read it. */
  readonly text: string;
  /** As programs read it; left out: the same. */
  readonly exact?: string;
  readonly tone?: Tone;
}

export interface Column {
  /** The name for programs. */
  readonly name: string;
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Columns that give way, the last first, where a terminal is narrow. */
  readonly mayShrink?: boolean;
}

/** A list to be written in any format. */
export interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** What the server said, for `--json`. */
  readonly data: JsonValue;
  /** Sentences beside the list: why it is empty, what it leaves out. */
  readonly notes: readonly string[];
}

/** Longer values help nobody in a list. */
const cellCharactersMax = 160;
const shrunkWidthMin = 10;

/** Writes a list: the answer to standard output, notes to standard error. */
export function printListing(listing: Listing, settings: ClientSettings, context: Context): void {
  const text = listingText(listing, settings);
  if (text !== '') context.print(text);
  if (settings.isQuiet || settings.format === 'json') return;
  for (const note of listing.notes) context.tell(`raceway: ${plainText(note, 400)}`);
}

/** A list in its format; empty for no rows that people would read. */
export function listingText(listing: Listing, settings: ClientSettings): string {
  if (settings.format === 'json') return stringifyJson(listing.data, true);
  if (settings.format === 'logfmt') return logfmtText(listing);
  if (settings.format === 'md') return markdownText(listing);
  return settings.width === null ? tabbedText(listing) : tableText(listing, settings);
}

function tabbedText({ rows }: Listing): string {
  return rows.map((row) => row.map(exactText).join('\t')).join('\n');
}

function logfmtText({ columns, rows }: Listing): string {
  const pair = (name: string, value: string) =>
    `${name}=${/^[^\s="\\]+$/.test(value) ? value : JSON.stringify(value)}`;
  return rows
    .map((row) =>
      row.map((cell, index) => pair(columns[index]?.name ?? '', exactText(cell))).join(' '),
    )
    .join('\n');
}

function markdownText({ columns, rows }: Listing): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ isNumber }) => (isNumber === true ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(({ text }) => markdownCell(plain(text))))),
  ].join('\n');
}

/** No text of a trace is markup, a mention or the end of a cell. */
function markdownCell(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('`', "'").replaceAll('|', '¦')}\``;
}

function tableText({ columns, rows }: Listing, { width, hasColors }: ClientSettings): string {
  if (rows.length === 0) return '';
  const texts = rows.map((row) => row.map(({ text }) => plain(text)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...texts.map((row) => textWidth(row[index] ?? ''))),
  );
  shrink(widths, columns, width ?? 80);
  const line = (cells: readonly string[], tones: readonly (Tone | undefined)[]) =>
    cells
      .map((text, index) => {
        const fitted = aligned(text, widths[index] ?? 0, columns[index]?.isNumber === true);
        return painted(fitted, tones[index] ?? 'plain', hasColors);
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title.toUpperCase()),
      columns.map(() => 'weak'),
    ),
    ...texts.map((row, index) =>
      line(
        row,
        (rows[index] ?? []).map(({ tone }) => tone),
      ),
    ),
  ].join('\n');
}

/** Takes columns from those that may shrink, the last first, until the table fits. */
function shrink(widths: number[], columns: readonly Column[], width: number): void {
  let surplus = widths.reduce((sum, size) => sum + size + 2, -2) - width;
  for (let index = columns.length - 1; index >= 0 && surplus > 0; index -= 1) {
    const size = widths[index] ?? 0;
    if (columns[index]?.mayShrink !== true || size <= shrunkWidthMin) continue;
    const taken = Math.min(surplus, size - shrunkWidthMin);
    widths[index] = size - taken;
    surplus -= taken;
  }
}

function aligned(text: string, width: number, isRight: boolean): string {
  const missing = width - textWidth(text);
  return isRight && missing > 0 ? ' '.repeat(missing) + text : fittedText(text, width);
}

function exactText({ text, exact = text }: Cell): string {
  return plainText(exact, cellCharactersMax);
}

function plain(text: string): string {
  return plainText(text, cellCharactersMax);
}
