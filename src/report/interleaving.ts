import { shortPlace } from '../domain/short-place.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { plainText } from './plain-text.ts';
import type { Race, RaceStep } from './race.ts';
import { verbOf } from './words.ts';

/** One row of the table: when since the first step, and what which side did. */
interface Row {
  readonly offset: string;
  readonly column: 1 | 2;
  readonly text: string;
}

const stepsShownMax = 24;
const cellCharactersMax = 44;

/** How a race happened, as a table of two columns; no line without steps. */
export function interleavingLines(race: Race): string[] {
  const rows = rowsOf(race);
  if (rows.length === 0) return [];
  const offsetWidth = Math.max(...rows.map(({ offset }) => offset.length));
  const width = Math.max(8, ...rows.map(({ text, column }) => (column === 1 ? lengthOf(text) : 0)));
  const line = (offset: string, one: string, other: string) =>
    `${offset.padStart(offsetWidth)}  ${padded(one, width)}  ${other}`.trimEnd();
  return [
    line('', 'A', 'B'),
    ...rows.map(({ offset, column, text }) =>
      column === 1 ? line(offset, text, '') : line(offset, '', text),
    ),
  ];
}

function rowsOf({ steps, variable, places }: Race): Row[] {
  const shown = steps.slice(0, stepsShownMax);
  const starts = shown.flatMap(({ timestamp }) => parseTimestamp(timestamp) ?? []);
  const firstNs = starts[0] ?? 0n;
  const isOneVariable = new Set(shown.map((step) => step.variable)).size <= 1;
  return shown.map((step) => ({
    offset: offsetText(parseTimestamp(step.timestamp), firstNs),
    column: step.column,
    text: stepText(
      step,
      isOneVariable ? null : step.variable || variable,
      places[step.column - 1]?.operation ?? null,
    ),
  }));
}

function stepText(step: RaceStep, variable: string | null, operation: string | null): string {
  const value =
    verbOf(step.accessType) === 'reads' ? (step.newValue ?? step.oldValue) : step.newValue;
  const words = [
    verbOf(step.accessType),
    ...(variable === null ? [] : [plainText(variable, 24)]),
    ...(value === null ? [] : [plainText(value, 16)]),
    plainText(shortPlace(step.location, operation), 28),
  ];
  return plainText(words.join(' '), cellCharactersMax);
}

function offsetText(atNs: bigint | null, firstNs: bigint): string {
  if (atNs === null) return '';
  const microseconds = Number((atNs - firstNs) / 1000n);
  if (microseconds === 0) return '0 ms';
  return `${microseconds > 0 ? '+' : ''}${(microseconds / 1000).toFixed(1)} ms`;
}

function lengthOf(text: string): number {
  return [...text].length;
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}
