import { type JsonObject, type JsonValue, numberOf, stringifyJson } from '../../domain/json.ts';
import { says } from '../../report/words.ts';
import type { Command } from '../context.ts';
import { readData } from '../server-data.ts';
import { countCell, objectsOf, textOf, timeCell } from './cells.ts';
import { clientOptions, clientSettings, numberOption } from './client-settings.ts';
import { type Cell, printListing } from './listing.ts';

const rowsByDefault = 50;
/** The most that the server gives in one page. */
const rowsMax = 100;
const valueCharactersMax = 40;

/** `raceway variables` */
export const variablesCommand: Command = {
  name: 'variables',
  summary: 'list shared values, those that race most in front',
  description: 'Prints the variables that services told of, with how many races each is in.',
  options: ['search', 'limit', ...clientOptions],
  async run(values, context) {
    const settings = clientSettings(values, context);
    const limit = numberOption('limit', values.limit, {
      fallback: rowsByDefault,
      min: 1,
      max: rowsMax,
    });
    const query = new URLSearchParams({ page_size: String(limit) });
    if (values.search !== undefined) query.set('q', values.search);
    const data = await readData(settings.server, `/api/variables?${query}`);
    const variables = objectsOf(data['variables']);
    const more = (numberOf(data['total_variables']) ?? 0) - variables.length;
    const listing = {
      columns: [
        { name: 'variable', title: 'variable', mayShrink: true },
        { name: 'race_count', title: 'races', isNumber: true },
        { name: 'access_count', title: 'accesses', isNumber: true },
        { name: 'trace_count', title: 'traces', isNumber: true },
        { name: 'services', title: 'services', mayShrink: true },
      ],
      rows: variables.map((variable): Cell[] => [
        { text: textOf(variable['variable']), tone: 'strong' },
        racesCell(variable['race_count']),
        countCell(variable['access_count']),
        countCell(variable['trace_count']),
        { text: namesOf(variable['services']).join(', ') },
      ]),
      data,
      notes: [
        ...(variables.length === 0 ? ['no variable matches'] : []),
        ...(more > 0 ? [`${more} more; --limit and --search show them`] : []),
        ...(data['stale'] === true ? ['some events are still being analysed'] : []),
      ],
    };
    printListing(listing, settings, context);
    return 0;
  },
};

/** `raceway var NAME` */
export const variableCommand: Command = {
  name: 'var',
  summary: 'show who read and wrote one value, over all traces',
  description:
    'Prints the latest accesses of all traces to a variable by time: what was read or written, where,\n' +
    'under which locks, what orders each after the one before it, and what was lost.',
  options: clientOptions,
  operand: { name: 'NAME', countMax: 1 },
  async run(values, context, [name = '']) {
    const settings = clientSettings(values, context);
    const query = new URLSearchParams({ variable: name });
    const data = await readData(settings.server, `/api/accesses?${query}`);
    const accesses = objectsOf(data['accesses']);
    const listing = {
      columns: [
        { name: 'timestamp', title: 'time' },
        { name: 'trace_id', title: 'trace' },
        { name: 'access_type', title: 'does' },
        { name: 'value', title: 'value', mayShrink: true },
        { name: 'marks', title: 'marks' },
        { name: 'order', title: 'after the one before' },
        { name: 'locks', title: 'locks', mayShrink: true },
        { name: 'place', title: 'place', mayShrink: true },
      ],
      rows: accesses.map((access) => rowOf(access, settings.isUtc)),
      data,
      notes: [
        ...(accesses.length === 0 ? ['nobody has accessed a variable of this name'] : []),
        ...(textOf(data['next_cursor']) === '' ? [] : ['there are earlier accesses']),
        ...(data['stale'] === true ? ['some events are still being analysed'] : []),
      ],
    };
    printListing(listing, settings, context);
    return 0;
  },
};

function rowOf(access: JsonObject, isUtc: boolean): Cell[] {
  const isLost = access['is_lost'] === true;
  const races = objectsOf(access['races']);
  const marks = [
    ...(isLost ? ['lost'] : []),
    ...(access['undone'] === true ? ['undone'] : []),
    ...races.map((race) => `${textOf(race['side'])} of ${textOf(race['fingerprint'])}`),
  ];
  const [operation, location] = [textOf(access['operation']), textOf(access['location'])];
  const place = says(location, operation) ? [location] : [operation, location];
  return [
    timeCell(textOf(access['timestamp']), isUtc),
    { text: textOf(access['trace_id']) },
    { text: textOf(access['access_type']) },
    {
      text: valueText(access['new_value'] ?? access['old_value']),
      tone: isLost ? 'race' : 'plain',
    },
    { text: marks.join(', '), tone: marks.length > 0 ? 'race' : 'plain' },
    { text: textOf(access['order']).replaceAll('_', ' ') },
    {
      text: objectsOf(access['locks'])
        .map((lock) => textOf(lock['name']))
        .join(', '),
    },
    { text: place.filter((part) => part !== '').join(', ') },
  ];
}

function valueText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  const text = stringifyJson(value, true);
  return text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax - 1)}…` : text;
}

function namesOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function racesCell(value: JsonValue | undefined): Cell {
  const cell = countCell(value);
  return { ...cell, tone: cell.text === '0' ? 'weak' : 'race' };
}
