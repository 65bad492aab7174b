import { shortPlace } from '../domain/short-place.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { plainText } from './plain-text.ts';
import type { Race, RaceStep } from './race.ts';
import { type StepEffect, stepsAlone, type WitnessTold } from './witness.ts';
import { verbOf } from './words.ts';

/** One row of the table: when since the first step, what which side did, what is stored then. */
interface Row {
  readonly atUs: number | null;
  readonly column: 1 | 2;
  readonly text: string;
  readonly stored: string;
}

const stepsShownMax = 24;
const cellCharactersMax = 44;

/**
 * How a race happened, as a table of two columns, and a third where it is told what is stored; no line
 * without steps.
 */
export function interleavingLines(race: Race, told: WitnessTold = stepsAlone): string[] {
  const rows = rowsOf(race, told);
  if (rows.length === 0) return [];
  const table = rows.map(({ atUs, column, text, stored }) =>
    column === 1 ? [offsetText(atUs), text, '', stored] : [offsetText(atUs), '', text, stored],
  );
  const isTold = rows.some(({ stored }) => stored !== '');
  const lines = [['', 'A', 'B', isTold ? 'stored' : ''], ...table];
  const widthOf = (column: number) =>
    Math.max(...lines.map((line) => lengthOf(line[column] ?? '')));
  const [offsets, one, other] = [widthOf(0), Math.max(8, widthOf(1)), widthOf(2)];
  return lines.map(([offset = '', ofA = '', ofB = '', stored = '']) =>
    `${offset.padStart(offsets)}  ${padded(ofA, one)}  ${padded(ofB, other)}  ${stored}`.trimEnd(),
  );
}

function rowsOf({ steps, variable, places }: Race, { effects, locks }: WitnessTold): Row[] {
  const shown = steps.slice(0, stepsShownMax);
  const starts = shown.flatMap(({ timestamp }) => parseTimestamp(timestamp) ?? []);
  const firstNs = starts[0] ?? 0n;
  const isOneVariable = new Set(shown.map((step) => step.variable)).size <= 1;
  const rows = shown.map(
    (step, place): Row => ({
      atUs: microsecondsAfter(parseTimestamp(step.timestamp), firstNs),
      column: step.column,
      text: stepText(
        step,
        isOneVariable ? null : step.variable || variable,
        places[step.column - 1]?.operation ?? null,
      ),
      stored: storedText(effects[place], step.column),
    }),
  );
  for (const { atUs, column, verb, lock } of locks) {
    const place = rows.findIndex((row) => row.atUs !== null && row.atUs >= atUs);
    const text = plainText(`${verb} lock ${plainText(lock, 28)}`, cellCharactersMax);
    rows.splice(place < 0 ? rows.length : place, 0, { atUs, column, text, stored: '' });
  }
  return rows;
}

function storedText(effect: StepEffect | undefined, column: 1 | 2): string {
  if (effect === undefined || effect.stored === null) return '';
  const stored = plainText(effect.stored, 24);
  if (effect.lost === null) return stored;
  return `${stored}  <- what ${column === 1 ? 'B' : 'A'} wrote is gone: ${plainText(effect.lost, 24)}`;
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

function microsecondsAfter(atNs: bigint | null, firstNs: bigint): number | null {
  return atNs === null ? null : Number((atNs - firstNs) / 1000n);
}

function offsetText(atUs: number | null): string {
  if (atUs === null) return '';
  if (atUs === 0) return '0 ms';
  return `${atUs > 0 ? '+' : ''}${(atUs / 1000).toFixed(1)} ms`;
}

function lengthOf(text: string): number {
  return [...text].length;
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}
