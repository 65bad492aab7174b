import { interleavingLines } from './interleaving.ts';
import { plainText } from './plain-text.ts';
import type { Race } from './race.ts';
import { racesThat, summaryOf, type Verdict } from './verdict.ts';
import { evidenceOf, meaningOf, placeText, remediesFor, titleOf } from './words.ts';

/** Races shown at length, and by a line each. */
const shownMax = 20;
const listedMax = 50;

/** What a person at a terminal reads: each new race at length, others by a line, then the sum. */
export function terminalReport(verdict: Verdict): string {
  const fresh = racesThat('new', verdict);
  const blocks = fresh.slice(0, shownMax).map((race, index) => raceBlock(race, index + 1));
  const more = fresh.length - blocks.length;
  const others = verdict.judged.filter(({ standing }) => standing !== 'new');
  const listed = others
    .slice(0, listedMax)
    .map(({ race, standing }) => `${standing.padEnd(6)}${raceLine(race)}`);
  const unlisted = others.length - listed.length;
  return [
    ...blocks,
    ...(more > 0 ? [`… and ${more} more new ones`] : []),
    ...(listed.length > 0 ? [listed.join('\n')] : []),
    ...(unlisted > 0 ? [`… and ${unlisted} more`] : []),
    [...verdict.reservations, summaryOf(verdict)].map((line) => `raceway: ${line}`).join('\n'),
  ].join('\n\n');
}

function raceLine(race: Race): string {
  const [one, other] = race.places.map((place) => plainText(placeText(place), 80));
  return `${plainText(titleOf(race), 80)} [${evidenceOf(race)}] ${one} / ${other}`;
}

function raceBlock(race: Race, number: number): string {
  const [one, other] = race.places.map((place) => plainText(placeText(place)));
  const lines = [
    `A  ${one}`,
    `B  ${other}`,
    '',
    ...indented(interleavingLines(race)),
    meaningOf(race),
    ...(race.explanation === '' || race.explanation === meaningOf(race)
      ? []
      : [plainText(race.explanation, 400)]),
    'To close it:',
    ...remediesFor(race).map((remedy) => `- ${plainText(remedy, 240)}`),
    `Seen ${race.count === 1 ? 'once' : `${race.count} times`}; fingerprint ${plainText(race.fingerprint)}`,
  ];
  const head = `${number}. ${plainText(titleOf(race))} [${plainText(evidenceOf(race))}]`;
  return [head, ...lines.map((line) => (line === '' ? '' : `   ${line}`))].join('\n');
}

function indented(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines.map((line) => `  ${line}`), ''];
}
