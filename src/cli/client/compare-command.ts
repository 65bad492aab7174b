import { RacewayError } from '../../domain/errors.ts';
import { stringifyJson } from '../../domain/json.ts';
import { type ComparedStep, compareTraces } from '../../report/comparison.ts';
import { readTraceRows, type TraceRow } from '../../report/trace-rows.ts';
import { durationText } from '../../report/units.ts';
import type { Command } from '../context.ts';
import type { Server } from '../server-client.ts';
import { readData } from '../server-data.ts';
import { clientOptions, clientSettings, numberOption } from './client-settings.ts';
import { type Cell, type Column, printListing } from './listing.ts';

const rowsByDefault = 200;
const rowsMax = 200_000;
/** A change below a tenth, or below 100 µs, is what any two requests differ by. */
const changeShareMin = 0.1;
const changeUsMin = 100;

/** `raceway compare A B` */
export const compareCommand: Command = {
  name: 'compare',
  summary: 'show what two traces did differently',
  description:
    'Prints the steps of two traces side by side, matched by service, kind and name: how long each\n' +
    'took, which values they saw, and what only one of them did.',
  options: ['limit', ...clientOptions],
  operand: { name: 'TRACE', countMax: 2 },
  async run(values, context, [one = '', other]) {
    if (other === undefined) {
      throw new RacewayError('bad_request', 'raceway compare needs two traces behind it');
    }
    const settings = clientSettings(values, context);
    const limit = numberOption('limit', values.limit, {
      fallback: rowsByDefault,
      min: 1,
      max: rowsMax,
    });
    const [first, second] = await Promise.all([
      readRows(settings.server, one),
      readRows(settings.server, other),
    ]);
    const steps = compareTraces(first, second);
    if (settings.format === 'json') {
      context.print(stringifyJson(steps.map(stepData), true));
      return 0;
    }
    const shown = steps.slice(0, limit);
    const more = steps.length - shown.length;
    const notes = [
      ...(more > 0 ? [`${more} more steps; --limit shows them`] : []),
      summaryOf(steps),
    ];
    const listing = { columns, rows: shown.map(rowOf), data: null, notes };
    printListing(listing, settings, context);
    return 0;
  },
};

async function readRows(server: Server, traceId: string): Promise<TraceRow[]> {
  const path = `/api/traces/${encodeURIComponent(traceId)}/timeline`;
  return readTraceRows(await readData(server, path));
}

const columns: readonly Column[] = [
  { name: 'service', title: 'service' },
  { name: 'kind', title: 'kind' },
  { name: 'name', title: 'step', mayShrink: true },
  { name: 'took_a_us', title: 'A', isNumber: true },
  { name: 'took_b_us', title: 'B', isNumber: true },
  { name: 'change', title: 'change' },
  { name: 'value_a', title: 'value in A', mayShrink: true },
  { name: 'value_b', title: 'value in B', mayShrink: true },
];

function rowOf({ service, kind, name, one, other }: ComparedStep): Cell[] {
  const areValuesEqual = one?.value === other?.value;
  return [
    { text: service },
    { text: kind },
    { text: name, tone: 'strong' },
    tookCell(one),
    tookCell(other),
    changeCell(one, other),
    { text: one?.value ?? '', tone: areValuesEqual ? 'plain' : 'race' },
    { text: other?.value ?? '', tone: areValuesEqual ? 'plain' : 'race' },
  ];
}

function tookCell(row: TraceRow | null): Cell {
  if (row?.tookUs === undefined || row.tookUs === null) return { text: '' };
  return { text: durationText(row.tookUs), exact: String(row.tookUs) };
}

function changeCell(one: TraceRow | null, other: TraceRow | null): Cell {
  if (one === null) return { text: 'only in B', tone: 'critical' };
  if (other === null) return { text: 'only in A', tone: 'critical' };
  const difference = differenceOf(one, other);
  if (difference === null) return { text: '' };
  return difference > 0
    ? { text: `▲ ${durationText(difference)}`, tone: 'error' }
    : { text: `▼ ${durationText(-difference)}` };
}

/** How much longer the second took, in microseconds; null for no change that says something. */
function differenceOf(one: TraceRow, other: TraceRow): number | null {
  if (one.tookUs === null || other.tookUs === null) return null;
  const difference = other.tookUs - one.tookUs;
  const size = Math.abs(difference);
  return size < changeUsMin || size < one.tookUs * changeShareMin ? null : difference;
}

function summaryOf(steps: readonly ComparedStep[]): string {
  const onlyOne = steps.filter(({ other }) => other === null).length;
  const onlyOther = steps.filter(({ one }) => one === null).length;
  const both = steps.length - onlyOne - onlyOther;
  return `${both} steps in both, ${onlyOne} only in A, ${onlyOther} only in B`;
}

function stepData({ service, kind, name, one, other }: ComparedStep) {
  return { service, kind, name, a: sideData(one), b: sideData(other) };
}

function sideData(row: TraceRow | null) {
  if (row === null) return null;
  return { start_us: row.startUs, took_us: row.tookUs, value: row.value };
}
