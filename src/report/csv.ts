import { plainText } from './plain-text.ts';
import type { Race } from './race.ts';
import { placeText } from './words.ts';

/** A race with what was decided about it, as a table has it. */
export interface TriagedRace {
  readonly race: Race;
  readonly state: string;
  readonly owner: string;
}

const head = [
  'fingerprint',
  'evidence',
  'severity',
  'pattern',
  'variable',
  'count',
  'first_seen',
  'last_seen',
  'state',
  'owner',
  'place_a',
  'place_b',
  'explanation',
  'first_release',
  'last_release',
];

/** Characters of one cell: more no spreadsheet takes. */
const CELL_CHARACTERS = 32_000;

/** Races as CSV (RFC 4180), one a row, for spreadsheets. */
export function racesCsv(races: readonly TriagedRace[]): string {
  const rows = races.map(({ race, state, owner }) => [
    race.fingerprint,
    race.evidence,
    race.severity,
    race.pattern,
    race.variable,
    String(race.count),
    race.firstSeen ?? '',
    race.lastSeen ?? '',
    state,
    owner,
    ...race.places.map((place) => placeText(place)),
    race.explanation,
    race.firstRelease,
    race.lastRelease,
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A text that begins like a formula gets an apostrophe in front: spreadsheets would calculate it. */
function cell(text: string): string {
  const plain = plainText(text, CELL_CHARACTERS);
  const harmless = /^\s*[=+\-@|]/.test(plain) ? `'${plain}` : plain;
  return /[",'\s;]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
