import { RacewayError } from '../../domain/errors.ts';
import { numberOf } from '../../domain/json.ts';
import type { Command } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { readData } from '../server-data.ts';
import { sinceOf } from '../since.ts';
import { countCell, durationCell, objectsOf, textOf, timeCell } from './cells.ts';
import { clientOptions, clientSettings, numberOption } from './client-settings.ts';
import { type Cell, type Column, printListing } from './listing.ts';

const rowsByDefault = 20;
/** The most that the server gives in one page. */
const rowsMax = 100;

/** `raceway traces` */
export const tracesCommand: Command = {
  name: 'traces',
  summary: 'list traces, those that were active last in front',
  description: 'Prints the traces of a running server that match, the newest first.',
  options: [
    ...([
      'service',
      'search',
      'tag',
      'since',
      'until',
      'races',
      'errors',
      'slow',
      'min-ms',
      'limit',
    ] as const),
    ...clientOptions,
  ],
  async run(values, context) {
    const settings = clientSettings(values, context);
    const data = await readData(settings.server, `/api/traces?${queryOf(values)}`);
    const traces = objectsOf(data['traces']);
    const total = numberOf(data['total_traces']) ?? traces.length;
    const notes =
      total === 0
        ? ['no trace matches']
        : total > traces.length
          ? [`${total - traces.length} more; --limit and --until show them`]
          : [];
    const rows = traces.map((trace): Cell[] => [
      { text: textOf(trace['trace_id']) },
      timeCell(textOf(trace['last_activity']), settings.isUtc),
      durationCell(trace['duration_ms']),
      countCell(trace['event_count']),
      flagged(countCell(trace['error_count']), 'error'),
      flagged(countCell(trace['race_count']), 'race'),
      { text: textOf(trace['root']), tone: 'strong' },
      { text: servicesOf(trace['services']) },
    ]);
    printListing({ columns, rows, data, notes }, settings, context);
    return 0;
  },
};

const columns: readonly Column[] = [
  { name: 'trace_id', title: 'trace' },
  { name: 'last_activity', title: 'last active' },
  { name: 'duration_ms', title: 'took', isNumber: true },
  { name: 'event_count', title: 'events', isNumber: true },
  { name: 'error_count', title: 'errors', isNumber: true },
  { name: 'race_count', title: 'races', isNumber: true },
  { name: 'root', title: 'root', mayShrink: true },
  { name: 'services', title: 'services', mayShrink: true },
];

function flagged(cell: Cell, tone: 'error' | 'race'): Cell {
  return cell.text === '0' ? { ...cell, tone: 'weak' } : { ...cell, tone };
}

function servicesOf(services: unknown): string {
  return Array.isArray(services) ? services.map(String).join(', ') : '';
}

function queryOf(values: OptionValues): URLSearchParams {
  const milliseconds = values['min-ms'];
  if (milliseconds !== undefined && !/^\d{1,15}(?:\.\d{1,9})?$/.test(milliseconds)) {
    throw new RacewayError(
      'bad_request',
      '--min-ms must be a number of milliseconds, as 20 or 0.5',
    );
  }
  const limit = numberOption('limit', values.limit, {
    fallback: rowsByDefault,
    min: 1,
    max: rowsMax,
  });
  const { since, until } = values;
  const members: Readonly<Record<string, string | undefined>> = {
    page_size: String(limit),
    service: values.service,
    q: values.search,
    tag: values.tag,
    since: since === undefined ? undefined : timeText(sinceOf(since, Date.now())),
    until: until === undefined ? undefined : timeText(sinceOf(until, Date.now())),
    has_races: values.races === true ? 'true' : undefined,
    has_anomalies: values.slow === true ? 'true' : undefined,
    has_errors: values.errors === true ? 'true' : undefined,
    min_duration_ms: milliseconds,
  };
  const given = Object.entries(members).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return new URLSearchParams(given);
}

function timeText(atNs: bigint): string {
  const whole = new Date(Number(atNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(atNs % 1_000_000_000n).padStart(9, '0')}Z`;
}
