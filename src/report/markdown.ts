import { interleavingLines } from './interleaving.ts';
import { type Judgement, racesThat, summaryOf } from './judgement.ts';
import { plainText } from './plain-text.ts';
import type { Race } from './race.ts';
import { evidenceOf, meaningOf, placeText, remediesOf, titleOf } from './words.ts';

/** A comment of a pull request has 65,536 characters on GitHub. */
const charactersMax = 60_000;

/** A comment for a pull request. Begins with a mark by which a later run finds and replaces it. */
export function markdownReport(judgement: Judgement): string {
  const fresh = racesThat('new', judgement);
  const blocks = fresh.map(raceMarkdown);
  const head = [
    '<!-- raceway -->',
    `### Raceway: ${summaryOf(judgement)}`,
    ...judgement.reservations.map((text) => `> ${proseText(text, 400)}`),
  ];
  const shown: string[] = [];
  let length = 0;
  for (const block of blocks) {
    length += block.length;
    if (length > charactersMax) break;
    shown.push(block);
  }
  const left = blocks.length - shown.length;
  return `${[...head, ...shown, ...(left > 0 ? [`… and ${left} more.`] : [])].join('\n\n')}\n`;
}

/** One race, for a ticket or a pull request. */
export function raceMarkdown(race: Race): string {
  const table = interleavingLines(race);
  return [
    `#### ${proseText(titleOf(race))} · ${proseText(evidenceOf(race))}`,
    race.places
      .map((place, index) => `* ${index === 0 ? 'A' : 'B'}: ${codeText(placeText(place))}`)
      .join('\n'),
    ...(table.length === 0 ? [] : [`\`\`\`text\n${fenced(table).join('\n')}\n\`\`\``]),
    proseText(meaningOf(race), 400),
    ...(race.remedies.length === 0
      ? []
      : [
          ['To close it:', ...remediesOf(race).map((one) => `* ${proseText(one, 240)}`)].join('\n'),
        ]),
    `Fingerprint ${codeText(race.fingerprint)}`,
  ].join('\n\n');
}

/** No line of a trace closes the fence it stands in. */
function fenced(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll('```', "'''"));
}

/** A text that no reader of Markdown takes for markup, mention or link. */
export function proseText(text: string, max?: number): string {
  return plainText(text, max)
    .replace(/[\\`*_{}[\]<>()#|!~&$]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('@', '@&#8203;')
    .replace(/:\/\//g, ':&#8203;//');
}

function codeText(text: string): string {
  const plain = plainText(text).replaceAll('`', "'");
  return plain === '' ? '(unknown)' : `\`${plain}\``;
}
