import { type JsonObject, numberOf, stringifyJson } from '../../domain/json.ts';
import { plainText } from '../../report/plain-text.ts';
import { readTraceRows, type TraceRow } from '../../report/trace-rows.ts';
import { durationText } from '../../report/units.ts';
import { waterfallLines, wordsOf } from '../../report/waterfall.ts';
import type { Command, Context } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { readData } from '../server-data.ts';
import { objectsOf, textOf } from './cells.ts';
import {
  type ClientSettings,
  clientOptions,
  clientSettings,
  numberOption,
} from './client-settings.ts';
import { type Column, type Listing, printListing } from './listing.ts';
import { pageUrl } from './pages.ts';
import { painted } from './paint.ts';

const rowsByDefault = 500;
/** As many as the server gives. */
const rowsMax = 200_000;
const widthBounds = { min: 40, max: 1000 };
const widthByDefault = 100;

/** `raceway trace ID` */
export const traceCommand: Command = {
  name: 'trace',
  summary: 'show what happened in one trace, step by step',
  description:
    'Prints the steps of a trace on one scale of time: a full bar is what everybody waited for, a\n' +
    'diamond what raced. In a pipe each step is a line with its values.',
  options: ['critical', 'locks', 'errors', 'limit', 'width', 'web', ...clientOptions],
  operand: { name: 'TRACE', countMax: 1 },
  async run(values, context, [traceId = '']) {
    const settings = clientSettings(values, context);
    const page = pageUrl(settings.server, 'traces', traceId);
    if (values.web === true) {
      context.openPage(page);
      context.print(page.href);
      return 0;
    }
    const path = `/api/traces/${encodeURIComponent(traceId)}/timeline`;
    const timeline = await readData(settings.server, path);
    if (settings.format === 'json') {
      context.print(stringifyJson(timeline, true));
      return 0;
    }
    const limit = numberOption('limit', values.limit, {
      fallback: rowsByDefault,
      min: 1,
      max: rowsMax,
    });
    const all = readTraceRows(timeline);
    const chosen = all.filter(chooser(values));
    const rows = chosen.slice(0, limit);
    const notes = [
      ...(chosen.length > limit ? [`${chosen.length - limit} more steps; --limit shows them`] : []),
      ...(timeline['complete'] === false ? ['the trace has more steps than can be shown'] : []),
      ...raceNotes(timeline),
    ];
    if (settings.format === 'human' && settings.width !== null) {
      const width = numberOption('width', values.width, {
        fallback: settings.width,
        ...widthBounds,
      });
      draw(all, rows, { traceId, width, notes }, settings, context);
    } else if (settings.format === 'human' && values.width !== undefined) {
      const width = numberOption('width', values.width, {
        fallback: widthByDefault,
        ...widthBounds,
      });
      draw(all, rows, { traceId, width, notes }, settings, context);
    } else {
      printListing(listingOf(rows, timeline, notes), settings, context);
    }
    return 0;
  },
};

/** Which steps are asked for; all without an option, else those of any of them. */
function chooser({ critical, locks, errors }: OptionValues): (row: TraceRow) => boolean {
  if (critical === undefined && locks === undefined && errors === undefined) return () => true;
  return (row) =>
    (critical === true && row.isCritical) ||
    (locks === true && (row.isLock || row.isRead || row.isWrite)) ||
    (errors === true && row.isError);
}

function draw(
  all: readonly TraceRow[],
  rows: readonly TraceRow[],
  shown: { readonly traceId: string; readonly width: number; readonly notes: readonly string[] },
  { hasColors, isQuiet }: ClientSettings,
  context: Context,
): void {
  const [root] = all;
  const services = new Set(all.map(({ service }) => service)).size;
  const took = root?.tookUs ?? null;
  const head = [
    root === undefined ? 'an empty trace' : root.name,
    took === null ? '' : durationText(took),
    `${all.length} steps`,
    `${services} service${services === 1 ? '' : 's'}`,
    plainText(shown.traceId, 64),
  ];
  context.print(painted(head.filter((part) => part !== '').join(' · '), 'strong', hasColors));
  for (const { text, tone } of waterfallLines(rows, shown.width)) {
    context.print(painted(text, tone, hasColors));
  }
  if (isQuiet) return;
  for (const note of shown.notes) context.tell(`raceway: ${plainText(note, 400)}`);
}

function raceNotes(timeline: JsonObject): string[] {
  const races = objectsOf(timeline['races']).map((race) => textOf(race['fingerprint']));
  const fingerprints = [...new Set(races)];
  if (fingerprints.length === 0) return [];
  const shown = fingerprints.slice(0, 5).map((name) => `raceway race ${name}`);
  return [
    `a witness of ${fingerprints.length} race${shown.length === 1 ? '' : 's'}: ${shown.join(', ')}`,
  ];
}

const columns: readonly Column[] = [
  { name: 'start_us', title: 'start', isNumber: true },
  { name: 'took_us', title: 'took', isNumber: true },
  { name: 'depth', title: 'depth', isNumber: true },
  { name: 'service', title: 'service' },
  { name: 'kind', title: 'kind' },
  { name: 'step', title: 'step', mayShrink: true },
  { name: 'place', title: 'place', mayShrink: true },
  { name: 'marks', title: 'marks' },
];

function listingOf(rows: readonly TraceRow[], data: JsonObject, notes: readonly string[]): Listing {
  return {
    columns,
    rows: rows.map((row) => [
      { text: durationText(row.startUs), exact: String(row.startUs) },
      row.tookUs === null
        ? { text: '' }
        : { text: durationText(row.tookUs), exact: String(row.tookUs) },
      { text: String(numberOf(row.depth) ?? 0) },
      { text: row.service },
      { text: row.kind },
      { text: wordsOf(row) },
      { text: row.place },
      { text: marksOf(row) },
    ]),
    data,
    notes,
  };
}

function marksOf(row: TraceRow): string {
  const marks: [boolean, string][] = [
    [row.isRacing, 'race'],
    [row.isError, 'error'],
    [row.isCritical, 'critical'],
    [row.isLock, 'lock'],
  ];
  return marks.flatMap(([isSet, name]) => (isSet ? [name] : [])).join(',');
}
