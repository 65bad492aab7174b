import { setTimeout as pause } from 'node:timers/promises';
import { RacewayError } from '../../domain/errors.ts';
import { evidenceLevels } from '../../domain/findings/finding.ts';
import { triageStates } from '../../domain/findings/triage.ts';
import { type JsonObject, numberOf, stringifyJson } from '../../domain/json.ts';
import { racesCsv } from '../../report/csv.ts';
import { judge } from '../../report/judgement.ts';
import type { Race } from '../../report/race.ts';
import { sarifReport } from '../../report/sarif.ts';
import { patternTitleOf, placeText, seenOfText } from '../../report/words.ts';
import { packageVersion } from '../../version.ts';
import type { Command, Context } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { isSince, type RaceFilters, type RaceList, readRaces } from '../race-list.ts';
import { sinceOf } from '../since.ts';
import { objectsOf, textOf, timeCell } from './cells.ts';
import {
  type ClientSettings,
  clientOptions,
  clientSettings,
  numberOption,
  type ReportFormat,
  reportFormatOf,
} from './client-settings.ts';
import { type Cell, type Column, type Listing, listingText, printListing } from './listing.ts';

/** What is under way is waited for so long; then the answer says that more may come. */
const patienceMs = 10_000;
const rowsByDefault = 50;
const rowsMax = 2000;
const watchPauseMs = 2000;
const findingsExitCode = 3;

/** `raceway races` */
export const racesCommand: Command = {
  name: 'races',
  summary: 'list the races that a server has found',
  description:
    'Prints the races of a running server, those that deserve a look first in front. With --fail-on\n' +
    'the exit code is 3 when one of that evidence or more is among them. With --watch it stays: a\n' +
    'terminal shows the list anew, a pipe gets a line for each race that was not there before.\n' +
    '--format csv is for spreadsheets, --format sarif for code scanning.',
  options: [
    ...([
      'service',
      'variable',
      'pattern',
      'evidence',
      'scope',
      'state',
      'since',
      'limit',
    ] as const),
    ...(['watch', 'fail-on'] as const),
    ...clientOptions,
  ],
  async run(values, context) {
    const report = reportFormatOf(values);
    const { format: _, ...others } = values;
    const settings = clientSettings(report === null ? values : others, context);
    const failOn = levelOf('fail-on', values['fail-on']);
    const filters: RaceFilters = {
      service: values.service,
      variable: values.variable,
      pattern: values.pattern,
      evidence: levelOf('evidence', values.evidence),
      scope: values.scope,
      state: stateOf(values.state),
    };
    const limit = numberOption('limit', values.limit, {
      fallback: rowsByDefault,
      min: 1,
      max: rowsMax,
    });
    const read = async () => {
      const list = await readRaces(settings.server, filters, patienceMs);
      return chosen(list, values, limit);
    };
    const fails = ({ races }: RaceList) =>
      failOn !== undefined && races.some(({ evidence }) => evidence >= failOn);
    if (values.watch === true) return watch(read, fails, settings, context);
    const list = await read();
    if (report === null) printListing(raceListing(list, settings), settings, context);
    else context.print(reportText(report, list).trimEnd());
    return fails(list) ? findingsExitCode : 0;
  },
};

function stateOf(text: string | undefined): string | undefined {
  const states = [...triageStates, 'any'];
  if (text === undefined || states.includes(text)) return text;
  throw new RacewayError('bad_request', `--state must be one of ${states.join(', ')}`);
}

/** The list as a report for spreadsheets, or for code scanning. */
function reportText(format: ReportFormat, { races, issues, reservations }: RaceList): string {
  if (format === 'csv') {
    return racesCsv(
      races.map((race, index) => {
        const [issue = {}] = objectsOf([issues[index] ?? null]);
        return { race, state: textOf(issue['state']), owner: textOf(issue['owner']) };
      }),
    );
  }
  const judged = judge(races, 'E0', () => false);
  return sarifReport({ judged, failOn: 'E0', reservations }, packageVersion());
}

function levelOf(name: string, text: string | undefined): string | undefined {
  const level = text?.toUpperCase();
  if (level === undefined || evidenceLevels.some((known) => known === level)) return level;
  throw new RacewayError('bad_request', `--${name} must be one of ${evidenceLevels.join(', ')}`);
}

