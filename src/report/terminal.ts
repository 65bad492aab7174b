import { interleavingLines } from './interleaving.ts';
import { type Judgement, racesThat, summaryOf } from './judgement.ts';
import { plainText } from './plain-text.ts';
import type { Race } from './race.ts';
import type { WitnessTold } from './witness.ts';
import {
  evidenceOf,
  explanationOf,
  meaningOf,
  placeText,
  remediesOf,
  seenText,
  titleOf,
} from './words.ts';

/** Races shown at length, and by a line each. */
const shownMax = 20;
const listedMax = 50;

/** What a person at a terminal reads: each new race at length, others by a line, then the sum. */
export function terminalReport(judgement: Judgement): string {
  const fresh = racesThat('new', judgement);
  const blocks = fresh.slice(0, shownMax).map((race, index) => raceBlock(race, index + 1));
  const more = fresh.length - blocks.length;
  const others = judgement.judged.filter(({ standing }) => standing !== 'new');
  const listed = others
    .slice(0, listedMax)
    .map(({ race, standing }) => `${standing.padEnd(5)}  ${raceLine(race)}`);
  const unlisted = others.length - listed.length;
  return [
    ...blocks,
    ...(more > 0 ? [`… and ${more} more new ones`] : []),
    ...(listed.length > 0 ? [listed.join('\n')] : []),
    ...(unlisted > 0 ? [`… and ${unlisted} more`] : []),
    [...judgement.reservations, summaryOf(judgement)]
      .map((line) => `raceway: ${plainText(line, 400)}`)
      .join('\n'),
  ].join('\n\n');
}

function raceLine(race: Race): string {
  const [one, other] = race.places.map((place) => placeText(place));
  return `${titleOf(race)} [${evidenceOf(race)}] ${one} / ${other}`;
}

/**
 * One race at length: places, steps, what it means, how to close it.
 *
 * @param told what is known beside the steps
 */
export function raceText(race: Race, told?: WitnessTold): string {
  const [head, ...lines] = raceLines(race, told);
  return [head, ...lines.map(indentedBlock)].join('\n');
}

function raceBlock(race: Race, number: number): string {
  const [head, ...lines] = raceLines(race);
  return [`${number}. ${head}`, ...lines.map(indentedBlock)].join('\n');
}

function indentedBlock(line: string): string {
  return line === '' ? '' : `   ${line}`;
}

/** The title, then what is told below it. */
function raceLines(race: Race, told?: WitnessTold): string[] {
  const [one, other] = race.places.map((place) => placeText(place));
  return [
    `${titleOf(race)} [${evidenceOf(race)}]`,
    `A  ${one}`,
    `B  ${other}`,
    '',
    ...indented(interleavingLines(race, told)),
    meaningOf(race),
    ...[explanationOf(race)].filter((text) => text !== '' && text !== meaningOf(race)),
    ...headed(
      'To close it:',
      remediesOf(race).map((remedy) => `- ${remedy}`),
    ),
    `${seenText(race)}; fingerprint ${plainText(race.fingerprint)}`,
  ];
}

/** Lines below a heading; nothing where there are none. */
function headed(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [heading, ...lines];
}

function indented(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines.map((line) => `  ${line}`), ''];
}