/** What is left by `--since` and `--limit`, with a word on what is not. */
function chosen(list: RaceList, { since }: OptionValues, limit: number): RaceList {
  const sinceNs = since === undefined ? null : sinceOf(since, Date.now());
  const isChosen = list.races.map((race) => isSince(race, sinceNs));
  const races = list.races.filter((_race, index) => isChosen[index]);
  const issues = list.issues.filter((_issue, index) => isChosen[index]);
  const more = races.length - limit;
  return {
    ...list,
    races: races.slice(0, limit),
    issues: issues.slice(0, limit),
    reservations: [...list.reservations, ...(more > 0 ? [`${more} more; --limit shows them`] : [])],
  };
}

/** Shows the list until the process is told to end, or a race is there that fails. */
async function watch(
  read: () => Promise<RaceList>,
  fails: (list: RaceList) => boolean,
  settings: ClientSettings,
  context: Context,
): Promise<number> {
  const known = new Set<string>();
  for (;;) {
    const list = await read();
    if (settings.width === null || settings.format !== 'human') {
      printNew(list, known, settings, context);
    } else {
      // To the upper left corner, and what was there is gone.
      context.print(`\u001b[H\u001b[2J${listingText(raceListing(list, settings), settings)}`);
      for (const note of notesOf(list)) context.tell(`raceway: ${note}`);
    }
    if (fails(list)) return findingsExitCode;
    await pause(watchPauseMs);
  }
}

function printNew(
  list: RaceList,
  known: Set<string>,
  settings: ClientSettings,
  context: Context,
): void {
  const isNew = list.races.map(({ fingerprint }) => !known.has(fingerprint));
  for (const { fingerprint } of list.races) known.add(fingerprint);
  const fresh: RaceList = {
    ...list,
    races: list.races.filter((_race, index) => isNew[index]),
    issues: list.issues.filter((_issue, index) => isNew[index]),
  };
  if (fresh.races.length === 0) return;
  if (settings.format !== 'json') {
    context.print(listingText(raceListing(fresh, settings), settings));
    return;
  }
  for (const issue of fresh.issues) context.print(stringifyJson(issue, true));
}

const columns: readonly Column[] = [
  { name: 'number', title: '#', isNumber: true },
  { name: 'evidence', title: 'evidence' },
  { name: 'severity', title: 'severity' },
  { name: 'pattern', title: 'what' },
  { name: 'variable', title: 'variable', mayShrink: true },
  { name: 'count', title: 'seen, at risk', isNumber: true },
  { name: 'last_seen', title: 'last seen' },
  { name: 'fingerprint', title: 'fingerprint' },
  { name: 'places', title: 'places', mayShrink: true },
];

/** The list of races, for any format. */
export function raceListing(list: RaceList, { isUtc }: ClientSettings): Listing {
  return {
    columns,
    rows: list.races.map((race, index) => rowOf(race, index + 1, isUtc)),
    data: {
      races: [...list.issues],
      hidden: list.hidden,
      stale: list.isStale,
      notes: [...list.reservations],
    },
    notes: notesOf(list),
  };
}

function rowOf(race: Race, number: number, isUtc: boolean): Cell[] {
  const [one, other] = race.places.map((place) => placeText(place));
  return [
    { text: String(number) },
    { text: race.evidence, tone: race.evidence >= 'E3' ? 'race' : 'plain' },
    { text: race.severity.toLowerCase(), exact: race.severity },
    { text: patternTitleOf(race), exact: race.pattern },
    { text: race.variable, tone: 'strong' },
    { text: seenOfText(race), exact: String(race.count) },
    timeCell(race.lastSeen, isUtc),
    { text: race.fingerprint },
    { text: one === other ? `${one}, twice` : `${one} / ${other}` },
  ];
}

/** Why a list may not be all; "no races" is never said while that is unknown. */
function notesOf({ races, reservations, hidden, isStale }: RaceList): string[] {
  return [
    ...reservations,
    ...(races.length === 0 && !isStale ? ['no races are known'] : []),
    ...hiddenNotes(hidden),
  ];
}

function hiddenNotes(hidden: JsonObject): string[] {
  const count = (name: string) => numberOf(hidden[name]) ?? 0;
  const notes: [number, string][] = [
    [count('below_evidence'), 'more with weaker evidence; --evidence E0 shows them'],
    [count('unknown_scope'), 'more whose scope is not known; --scope any shows them'],
    [count('ignored'), 'more that are ignored; --state any shows them'],
    [count('request_local'), 'more in variables that each request has for itself'],
  ];
  return notes.flatMap(([number, text]) => (number === 0 ? [] : [`${number} ${text}`]));
}
